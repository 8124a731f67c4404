"""Each request gets its own reply, in whatever order they come, and nobody waits longer than they said."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from infra.embedded import NatsServer
from services.kernel.client import Replies, connect
from services.kernel.config import Settings
from tests.conftest import TESTER


@pytest_asyncio.fixture
async def nats(nats_server: NatsServer, secrets: Path) -> AsyncGenerator[Nats, None]:
    connection = await connect(Settings(nats_url=nats_server.url, secrets=secrets), TESTER)
    yield connection
    await connection.close()


async def test_a_hundred_at_once_get_each_its_own_however_they_come_back(nats: Nats) -> None:
    async def backwards(message: Msg) -> None:
        asyncio.get_running_loop().call_later(
            (100 - int(message.data)) / 1000, asyncio.ensure_future, message.respond(message.data)
        )

    await nats.subscribe("echo", cb=backwards)
    replies = Replies(nats)
    asked = [str(number).encode() for number in range(100)]
    found = await asyncio.gather(*(replies.to("echo", body, {}, within=5) for body in asked))
    assert [reply.data for reply in found] == asked
    assert replies._waiting == {}


async def test_where_nobody_listens_one_is_told_at_once(nats: Nats) -> None:
    with pytest.raises(NoRespondersError):
        await Replies(nats).to("nobody", b"", {}, within=60)


async def test_what_comes_too_late_is_nobodys(nats: Nats) -> None:
    late: list[Msg] = []

    async def keep(message: Msg) -> None:
        late.append(message)

    await nats.subscribe("slow", cb=keep)
    replies = Replies(nats)
    with pytest.raises(TimeoutError):
        await replies.to("slow", b"one", {}, within=0.05)
    waiting = asyncio.create_task(replies.to("slow", b"two", {}, within=5))
    while len(late) < 2:
        await asyncio.sleep(0.005)
    await late[0].respond(b"too late")
    await late[1].respond(b"in time")
    assert (await waiting).data == b"in time"
    assert replies._waiting == {}


async def test_who_stops_waiting_leaves_nothing_behind(nats: Nats) -> None:
    async def silent(_: Msg) -> None: ...

    await nats.subscribe("silent", cb=silent)
    replies = Replies(nats)
    waiting = asyncio.create_task(replies.to("silent", b"", {}, within=60))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert replies._waiting == {}
