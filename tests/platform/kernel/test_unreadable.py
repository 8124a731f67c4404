"""Documents of a log that are no events: each gets a number, and an event in its place that readers park."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId
from bson.datetime_ms import DatetimeMS

from services.kernel.log.replay import Replay, replay
from services.kernel.messages import unreadable
from tests.platform.kernel.conftest import Toy, running
from tests.platform.kernel.toy import OpenTally
from tests.waiting import until

AT = datetime(2019, 3, 1, tzinfo=UTC)
BAD: dict[str, dict[str, Any]] = {
    "its data is a text": {"data": "x"},
    "its data is not JSON": {"data": {"key": "bad", "of": ObjectId()}},
    "it is too large for NATS": {"data": {"key": "bad", "of": "x" * 4_100_000}},
    "it has no type": {"type": None},
    "its type is another producer's": {"type": "event.review.review-decided.v1"},
    "its type has a space": {"type": "event.toy.tally raised.v1"},
    "its type is a pattern": {"type": "event.toy.>"},
    "its type has an empty part": {"type": "event.toy..v1"},
    "its type is too long": {"type": f"event.toy.{'x' * 5000}"},
    "its trace is a number": {"trace": 7},
    "its id is not text": {"_id": ObjectId()},
    "its id looks like a field": {"_id": "$type"},
    "its moment is beyond all calendars": {"recorded_at": DatetimeMS(2**60)},
    "it has no moment": {"recorded_at": None},
}
READABLE = {"its id looks like a field"}


async def test_document_that_is_no_event_is_numbered_replaced_and_parked(service: Toy) -> None:
    await service.do(OpenTally(id="first"), "first")
    for number, fields in enumerate(BAD.values()):
        event = {
            "type": "event.toy.tally-raised.v1",
            "recorded_at": AT,
            "caller": "x",
            "trace": None,
            "cause": None,
        }
        whole = {"_id": f"bad{number}", "seq": 0, "key": f"bad{number}", "version": 1, "data": {"key": "bad"}}
        await service.store.db.log.insert_one(event | whole | fields)
    inbox = service.inbox()
    last = len(BAD) + 2

    async def passed() -> bool:
        return await service.cursor() == last

    async with running(service.sequencer.run(), inbox.run(service.nats)):
        await service.do(OpenTally(id="last"), "last")
        await until(passed)

        async def appended() -> bool:
            return len(await service.stream()) == last

        await until(appended)
    stream = await service.stream()
    page = await replay(service.nats, "toy", Replay(0))
    assert page.events == stream
    ids = {
        document["seq"]: str(document["_id"]) async for document in service.store.db.log.find({}, {"seq": 1})
    }
    assert [(event.seq, event.id) for event in stream] == sorted(ids.items())
    assert [event.previous for event in stream] == ["", *(event.id for event in stream[:-1])]
    replaced = [event for event in stream if event.type == unreadable("toy")]
    assert len(replaced) == len(BAD) - len(READABLE)
    assert all(event.data["why"] for event in replaced)
    assert await service.copies() == {"first": 1, "last": 1}
    assert await service.store.db.parked.count_documents({}) == len(BAD)


@pytest.mark.parametrize("wrong", BAD)
async def test_each_document_that_is_no_event_says_why(wrong: str) -> None:
    """No server: it names the case that fails."""
    from services.kernel.mongo.logged import recorded

    document = {"_id": "1", "seq": 1, "type": "event.toy.tally-raised.v1", "recorded_at": AT, "caller": "x"}
    event = recorded(document | {"trace": None, "cause": None, "data": {"key": "x"}} | BAD[wrong], "0", "toy")
    assert (event.type == unreadable("toy")) == (wrong not in READABLE)
    assert (event.seq, event.previous) == (1, "0")
