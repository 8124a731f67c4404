"""`danvan …` on the stack of a folder: in a process of its own, or in this one, which has imported it already."""

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from infra import cli
from tests.ports import stack_port
from tests.waiting import DEADLINE

DANVAN = (sys.executable, "-c", "from infra.cli import main; main()")
LOADING = 4 * DEADLINE
"""Seconds for a command that starts a stack and loads the country, on any machine."""
WIDTH = 200
"""Columns of the printed tables."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


def danvan(var: Path, *command: str, **settings: str) -> Ended:
    """Runs it here, in a thread: a command has an event loop of its own. Importing it anew would cost 1.5 s."""
    cli.out.width = WIDTH
    with ThreadPoolExecutor(1) as thread:
        env = {"DANVAN_VAR": str(var), **settings}
        done = thread.submit(CliRunner().invoke, cli.app, command, env=env).result()
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


def danvan_process(var: Path, *command: str, **settings: str) -> Ended:
    done = subprocess.run(
        [*DANVAN, *command],
        env=environment(var, **settings),
        capture_output=True,
        text=True,
        timeout=LOADING,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def environment(var: Path, **settings: str) -> Mapping[str, str]:
    """The environment of a `danvan` that may start a stack."""
    return {**os.environ, "DANVAN_VAR": str(var), "DANVAN_PORT": str(stack_port()), **settings}
