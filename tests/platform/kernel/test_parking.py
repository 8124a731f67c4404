"""A reader parks and shows each event that it cannot read, and goes on with the next one."""

import json
from functools import partial
from typing import Any

import msgspec
import pytest

from services.kernel.calendar import moment
from services.kernel.messages import unreadable
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import COUNTRY
from tests.platform.kernel.conftest import Toy, running
from tests.platform.kernel.test_slow_machine import open_tallies
from tests.platform.kernel.toy import OpenTally, TallyRaised, tally
from tests.waiting import until
from tests.watch import watching

GOOD = msgspec.to_builtins(TallyRaised(key="k", version=1, at=moment(), unit=f"/{COUNTRY}", to=1))


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != field}


async def _log_malformed(service: Toy, data: dict[str, Any], type_: str = TallyRaised.subject) -> None:
    """Writes an event to the log that no service of ours would write."""

    async def work(tx: Transaction) -> None:
        tx.log(tally("bad", 1)[1][0])
        tx.events[0] |= {"data": data, "type": type_}

    await service.store.transaction(work)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (without("key"), "missing required field `key`"),
        (GOOD | {"key": 7}, "Expected `str`, got `int`"),
        (GOOD | {"key": None}, "Expected `str`, got `null`"),
        (without("at"), "missing required field `at`"),
        (GOOD | {"to": {"a.b": [1, None]}}, "Expected `int`, got `object`"),
        (GOOD | {"version": "one"}, "Expected `int`, got `str`"),
        ({}, "missing required field"),
    ],
)
async def test_event_that_cannot_be_read_is_parked_and_the_next_is_applied(
    service: Toy, data: dict[str, Any], why: str
) -> None:
    await service.do(OpenTally(id="before"), "before")
    async with running(service.sequencer.run(), service.inbox().run(service.nats)):
        await until(partial(service.has_passed, 1))
        await _log_malformed(service, data)
        await service.do(OpenTally(id="after"), "after")
        await until(partial(service.has_passed, 3))
    assert await service.copies() == {"before": 1, "after": 1}
    (parked,) = await service.parked()
    assert why in parked["error"]
    assert json.loads(parked["event"])["data"] == data


async def test_every_reader_parks_an_event_of_an_unknown_type_that_nobody_can_read(service: Toy) -> None:
    await _log_malformed(service, {"key": "", "why": "it has no type"}, unreadable("toy"))
    async with running(service.sequencer.run(), service.inbox().run(service.nats)):
        await until(partial(service.has_passed, 1))
    (parked,) = await service.parked()
    assert (parked["key"], "it has no type" in parked["error"]) == ("", True)


async def test_data_that_mongodb_does_not_take_is_parked(service: Toy) -> None:
    """It cannot come out of a log, but out of a stream."""
    inbox = service.inbox()
    await service.do(OpenTally(id="t"), "open")
    await service.sequencer.work()
    _, (event,) = await service.store.after(0, 1)
    assert await inbox._cursor.hold()
    await inbox._apart([msgspec.structs.replace(event, data={"\0": 2**70})])
    assert await service.cursor() == 1
    assert len(await service.parked()) == 1


async def test_parked_events_do_not_slow_the_others_down(service: Toy) -> None:
    """However many are parked, a batch reads only those of its own keys, and none when none is parked."""
    with watching() as watch:
        other = Toy(service.settings, service.nats)

    async def parked_reads(seq: int) -> list[dict[str, Any]]:
        watch.commands.clear()
        async with running(service.sequencer.run(), other.inbox().run(service.nats)):
            await until(partial(service.has_passed, seq))
        return [command for name, command in watch.commands if name == "distinct"]

    await open_tallies(service, 3)
    assert await parked_reads(3) == []
    await _log_malformed(service, without("at") | {"key": "t0"})
    assert await parked_reads(4) == []
    await open_tallies(service, 3, "u")
    keys = [key for read in await parked_reads(7) for key in read["query"]["key"]["$in"]]
    assert keys == ["u0", "u1", "u2"]  # in one batch or several
    cursor = await service.store.db.cursors.find_one({"_id": "copy/toy"})
    assert cursor
    assert cursor["parked"] == 1
    other.store.close()
