"""Events reach a reader in order and completely, and only those that its producer's log has."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from nats.aio.client import Client

from infra.run.embedded import NatsServer
from services.kernel.config import Settings
from services.kernel.log import streams
from services.kernel.log.feed import AnotherLog, Feed
from services.kernel.log.position import Position
from services.kernel.log.pulse import Pulse
from services.kernel.log.replay import Page, Replay, replay_subject
from services.kernel.log.streams import Heartbeat, heartbeat_subject
from services.kernel.messages import Recorded
from services.kernel.messaging import client
from tests.conftest import TESTER
from tests.waiting import DEADLINE, until

MANY = 1000
AT = datetime(2019, 3, 1, tzinfo=UTC)
TYPE = "event.toy.raised.v1"
START = Position()
Batches = AsyncGenerator[list[Recorded], None]


class Producer:
    """A stream, and a log that answers with pages."""

    def __init__(self, connection: Client) -> None:
        self.nats = connection
        self.log: list[Recorded] = []
        self.pages = 0

    def write(self, many: int, name: str = "") -> list[Recorded]:
        """Writes events to the log. `name`: the beginning of their ids."""
        for _ in range(many):
            seq = len(self.log) + 1
            event = Recorded(
                id=f"{name}{seq}",
                seq=seq,
                type=TYPE,
                recorded_at=AT,
                caller="x",
                trace=None,
                cause=None,
                data={},
                previous=self.log[-1].id if self.log else "",
            )
            self.log.append(event)
        return self.log[-many:]

    async def append(self, event: Recorded, header: str | None = None, type_: str = TYPE) -> None:
        headers = {"danvan-event": event.id if header is None else header}
        await self.nats.jetstream().publish(type_, msgspec.json.encode(event), headers=headers)

    async def beat(self, *, agrees: bool = True) -> None:
        last = self.log[-1] if self.log else None
        beat = Heartbeat(len(self.log), last.id if last else "", stream_agrees=agrees)
        await self.nats.publish(heartbeat_subject("toy"), msgspec.json.encode(beat))
        await self.nats.flush()

    async def happen(self, many: int) -> None:
        for event in self.write(many):
            await self.append(event)
        await self.beat()

    async def replay(self, message: Any) -> None:
        wanted = msgspec.json.decode(message.data, type=Replay)
        self.pages += 1
        at = self.log[wanted.after - 1].id if 0 < wanted.after <= len(self.log) else ""
        found = self.log[wanted.after : wanted.after + wanted.limit]
        await message.respond(msgspec.json.encode(Page(len(self.log), at, found)))

    async def sent_ahead(self) -> int:
        """The number of consumers of its stream."""
        return len(await self.nats.jetstream().consumers_info(streams.name("toy")))

    @asynccontextmanager
    async def feeding(
        self, after: Position = START, *, sparing: bool = False
    ) -> AsyncGenerator[Batches, None]:
        async with Pulse(self.nats, "toy") as pulse:
            batches = Feed(pulse, after, sparing=sparing).batches(50)
            async with asyncio.timeout(DEADLINE):
                yield batches
            await batches.aclose()

    async def until_streamed(self, batches: Batches) -> None:
        """Waits until the feed listens to the stream."""
        while await self.sent_ahead() == 0:
            await self.beat()
            assert await anext(batches) == []


@pytest_asyncio.fixture
async def producer(nats_server: NatsServer, secrets: Path) -> AsyncGenerator[Producer, None]:
    connection = await client.connect(Settings(nats_url=nats_server.url, secrets=secrets), TESTER)
    made = Producer(connection)
    await streams.ensure(connection.jetstream(), "toy")
    await connection.subscribe(replay_subject("toy"), cb=made.replay)
    yield made
    await connection.close()


async def take(batches: Batches, many: int) -> list[str]:
    """The ids of the next events."""
    ids: list[str] = []
    while len(ids) < many:
        ids += [event.id for event in await anext(batches)]
    return ids


async def test_sparing_reader_takes_the_log_page_by_page_and_then_the_stream(producer: Producer) -> None:
    await producer.happen(MANY)
    async with producer.feeding(sparing=True) as batches:
        heard: list[int] = []
        while len(heard) < MANY:
            events = await anext(batches)
            assert 0 < len(events) <= 50
            heard += [event.seq for event in events]
            assert await producer.sent_ahead() == 0
        await producer.until_streamed(batches)
        await producer.happen(10)
        while len(heard) < MANY + 10:
            heard += [event.seq for event in await anext(batches)]
    assert heard == list(range(1, MANY + 11))


async def test_sparing_reader_that_falls_behind_returns_to_the_log(producer: Producer) -> None:
    async with producer.feeding(sparing=True) as batches:
        await producer.until_streamed(batches)
        producer.pages = 0
        await producer.happen(MANY)
        assert await take(batches, MANY) == [event.id for event in producer.log]
    assert producer.pages > 5


Wrong = Callable[[Recorded], dict[str, Any] | None]
"""How the message of an event is wrong; None if it is missing."""


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda event: None, id="missing"),
        pytest.param(lambda event: {"header": ""}, id="without header"),
        pytest.param(lambda event: {"header": "another"}, id="header of another event"),
        pytest.param(lambda event: {"type_": "event.toy.other.v1"}, id="another subject"),
        pytest.param(lambda event: {"seq": event.seq + 1}, id="another number"),
        pytest.param(lambda event: {"previous": "another"}, id="after another event"),
        pytest.param(lambda event: {"data": None}, id="not readable"),
    ],
)
async def test_message_that_does_not_fit_is_replaced_by_the_event_of_the_log(
    producer: Producer, wrong: Wrong
) -> None:
    async with producer.feeding() as batches:
        await producer.until_streamed(batches)
        await producer.happen(3)
        assert await take(batches, 3) == ["1", "2", "3"]
        (fourth, fifth, sixth) = producer.write(3)
        change = wrong(fourth)
        if change is not None:
            options = {name: change.pop(name) for name in ("header", "type_") if name in change}
            await producer.append(msgspec.structs.replace(fourth, **change), **options)
        await producer.append(fifth)
        await producer.append(sixth)
        await producer.beat()
        assert await take(batches, 3) == ["4", "5", "6"]


@pytest.mark.parametrize("news", ["the stream disagrees", "none"])
async def test_stream_is_not_read_unless_its_producer_vouches_for_it(producer: Producer, news: str) -> None:
    """As after a restore: the stream has events that the log does not have."""
    for event in producer.write(5, "lost "):
        await producer.append(event)
    producer.log.clear()
    if news != "none":
        await producer.beat(agrees=False)
    async with producer.feeding() as batches:
        for _ in range(3):
            assert await anext(batches) == []
            if news != "none":
                await producer.beat(agrees=False)
        producer.write(7)
        assert await take(batches, 7) == ["1", "2", "3", "4", "5", "6", "7"]
    assert await producer.sent_ahead() == 0


async def test_stream_is_not_read_on_the_word_of_a_heartbeat_before_the_restore(producer: Producer) -> None:
    async with Pulse(producer.nats, "toy") as pulse:
        await producer.happen(5)

        async def heard() -> bool:
            return pulse.head == 5

        await until(heard)
        del producer.log[2:]
        batches = Feed(pulse, START).batches(50)
        async with asyncio.timeout(DEADLINE):
            assert await take(batches, 2) == ["1", "2"]
            assert [await anext(batches) for _ in range(2)] == [[], []]
            producer.write(1, "new ")
            await producer.beat(agrees=False)
            assert await take(batches, 1) == [producer.log[2].id]
        await batches.aclose()


@pytest.mark.parametrize("grown", [-3, 0, 3], ids=["shorter", "as long", "longer"])
async def test_feed_ends_when_the_log_becomes_another_one(producer: Producer, grown: int) -> None:
    async with producer.feeding() as batches:
        await producer.until_streamed(batches)
        await producer.happen(10)
        await take(batches, 10)
        del producer.log[5:]
        producer.write(5 + grown, "new ")
        await producer.beat()
        with pytest.raises(AnotherLog, match="which the log of toy does not have"):
            await take(batches, 1)
    async with producer.feeding(Position(10, "10")) as again:
        with pytest.raises(AnotherLog):
            await anext(again)
    async with producer.feeding(Position(5, "5")) as common:
        assert await take(common, 5 + grown - 1)


async def test_missing_stream_holds_up_no_event(producer: Producer) -> None:
    async with producer.feeding() as batches:
        await producer.until_streamed(batches)
        await producer.nats.jetstream().delete_stream(streams.name("toy"))
        producer.write(120)
        await producer.beat()
        assert len(await take(batches, 120)) == 120
        producer.write(1)
        await producer.beat()
        assert await take(batches, 1) == ["121"]


async def test_malformed_heartbeats_and_pages_stop_nobody(producer: Producer) -> None:
    async def answer_junk(message: Any) -> None:
        await message.respond(b"junk")

    async with producer.feeding() as batches:
        for junk in (b"", b"{}", b'{"last": "x"}', b"\xff", b'{"last": -1, "event": 7}'):
            await producer.nats.publish(heartbeat_subject("toy"), junk)
        reply = await producer.nats.subscribe(replay_subject("toy"), cb=answer_junk)
        assert await anext(batches) == []
        await reply.unsubscribe()
        await producer.happen(3)
        assert await take(batches, 3) == ["1", "2", "3"]
