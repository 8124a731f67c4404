"""Streams that lost messages: readers ask the producer for them and go on, in order and without a gap."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nats.js import JetStreamContext

from infra.run.embedded import MongoServer, NatsServer
from infra.run.provision import provision
from services.kernel.config import Settings
from services.kernel.log import streams
from services.kernel.log.replay import replay_subject
from tests.platform.chaos.conftest import Producer, Reader, producing, reading, serving
from tests.platform.chaos.copies import ids_in_log
from tests.platform.chaos.happenings import PRODUCER, VERSIONS, commit, working
from tests.waiting import DEADLINE

THINGS = 5
ALL = THINGS * VERSIONS
STREAM = streams.name(PRODUCER)


@dataclass(frozen=True)
class Pair:
    producer: Producer
    reader: Reader


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(
    mongo: MongoServer, secrets: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Pair, None]:
    """A producer in a process of its own, which fills holes, and a reader. Each test adds to the log."""
    var = tmp_path_factory.mktemp("lost")
    nats = NatsServer(var / "nats", secrets)
    nats.start()
    try:
        settings = Settings(
            nats_url=nats.url,
            mongo_url=mongo.url,
            mongo_prefix="lost",
            var=var,
            secrets=secrets,
            heartbeat=0.2,
            lease=1.0,
        )
        await provision(settings, users=True)
        async with producing(settings) as producer, reading(settings) as reader, serving(settings):
            await producer.answering.unsubscribe()  # its process answers
            yield Pair(producer, reader)
    finally:
        nats.stop()


Lose = Callable[[JetStreamContext, int], Awaitable[Any]]
"""Removes messages after the number, the last that the reader has processed."""


async def _lose_first(js: JetStreamContext, heard: int) -> None:
    await js.delete_msg(STREAM, heard + 1)


async def _lose_one(js: JetStreamContext, heard: int) -> None:
    await js.delete_msg(STREAM, heard + 20)


async def _lose_some(js: JetStreamContext, heard: int) -> None:
    for place in (7, 8, 9, 30):
        await js.delete_msg(STREAM, heard + place)


async def _lose_beginning(js: JetStreamContext, heard: int) -> None:
    await js.purge_stream(STREAM, seq=heard + 20)


async def _lose_last(js: JetStreamContext, heard: int) -> None:
    for place in range(ALL - 4, ALL + 1):
        await js.delete_msg(STREAM, heard + place)


async def _lose_all(js: JetStreamContext, heard: int) -> None:
    await js.purge_stream(STREAM)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "lose",
    [
        pytest.param(_lose_first, id="the first"),
        pytest.param(_lose_one, id="one in the middle"),
        pytest.param(_lose_some, id="some here and there"),
        pytest.param(_lose_beginning, id="the beginning"),
        pytest.param(_lose_last, id="the last, which only the heartbeat tells"),
        pytest.param(_lose_all, id="all"),
    ],
)
async def test_reader_asks_the_producer_for_events_that_the_stream_lost(pair: Pair, lose: Lose) -> None:
    producer, reader = pair.producer, pair.reader
    heard = await reader.cursor()
    await commit(producer.store, THINGS, prefix=f"{heard} ")
    await producer.until_appended()
    await lose(producer.nats.jetstream(), heard)
    asked = await producer.nats.subscribe(replay_subject(PRODUCER))
    await producer.nats.flush()
    async with working(reader.listen()):
        await reader.until_heard(heard + ALL)
        await asked.next_msg(DEADLINE)
        await commit(producer.store, 1, prefix=f"{heard} after ")
        await reader.until_heard(heard + ALL + VERSIONS)
    assert await reader.heard() == await ids_in_log(producer.store.db)


@pytest.mark.asyncio(loop_scope="module")
async def test_reader_goes_on_when_the_stream_is_deleted_while_it_listens(pair: Pair) -> None:
    producer, reader = pair.producer, pair.reader
    heard = await reader.cursor()
    async with working(reader.listen()):
        for round_ in range(1, 4):
            await commit(producer.store, THINGS, prefix=f"{heard} round {round_} ")
            await reader.until_heard(heard + round_ * ALL)
            await producer.until_appended()
            await producer.nats.jetstream().delete_stream(STREAM)
        await producer.until_copied()
    assert await reader.heard() == await ids_in_log(producer.store.db)


async def test_reader_takes_nothing_from_a_stream_before_its_producer_answers(
    producer: Producer, reader: Reader
) -> None:
    await producer.answering.unsubscribe()
    await commit(producer.store, THINGS)
    async with working(producer.sequencer().run()):
        await producer.until_copied()
        asked = await producer.nats.subscribe(replay_subject(PRODUCER))
        await producer.nats.flush()
        async with working(reader.listen()):
            await asked.next_msg(DEADLINE)
            assert await reader.cursor() == 0
            async with serving(producer.settings):
                await reader.until_heard(ALL)
    assert await reader.heard() == await ids_in_log(producer.store.db)
