"""Secrets of a running stack: where they are, and where they must not be."""

import json
import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from infra.run.stack import Stack, _alone
from services.kernel.config import Settings

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _secrets(folder: Path) -> list[str]:
    found = [file.read_text() for name in ("*.seed", "*.password", "*.key") for file in folder.rglob(name)]
    return found + [json.loads(file.read_text())["d"] for file in folder.rglob("*.private.json")]


def _pids(stack: Stack) -> list[int]:
    running = [process.pid for process in stack.processes.values()]
    servers = [server.pid for server in (stack.nats, stack.mongo) if server]
    return [pid for pid in (*running, *servers) if pid]


async def test_no_secret_is_in_a_log_an_argument_a_variable_or_stack_json(
    stack: tuple[Stack, Settings],
) -> None:
    running, settings = stack
    secrets = _secrets(settings.secrets_folder)
    assert len(secrets) == 6 + 5 + 1 + 2
    notes = [*settings.var.rglob("*.log"), *settings.var.glob("*.json"), *settings.var.rglob("*.conf")]
    assert len(notes) >= 9
    pids = _pids(running)
    assert len(pids) == 8  # six processes, two servers
    notes += [Path(f"/proc/{pid}/{what}") for pid in pids for what in ("cmdline", "environ")]
    for note in notes:
        text = note.read_bytes()
        assert [secret for secret in secrets if secret.encode() in text] == [], note


async def test_rights_of_each_process_suffice_for_its_work(stack: tuple[Stack, Settings]) -> None:
    """NATS does not answer a denied request; the process logs the denial."""
    _, settings = stack
    logs = list((settings.var / "log").glob("*.log"))
    assert len(logs) == 6
    for log in logs:
        denied = [line for line in log.read_text().splitlines() if "violation" in line.lower()]
        assert denied == [], log.name
        assert "not authorized on" not in log.read_text(), log.name


async def test_other_users_cannot_read_files_of_the_stack(stack: tuple[Stack, Settings]) -> None:
    _, settings = stack
    parts = {"log", "mongo", "nats", "search", "secrets", "stack.json"}
    assert parts <= {path.name for path in settings.var.iterdir()}
    for path in settings.var.rglob("*"):
        with suppress(FileNotFoundError):  # the servers delete files of their own
            assert stat.filemode(path.stat().st_mode)[4:] == "------", path
            assert path.stat().st_uid == os.getuid()


async def test_folder_of_an_earlier_start_is_closed_to_other_users(tmp_path: Path) -> None:
    (tmp_path / "search").mkdir()
    (tmp_path / "search").chmod(0o755)
    with _alone(tmp_path):
        assert stat.filemode((tmp_path / "search").stat().st_mode) == "drwx------"
