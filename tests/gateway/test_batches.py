"""A batch takes the cost of each of its commands, and gives each a key of its own that is the same in a repeat."""

import asyncio
from types import SimpleNamespace
from typing import Any

from gateway.engine.policy import Policy
from gateway.fields.batches import COST
from gateway.schema import schema
from services.kernel.caller import Caller, Grant
from services.kernel.config import Settings
from services.kernel.messages import Command, Role
from services.registration.models.messages import ReturnModel
from tests.people import mutation

CALLER = Caller(id="appraiser", name="", grants=(Grant(role=Role.APPRAISER, unit="u436"),))


class Counted(Policy):
    """A policy that adds up what is paid during operations."""

    paid = 0.0

    async def pay(self, caller: Caller | None, address: str, cost: float) -> None:
        self.paid += cost


def sent(models: list[str], key: str) -> tuple[float, dict[str, Command]]:
    """The cost of a batch, and its commands by key."""
    commands: dict[str, Command] = {}

    async def do_each(some: dict[str, Command], fields: Any, *, preview: bool) -> list[dict[str, str]]:
        assert preview
        commands.update(some)
        return [{"id": "x"}] * len(some)

    policy = Counted(Settings())
    loader = SimpleNamespace(do_each=do_each, needed={})
    context = SimpleNamespace(loader=loader, policy=policy, caller=CALLER, address="")
    variables = {"key": key, "input": {"models": models, "reason": "x", "preview": True}}
    result = asyncio.run(schema.execute(mutation("returnModels"), variables, context))
    assert not result.errors
    return policy.paid, commands


def test_batch_pays_and_sends_one_command_for_each_id_under_a_key_of_its_own() -> None:
    paid, commands = sent(["a", "b", "c", "a"], "k")
    assert paid == 3 * COST
    assert list(commands.values()) == [ReturnModel(model=id_, reason="x") for id_ in "abc"]
    assert sent(["c", "a"], "k")[1].keys() < commands.keys()
    assert sent(["a"], "another")[1].keys().isdisjoint(commands)
