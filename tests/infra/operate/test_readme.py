"""The READMEs state facts: their commands, settings and files exist."""

import re

import pytest
from typer.main import get_command

from infra.cli import app
from services.kernel.config import Settings
from tests import ROOT

PAGES = {name: (ROOT / name).read_text() for name in ("README.md", "infra/README.md", "CONTRIBUTING.md")}
ALL = "\n".join(PAGES.values())
OPERATING = PAGES["infra/README.md"]
MAKEFILE = (ROOT / "Makefile").read_text()


def test_danvan_commands_exist() -> None:
    blocks = "\n".join(re.findall(r"```\n(.*?)```", ALL, re.DOTALL))
    commands = set(re.findall(r"^uv run danvan ([a-z]+)", blocks, re.MULTILINE))
    commands |= set(re.findall(r"`danvan ([a-z]+)", ALL))
    known = set(getattr(get_command(app), "commands", {}))
    assert len(commands) > 5
    assert commands <= known


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)", ALL, re.MULTILINE))
    known = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    assert {"run", "test", "demo"} <= targets
    assert targets <= known


def test_settings_table_names_every_setting() -> None:
    named = set(re.findall(r"`DANVAN_([A-Z_]+)`", OPERATING)) - {"MONGOD", "NATS_SERVER"}
    assert named == {name.upper() for name in Settings.model_fields}


def test_settings_table_states_the_defaults() -> None:
    rows = re.findall(r"^\| `DANVAN_([A-Z_]+)` \| `([^`]+)` \|", OPERATING, re.MULTILINE)
    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    assert {name: type(defaults[name])(value) for name, value in rows} == {
        name: defaults[name] for name, _ in rows
    }


def test_named_files_exist() -> None:
    paths = set(re.findall(r"`((?:services|gateway|infra|tests)/[a-z_/.]*)`", ALL))
    assert len(paths) > 25
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", PAGES[page])
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_front_page_fits_in_150_lines() -> None:
    assert len(PAGES["README.md"].splitlines()) <= 150
