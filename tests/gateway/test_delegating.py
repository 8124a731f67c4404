"""Grants delegated to a caller, while registration is slow or does not answer."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from gateway.callers import delegating
from gateway.callers.delegating import Delegating
from infra.run.embedded import NatsServer
from services.kernel.caller import Caller, Grant, Tokens
from services.kernel.config import Settings
from services.kernel.messages import Role
from services.kernel.messaging.client import Client, Reply, connect
from services.kernel.messaging.wire import Connection
from services.registration.delegations.messages import EffectiveGrants
from tests.conftest import TESTER
from tests.waiting import DEADLINE

ANN = Caller(id="ann", name="Ann")
GIVEN = Grant(role=Role.APPRAISER, unit="u437", giver="bob")


class Registration:
    """Answers when it may go on."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may_go_on = asyncio.Event()

    async def answer(self, message: Msg) -> None:
        self.asked.set()
        await self.may_go_on.wait()
        await message.respond(msgspec.json.encode(Reply(answer=[msgspec.to_builtins(GIVEN)])))


@pytest_asyncio.fixture
async def connection(nats_server: NatsServer, secrets: Path) -> AsyncGenerator[Connection, None]:
    made = await connect(Settings(nats_url=nats_server.url, secrets=secrets), TESTER)
    yield made
    await made.close()


async def test_slow_registration_makes_callers_wait_and_not_unavailable(
    connection: Connection, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delegating, "PATIENCE", 0.0)
    monkeypatch.setattr(delegating, "FRESH", 0.0)
    registration = Registration()
    await connection.subscribe(EffectiveGrants.subject, cb=registration.answer)
    tokens = Tokens.from_file(
        "gateway", Settings(secrets=secrets).secrets_of("gateway") / "caller.private.json"
    )
    client = Delegating(Client(connection, tokens, timeout=DEADLINE))

    first = asyncio.create_task(client.effective(ANN))
    await registration.asked.wait()
    assert not first.done()
    registration.may_go_on.set()
    effective = await first
    assert effective.grants == (GIVEN,)

    # With grants that are known, nobody waits.
    registration.may_go_on.clear()
    assert await client.effective(ANN) is effective
