"""Each request gets its own reply, in whatever order replies arrive, or fails within its time limit."""

import asyncio
from collections.abc import AsyncGenerator
from inspect import signature
from pathlib import Path

import pytest
import pytest_asyncio
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, MaxPayloadError, NoRespondersError, StaleConnectionError

from infra.run.embedded import NatsServer
from services.kernel.config import Settings
from services.kernel.messaging import wire
from services.kernel.messaging.client import connect
from services.kernel.messaging.wire import HEADERS, Connection, header
from tests.conftest import TESTER
from tests.waiting import DEADLINE


@pytest_asyncio.fixture
async def nats(nats_server: NatsServer, secrets: Path) -> AsyncGenerator[Connection, None]:
    connection = await connect(Settings(nats_url=nats_server.url, secrets=secrets), TESTER)
    yield connection
    await connection.close()


async def echo(message: Msg) -> None:
    await message.respond(message.data)


async def test_hundred_requests_at_once_get_each_its_own_reply(nats: Connection) -> None:
    async def backwards(message: Msg) -> None:
        asyncio.get_running_loop().call_later(
            (100 - int(message.data)) / 1000, asyncio.ensure_future, message.respond(message.data)
        )

    await nats.subscribe("echo", cb=backwards)
    asked = [str(number).encode() for number in range(100)]
    found = await asyncio.gather(*(nats.ask("echo", HEADERS, body, within=5) for body in asked))
    assert found == asked
    assert nats._waiting == {}


async def test_request_without_responder_fails_at_once(nats: Connection) -> None:
    with pytest.raises(NoRespondersError):
        await nats.ask("nobody", HEADERS, b"", within=60)


async def test_request_to_a_silent_process_is_answered_by_another(
    nats: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "REPEAT", 0.01, raising=False)

    async def silent(_: Msg) -> None: ...

    await nats.subscribe("shared", queue="processes", cb=silent)
    await nats.subscribe("shared", queue="processes", cb=echo)
    asked = [str(number).encode() for number in range(30)]
    found = await asyncio.gather(*(nats.ask("shared", HEADERS, body, within=DEADLINE) for body in asked))
    assert found == asked
    assert nats._waiting == {}


async def test_late_reply_is_dropped(nats: Connection) -> None:
    late: list[Msg] = []

    async def keep(message: Msg) -> None:
        late.append(message)

    await nats.subscribe("slow", cb=keep)
    with pytest.raises(TimeoutError):
        await nats.ask("slow", HEADERS, b"one", within=0.05)
    waiting = asyncio.create_task(nats.ask("slow", HEADERS, b"two", within=5))
    while len(late) < 2:
        await asyncio.sleep(0.005)
    await late[0].respond(b"too late")
    await late[1].respond(b"in time")
    assert await waiting == b"in time"
    assert nats._waiting == {}


async def test_cancelled_request_leaves_nothing_behind(nats: Connection) -> None:
    async def silent(_: Msg) -> None: ...

    await nats.subscribe("silent", cb=silent)
    waiting = asyncio.create_task(nats.ask("silent", HEADERS, b"", within=60))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert nats._waiting == {}


async def test_headers_arrive_by_the_driver_and_by_the_short_way(nats: Connection) -> None:
    heard: list[dict[str, str] | None] = []

    async def note(message: Msg) -> None:
        heard.append(message.headers)
        await nats.publish(message.reply, b"", headers={"of-the": "reply"})

    await nats.subscribe("noted", cb=note)
    headers = HEADERS + header("danvan-key", "Đổi tên: lần 2") + header("traceparent", "00-1-2-00")
    for _ in range(3):  # the first waits behind the subscription to replies
        assert await nats.ask("noted", headers, b"", within=5) == b""
    assert heard == [{"danvan-key": "Đổi tên: lần 2", "traceparent": "00-1-2-00"}] * 3


def test_header_of_two_lines_is_refused() -> None:
    for value in ("one\r\ntwo: 2", "one\ntwo", "one\r"):
        with pytest.raises(ValueError, match="danvan-key"):
            header("danvan-key", value)


async def test_large_reply_arrives_whole_and_too_large_request_keeps_the_connection(
    nats: Connection,
) -> None:
    await nats.subscribe("large", cb=echo)
    bodies = [bytes([number]) * 900_000 for number in range(5)]
    assert await asyncio.gather(*(nats.ask("large", HEADERS, body, within=5) for body in bodies)) == bodies
    with pytest.raises(MaxPayloadError):
        await nats.ask("large", HEADERS, bytes(nats.max_payload + 1), within=5)
    assert await nats.ask("large", HEADERS, b"still", within=5) == b"still"


async def test_request_during_a_disconnection_is_answered_after_it(
    nats: Connection,
) -> None:
    await nats.subscribe("back", cb=echo)
    assert await nats.ask("back", HEADERS, b"before", within=5) == b"before"
    assert nats._transport
    nats._transport.close()  # type: ignore[no-untyped-call]
    while nats.is_connected:
        await asyncio.sleep(0.001)
    assert await nats.ask("back", HEADERS, b"away", within=5) == b"away"
    assert nats.is_connected
    assert await nats.ask("back", HEADERS, b"after", within=5) == b"after"


async def test_waiting_request_fails_at_once_when_the_connection_is_lost(nats: Connection) -> None:
    heard = asyncio.Event()

    async def silent(_: Msg) -> None:
        heard.set()

    await nats.subscribe("gone", cb=silent)
    waiting = asyncio.create_task(nats.ask("gone", HEADERS, b"", within=60))
    await heard.wait()
    assert nats._transport
    nats._transport.close()  # type: ignore[no-untyped-call]
    with pytest.raises(StaleConnectionError):
        async with asyncio.timeout(DEADLINE):
            await waiting
    assert nats._waiting == {}


async def test_request_on_a_closed_connection_is_refused(nats: Connection) -> None:
    await nats.close()
    with pytest.raises(ConnectionClosedError):
        await nats.ask("anybody", HEADERS, b"", within=5)


def test_driver_has_the_methods_that_the_connection_overrides() -> None:
    assert list(signature(Nats._process_msg).parameters) == [
        "self",
        "sid",
        "subject",
        "reply",
        "data",
        "headers",
    ]
    assert list(signature(Nats._parse_header_lines).parameters) == ["raw"]
    assert {"_transport", "_pending", "_pending_data_size", "_max_payload"} <= vars(Nats()).keys()
