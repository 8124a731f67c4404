"""Rebuilds: one at a time, whatever processes die, and never a report of a generation that is incomplete."""

import asyncio
from datetime import timedelta

from services.kernel.calendar import moment
from services.kernel.log import streams
from services.reporting.generations import BUILDER, begin, cursors
from services.reporting.projection import Projection
from services.reporting.repository import existing
from tests.platform.chaos.restoring import back_up, restore
from tests.reporting.conftest import LEASE, Reporting, registered
from tests.waiting import until

MANY = [f"m{n:04}" for n in range(400)]


async def test_rebuilds_asked_for_at_two_processes_at_once_count_every_event(reporting: Reporting) -> None:
    other = Projection(reporting.store)
    reporting.tasks.append(reporting.running(other))
    await reporting.accept(*MANY)
    await reporting.until_registered(len(MANY))
    wrong: list[object] = []

    async def read() -> None:
        while True:
            for projection in (reporting.projection, other):
                report = await reporting.report(projection)
                if report.complete and registered(report) != len(MANY):
                    wrong.append(report.positions)
            await asyncio.sleep(0.02)

    reading = asyncio.ensure_future(read())
    reporting.tasks.append(reading)
    for _ in range(2):
        await asyncio.gather(reporting.ask_for_rebuild(), reporting.ask_for_rebuild())
        await until(lambda: _is_idle(reporting))
    state = await reporting.generations()
    # A request that comes when the build of the one before has just ended is built too.
    assert 3 <= state.current == state.last <= 5
    assert await reporting.facts(state.current) == MANY
    assert not reading.done()
    assert wrong == []


async def test_request_that_waits_is_one_however_often_it_is_made(reporting: Reporting) -> None:
    await _let_reporting_die(reporting)
    for _ in range(3):
        await reporting.ask_for_rebuild()
    request = (await reporting.generations()).request
    assert await _said(reporting) == (
        f"rebuild of the counters: waiting, asked for at {request and request.asked_at:%Y-%m-%d %H:%M:%S} UTC by danvan"
    )
    reporting.tasks.append(reporting.running(Projection(reporting.store)))
    await until(lambda: _is_idle(reporting))
    assert (await reporting.generations()).current == 2
    assert await _said(reporting) == "rebuild of the counters: none"


async def test_build_of_a_dead_process_is_not_shown_as_work_and_another_process_goes_on(
    reporting: Reporting,
) -> None:
    await reporting.accept("m1", "m2")
    await reporting.until_registered(2)
    await _let_reporting_die(reporting)
    await reporting.ask_for_rebuild()
    await reporting.store.transaction(begin)
    dead = {"holder": "dead", "until": moment() + timedelta(seconds=LEASE)}
    await reporting.store.db.projection.update_one({"_id": BUILDER}, {"$set": dead})

    async def nobody_works() -> bool:
        said = await _said(reporting)
        assert said.startswith("rebuild of the counters: generation 2 is being built, asked for at ")
        return said.endswith("; no process works on it now, the next one of reporting goes on")

    await until(nobody_works)
    reporting.tasks.append(reporting.running(Projection(reporting.store)))
    await reporting.until_used(2)
    assert await reporting.facts(2) == ["m1", "m2"]


async def test_rebuild_switches_when_the_restored_log_is_counted(reporting: Reporting) -> None:
    await reporting.accept(*MANY[:10])
    await reporting.until_registered(10)
    await _restore(reporting, 4)
    await reporting.accept("new")
    await reporting.rebuild(2)
    assert await reporting.facts(2) == [*MANY[:4], "new"]


async def test_process_that_did_not_build_shows_right_reports_after_the_switch(reporting: Reporting) -> None:
    await reporting.accept(*MANY[:10])
    await reporting.until_registered(10)
    other = Projection(reporting.store)
    reporting.tasks.append(reporting.running(other))
    assert registered(await reporting.report(other)) == 10
    await _restore(reporting, 4)
    await reporting.rebuild(2)
    for projection in (reporting.projection, other):
        report = await reporting.report(projection)
        assert registered(report) == 4
        assert report.positions[0].applied == 4


async def test_generations_that_a_restored_database_does_not_know_are_counted_in_no_rebuild(
    reporting: Reporting,
) -> None:
    """They stay in the database when an operator restores it with `mongorestore --drop`."""
    await reporting.accept("m1", "m2")
    await reporting.until_registered(2)
    backup = await back_up(reporting.store)
    await reporting.rebuild(2)
    await reporting.rebuild(3)
    await _let_reporting_die(reporting)
    await restore(reporting.store, backup)
    # The backup was made when a build had just begun.
    await reporting.ask_for_rebuild()
    await reporting.store.transaction(begin)
    reporting.tasks.append(reporting.running(Projection(reporting.store)))
    await reporting.until_used(4)
    assert await reporting.facts(4) == ["m1", "m2"]
    assert registered(await reporting.report()) == 2
    assert await existing(reporting.store) == {1, 4}
    assert await reporting.store.db.parked.count_documents({}) == 0


async def _is_idle(reporting: Reporting) -> bool:
    return not (await reporting.generations()).has_work


async def _said(reporting: Reporting) -> str:
    (sentence,) = (await cursors(reporting.store.ours())).rebuilds
    return sentence


async def _let_reporting_die(reporting: Reporting) -> None:
    projection = reporting.tasks.pop()
    projection.cancel()
    await asyncio.wait([projection])


async def _restore(reporting: Reporting, seq: int) -> None:
    """Registration's log as it was when it ended at `seq`, and no stream."""
    log = reporting.logs["registration"]
    sequencer = reporting.tasks.pop(0)
    sequencer.cancel()
    await asyncio.wait([sequencer])
    await reporting.connection.jetstream().delete_stream(streams.name("registration"))
    await log.db.log.delete_many({"seq": {"$gt": seq}})
    restored = {"head": seq, "event": await log.event_at(seq), "until": moment() - timedelta(seconds=1)}
    await log.db.sequencer.update_one({"_id": "head"}, {"$set": restored})
    reporting.number("registration")
