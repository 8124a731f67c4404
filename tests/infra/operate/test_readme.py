"""The README says what is so: its commands exist, its settings are the settings, its files are there."""

import re

from typer.main import get_command

from infra.cli import app
from services.kernel.config import Settings
from tests import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = "\n".join(re.findall(r"```\n(.*?)```", README, re.DOTALL))


def test_its_danvan_commands_exist() -> None:
    commands = set(re.findall(r"^uv run danvan ([a-z]+)", BLOCKS, re.MULTILINE))
    known = set(getattr(get_command(app), "commands", {}))
    assert commands
    assert commands <= known


def test_its_make_targets_exist() -> None:
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"run", "test", "demo"} <= targets
    assert targets <= known


def test_its_settings_are_the_settings() -> None:
    named = set(re.findall(r"`DANVAN_([A-Z_]+)`", README)) - {"MONGOD", "NATS_SERVER"}
    assert named == {name.upper() for name in Settings.model_fields}


def test_its_defaults_are_the_defaults() -> None:
    rows = re.findall(r"^\| `DANVAN_([A-Z_]+)` \| `([^`]+)` \|", README, re.MULTILINE)
    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    assert {name: type(defaults[name])(value) for name, value in rows} == {
        name: defaults[name] for name, _ in rows
    }


def test_the_files_it_walks_through_are_there() -> None:
    paths = set(re.findall(r"`((?:services|gateway|infra|tests)/[a-z_/.]*)`", README))
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []
