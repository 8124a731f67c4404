# The commands of newcomers and of the build. Needs Python 3.11 or newer and nothing else.

PYTHON ?= python3
UV := uv==0.13.9
FORMAT ?= table
CITY ?= hong-linh-2018
N ?= 100000
ROLE ?= leader
UNIT ?= vn

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup run demo test lint chaos bench fuzz properties lists token schema contract docs operations clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1	\2/p' Makefile | expand -t 16

setup: .venv/.synced ## make .venv with everything that uv.lock names
	@:

# Messages go to stderr, because `make demo FORMAT=json` promises that stdout has only JSON.
.venv/.synced: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Danvan needs Python 3.11 or newer as $(PYTHON): install one, or say make PYTHON=/path/to/python." >&2; exit 1; }
	@test -x .venv/bin/pip || $(PYTHON) -m venv --clear .venv >&2 || { \
	  echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: sudo apt-get install -y python3-venv" >&2; exit 1; }
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check $(UV) >&2
	@UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never .venv/bin/uv sync --quiet --frozen --inexact --compile-bytecode >&2
	@.venv/bin/python -m compileall -q services gateway infra >&2
	@touch $@

run: setup ## start everything and serve until Ctrl-C
	@.venv/bin/danvan run

demo: setup ## the same, ends after the report: 0 if every figure is right (FORMAT=table or json, CITY=hanoi-2017)
	@.venv/bin/danvan demo --format $(FORMAT) --city $(CITY)

# Lint runs beside the tests. Their output waits in the pipe meanwhile, so the two do not mix, and comes last.
test: setup ## lint and all tests, on one worker more than there are processors, at most four
	@{ .venv/bin/pytest -n auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder; echo $$? >.venv/.tested; } 2>&1 | { \
	  trap : INT; $(MAKE) lint; linted=$$?; (trap "" INT; exec cat); exit $$linted; } && \
	  exit $$(cat .venv/.tested)

lint: setup ## ruff, mypy, the directions of imports
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

chaos: setup ## only the tests that kill servers and processes
	@CHAOS_ROUNDS=20 .venv/bin/pytest tests/platform/chaos

bench: setup ## measure; prints, never fails
	@.venv/bin/python -m tests.bench

fuzz: setup ## generated requests, N=100000 of them; 1 if an answer is wrong or too slow
	@.venv/bin/python -m tests.gateway.fuzz $(N)

properties: setup ## the tests over generated cases, each time with new ones
	@.venv/bin/pytest -m hypothesis --hypothesis-profile=new

lists: setup ## only the tests of lists as offices and their programs make them
	@.venv/bin/pytest -m lists

token: setup ## a token for the gateway (ROLE=… UNIT=…)
	@.venv/bin/danvan token --role "$(ROLE)" --unit "$(UNIT)"

schema: setup ## write gateway/schema.graphql; what breaks clients needs a reason (BREAKING='why')
	@.venv/bin/danvan schema --write --breaking "$(BREAKING)"

contract: setup ## write the files of the public contract; a change that is no addition is refused
	@.venv/bin/danvan contract --write
	@.venv/bin/python -m tests.review.contract.corpus

docs: setup ## write the tables of refusal codes and rights
	@.venv/bin/danvan docs

operations: setup ## write gateway/operations.json
	@.venv/bin/danvan operations > gateway/operations.json

clean: ## remove what tools leave behind; data in var/ and .venv stay
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
