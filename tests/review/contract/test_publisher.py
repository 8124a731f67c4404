"""Review's events reach the public stream in order, each once, under numbers that outlive the stream and a restore."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import date
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from nats.aio.client import Client as Nats

from services.kernel.calendar import moment
from services.kernel.config import Settings
from services.kernel.log.sequencer import Sequencer
from services.kernel.messages import Event
from services.kernel.messaging import client
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end
from services.kernel.public import cloudevents, publisher, stream
from services.movement.words import Field, Level, SubjectKind
from services.review.messages import ReviewDecided, ReviewedModelChanged, ReviewOpened, Verdict
from tests.replays import replaying
from tests.review.contract.telling import restore_told, telling
from tests.waiting import until

NAME = "danvan-review-v1"


def about(number: int, version: int = 1) -> dict[str, Any]:
    return {
        "key": f"review_{number:024}",
        "version": version,
        "at": moment(),
        "unit": "/vn/u42/u437",
        "model": f"model_{number:024}",
        "title": "Bà Nguyễn Thị A hiến đất",
        "field": Field.ECONOMY,
        "subject_kind": SubjectKind.INDIVIDUAL,
        "level": Level.COMMUNE,
        "on": date(2018, 3, 8),
        "year": 2018,
    }


class Review:
    """Review's log, its sequencer, and the reader and the task that publish its events."""

    def __init__(self, settings: Settings, nats: Nats) -> None:
        self.settings = settings
        self.store = Store(settings, "review")
        self.nats = nats
        self.js = stream.reached(nats)
        self.sequencer = Sequencer(self.store, nats, lease=settings.lease, heartbeat=settings.heartbeat)
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.store.provision({}, collections=["published"])
        self.tasks = [asyncio.ensure_future(self.sequencer.run())]
        self._telling = telling(self.store, self.nats)
        self.publisher = await self._telling.__aenter__()

    async def stop(self) -> None:
        await self._telling.__aexit__(None, None, None)
        await end(self.tasks)

    async def log(self, *events: Event) -> None:
        async def work(tx: Transaction) -> None:
            for event in events:
                tx.log(event)

        await self.store.transaction(work)
        self.sequencer.nudge()

    async def has(self, length: int) -> bool:
        return len(await self.told()) == length

    async def told(self) -> list[tuple[int, str, str, dict[str, Any]]]:
        """Number, event id, type and data of each message in the stream."""
        last = await stream.last(self.js, "review")
        messages = [await self.js.get_msg(NAME, seq=seq) for seq in range(1, last + 1)]
        return [
            (m.seq or 0, (m.headers or {})["ce-id"], m.subject or "", msgspec.json.decode(m.data or b""))
            for m in messages
        ]


@pytest_asyncio.fixture
async def review(settings: Settings) -> AsyncGenerator[Review, None]:
    connection = await client.connect(settings, "review")
    made = Review(settings, connection)
    await replaying(connection, made.store)
    await made.start()
    yield made
    await made.stop()
    made.store.close()
    await connection.close()


async def test_outsiders_hear_what_they_may_know_as_cloudevents(review: Review) -> None:
    decided = ReviewDecided(**about(1, 3), verdict=Verdict.NOT_MET, reason="Ông B phản ánh")
    await review.log(
        ReviewOpened(**about(1, 1)), ReviewedModelChanged(**about(1, 2), owner="organisation_1"), decided
    )
    await until(lambda: review.has(2))
    (_, _, _, opened), (_, id_, type_, found) = await review.told()
    assert type_ == "danvan.review.v1.not-met"
    # Titles, reasons and persons stay inside.
    assert (
        found
        == opened
        == {
            "review": f"review_{1:024}",
            "model": f"model_{1:024}",
            "unit": {"id": "u437", "code": None, "name": None, "level": None, "within": ["vn", "u42"]},
            "on": "2018-03-08",
            "year": 2018,
            "level": "COMMUNE",
            "field": "ECONOMY",
            "kind": "INDIVIDUAL",
        }
    )
    message = await review.js.get_msg(NAME, seq=2)
    logged = await review.store.db.log.find_one({"seq": 3})
    assert logged is not None
    assert message.headers == {
        "ce-specversion": "1.0",
        "ce-id": id_,
        "ce-source": "/danvan/review",
        "ce-type": type_,
        "ce-subject": f"review_{1:024}",
        "ce-time": logged["recorded_at"].isoformat().replace("+00:00", "Z"),
        "ce-dataschema": "urn:danvan:review:v1:not-met",
        "ce-sequence": f"{2:020}",
        "content-type": "application/json",
        "Nats-Msg-Id": id_,
        "Nats-Expected-Last-Sequence": "1",
    }


async def test_lost_stream_gets_the_same_events_under_the_same_numbers(
    review: Review, settings: Settings
) -> None:
    await review.log(*(ReviewOpened(**about(number)) for number in range(600)))
    await until(lambda: review.has(600))
    before = await review.told()
    operator = await client.connect(settings, "operator")
    await stream.reached(operator).delete_stream(NAME)
    await review.log(ReviewOpened(**about(600)))
    await until(lambda: review.has(601))
    after = await review.told()
    assert (after[:600], after[600][0]) == (before, 601)
    assert [number for number, *_ in before] == list(range(1, 601))
    await operator.close()


async def test_restored_database_keeps_the_numbers_that_were_told(review: Review) -> None:
    await review.log(*(ReviewOpened(**about(number)) for number in range(5)))
    await until(lambda: review.has(5))
    before = await review.told()
    await review.stop()
    # Back to the moment after the third event: log, cursor and published events.
    event = await review.store.event_at(3)
    await review.store.db.log.delete_many({"seq": {"$gt": 3}})
    await review.store.db.sequencer.update_one(
        {"_id": "head"}, {"$set": {"head": 3, "event": event, "holder": None}}
    )
    await restore_told(review.store, 3)

    again = Review(review.settings, review.nats)
    await again.log(ReviewOpened(**about(9)))
    await again.start()
    await until(lambda: again.has(6))
    after = await again.told()
    assert after[:5] == before
    assert after[5][3]["review"] == f"review_{9:024}"
    kept = [document["event"] async for document in again.store.db.published.find().sort("_id", 1)]
    assert kept == [id_ for _, id_, *_ in after]
    assert again.publisher.problem is None
    await again.stop()
    again.store.close()


async def test_stream_with_other_events_is_left_alone_until_an_operator_deletes_it(
    review: Review, settings: Settings
) -> None:
    await review.log(ReviewOpened(**about(1)), ReviewOpened(**about(2)))
    await until(lambda: review.has(2))
    await review.stop()
    await review.store.db.published.update_one({"_id": 2}, {"$set": {"event": "0" * 24}})

    again = Review(settings, review.nats)
    await again.start()
    await until(lambda: _says(again, "number 2 of the public stream is not the event"))
    await again.log(ReviewOpened(**about(3)))
    await asyncio.sleep(0)
    assert await again.store.db.published.count_documents({}) == 2
    operator = await client.connect(settings, "operator")
    await stream.reached(operator).delete_stream(NAME)
    await until(lambda: again.has(3))
    assert again.publisher.problem is None
    assert [id_ for _, id_, *_ in await again.told()][1] == "0" * 24
    await operator.close()
    await again.stop()
    again.store.close()


async def test_stream_that_cannot_be_filled_is_a_problem_and_no_number_is_lost(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    await review.log(ReviewOpened(**about(1)))
    await until(lambda: review.has(1))
    monkeypatch.setattr(publisher, "SILENCE", 0.0)
    with monkeypatch.context() as broken:
        broken.setattr(cloudevents, "body", _full_disk)
        await review.log(ReviewOpened(**about(2)))
        await until(lambda: _says(review, "the public stream was not filled"))
        await until(lambda: _says(review, "no space left"))
    await until(lambda: review.has(2))


def _full_disk(_: object) -> bytes:
    raise OSError("no space left")


async def _says(review: Review, words: str) -> bool:
    return words in (review.publisher.problem or "")
