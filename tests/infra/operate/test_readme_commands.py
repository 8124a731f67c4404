"""The commands in the README run on a running stack, as they are written there."""

import json
import os
import re
import subprocess
import sys

import pytest

from infra.run.stack import Stack
from services.kernel.config import Settings
from tests import ROOT
from tests.conftest import GraphQL
from tests.waiting import DEADLINE

pytestmark = pytest.mark.asyncio(loop_scope="session")


README = (ROOT / "README.md").read_text()
OPERATING = (ROOT / "infra" / "README.md").read_text()
COMMANDS = re.findall(r"^uv run danvan ([^#\n]+?) *(?:#.*)?$", OPERATING, re.MULTILINE)
HARMLESS = [command for command in COMMANDS if command != "rebuild"]
"""A rebuild would disturb the tests that read counters; it has a test of its own."""


@pytest.mark.parametrize("command", HARMLESS)
async def test_operator_command_works(command: str, stack: tuple[Stack, Settings]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from infra.cli import main; main()", *command.split()],
        env={**os.environ, "DANVAN_VAR": str(stack[1].var)},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout or done.stderr


async def test_query_of_the_readme_is_answered(graphql: GraphQL) -> None:
    found = re.search(r"-d '(.*)'$", README, re.MULTILINE)
    assert found
    reply = (await graphql.post(json.loads(found[1]), graphql.token("leader"))).json()
    assert reply["data"]["report"]["complete"]
    assert {"name": "Mô hình đăng ký", "total": "112"} in reply["data"]["report"]["figures"]
