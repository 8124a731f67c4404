"""Events reach a slow reader, one of many, in order, completely, and only as fast as it takes them."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio
from nats.aio.client import Client

from infra.run.embedded import NatsServer
from services.kernel.config import Settings
from services.kernel.log import streams
from services.kernel.log.feed import Feed
from services.kernel.log.replay import Page, Replay, replay_subject
from services.kernel.log.streams import Heartbeat, heartbeat_subject
from services.kernel.messages import Recorded
from services.kernel.messaging import client
from tests.conftest import TESTER
from tests.waiting import DEADLINE

MANY = 1000
AT = datetime(2019, 3, 1, tzinfo=UTC)


class Producer:
    """A stream, and a log that answers with pages."""

    def __init__(self, connection: Client) -> None:
        self.nats = connection
        self.log: list[Recorded] = []
        self.pages = 0

    async def happen(self, many: int) -> None:
        for _ in range(many):
            seq = len(self.log) + 1
            event = Recorded(
                id=str(seq),
                seq=seq,
                type="event.toy.raised.v1",
                recorded_at=AT,
                caller="x",
                trace=None,
                cause=None,
                data={},
                previous=str(seq - 1) if seq > 1 else "",
            )
            self.log.append(event)
        js = self.nats.jetstream()
        await asyncio.gather(
            *(js.publish("event.toy.raised.v1", msgspec.json.encode(event)) for event in self.log[-many:])
        )
        await self.nats.publish(
            heartbeat_subject("toy"), msgspec.json.encode(Heartbeat(len(self.log), str(len(self.log))))
        )

    async def replay(self, message: Any) -> None:
        wanted = msgspec.json.decode(message.data, type=Replay)
        self.pages += 1
        at = str(wanted.after) if wanted.after else ""
        found = self.log[wanted.after : wanted.after + wanted.limit]
        await message.respond(msgspec.json.encode(Page(len(self.log), at, found)))

    async def sent_ahead(self) -> int:
        """The number of consumers of its stream."""
        return len(await self.nats.jetstream().consumers_info(streams.name("toy")))


@pytest_asyncio.fixture
async def producer(nats_server: NatsServer, secrets: Path) -> AsyncGenerator[Producer, None]:
    connection = await client.connect(Settings(nats_url=nats_server.url, secrets=secrets), TESTER)
    made = Producer(connection)
    await streams.ensure(connection.jetstream(), "toy")
    await connection.subscribe(replay_subject("toy"), cb=made.replay)
    yield made
    await connection.close()


async def test_sparing_reader_takes_the_log_page_by_page_and_then_the_stream(producer: Producer) -> None:
    await producer.happen(MANY)
    batches = Feed(producer.nats, "toy", 0, sparing=True).batches(50)
    heard: list[int] = []
    async with asyncio.timeout(DEADLINE):
        while len(heard) < MANY:
            events = await anext(batches)
            assert 0 < len(events) <= 50
            heard += [event.seq for event in events]
            assert await producer.sent_ahead() == 0
        while await anext(batches):
            raise AssertionError("there is nothing more")
        assert await producer.sent_ahead() == 1
        await producer.happen(10)
        while len(heard) < MANY + 10:
            heard += [event.seq for event in await anext(batches)]
    assert heard == list(range(1, MANY + 11))
    await batches.aclose()


async def test_sparing_reader_that_falls_behind_returns_to_the_log(producer: Producer) -> None:
    batches = Feed(producer.nats, "toy", 0, sparing=True).batches(50)
    async with asyncio.timeout(DEADLINE):
        assert await anext(batches) == []
        await producer.happen(MANY)
        heard: list[int] = []
        while len(heard) < MANY:
            heard += [event.seq for event in await anext(batches)]
    assert heard == list(range(1, MANY + 1))
    assert producer.pages > 5
    await batches.aclose()
