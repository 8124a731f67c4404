"""The commands in the README run on a running stack, as they are written there."""

import json
import re

import pytest

from infra.run.stack import Stack
from infra.sample.hong_linh_2018 import REGISTRATIONS
from infra.sample.loader import load_sample
from services.kernel.config import Settings
from tests import ROOT
from tests.commands import danvan
from tests.conftest import GraphQL

pytestmark = pytest.mark.asyncio(loop_scope="session")


README = (ROOT / "README.md").read_text()
OPERATING = (ROOT / "infra" / "README.md").read_text()
COMMANDS = re.findall(r"^uv run danvan ([^#\n]+?) *(?:#.*)?$", OPERATING, re.MULTILINE)
HARMLESS = [command for command in COMMANDS if command.split()[0] not in ("rebuild", "subscriber")]
"""These have tests on a stack of their own: a rebuild would disturb the tests that read counters."""


@pytest.mark.parametrize("command", HARMLESS)
async def test_operator_command_works(command: str, stack: tuple[Stack, Settings]) -> None:
    done = danvan(stack[1].var, *command.split())
    assert done.returncode == 0, done.stderr
    assert done.stdout or done.stderr


async def test_second_load_of_the_sample_changes_nothing(graphql: GraphQL) -> None:
    before = (await graphql.settled()).heads
    await load_sample(graphql.settings, lambda: None, REGISTRATIONS[:5])
    assert (await graphql.settled()).heads == before


async def test_query_of_the_readme_is_answered(graphql: GraphQL) -> None:
    found = re.search(r"-d '(.*)'$", README, re.MULTILINE)
    assert found
    reply = (await graphql.post(json.loads(found[1]), graphql.token("leader"))).json()
    assert reply["data"]["report"]["complete"]
    assert {"name": "Mô hình đăng ký", "total": "112"} in reply["data"]["report"]["figures"]
