"""Counters are rebuilt beside those in use, and a report names the events that it misses."""

from decimal import Decimal

import msgspec

from services.kernel.calendar import moment
from services.kernel.caller import EVERYTHING, OURSELVES, Covered
from services.kernel.units import COUNTRY
from services.reporting.repository import Counters
from services.reporting.waiting import waiting_here
from tests.reporting.conftest import Reporting
from tests.waiting import until


async def test_counters_are_rebuilt_while_events_arrive(reporting: Reporting) -> None:
    await reporting.accept(*(f"m{n}" for n in range(300)))
    await reporting.until_registered(300)
    # the counters in use are damaged; a rebuild from the log repairs them
    await reporting.store.db.counters_1.update_many({}, {"$inc": {"total": Decimal(1000)}})
    assert await reporting.registered() == 1300

    await reporting.ask_for_rebuild()
    for n in range(300, 320):
        await reporting.accept(f"m{n}")
    await reporting.until_registered(320)
    assert (await reporting.generations()).current == 2
    await reporting.accept("one-more")
    await reporting.until_registered(321)

    async def complete() -> bool:
        return (await reporting.report()).complete

    await until(complete)
    report = await reporting.report()
    assert (report.complete, report.incomplete_because) == (True, ())
    assert all(figure.breakdowns for figure in report.figures)
    assert {breakdown.gap for figure in report.figures for breakdown in figure.breakdowns} == {0}


async def test_generation_before_the_last_is_dropped(reporting: Reporting) -> None:
    await reporting.accept("m1")
    await reporting.until_registered(1)
    for generation in (2, 3):
        await reporting.rebuild(generation)
    kept = set(await reporting.store.db.list_collection_names())
    assert {"facts_2", "facts_3", "counters_2", "counters_3"} <= kept
    assert kept.isdisjoint({"facts_1", "counters_1"})
    assert await reporting.registered() == 1


async def test_i7_report_says_which_producers_event_it_misses(reporting: Reporting) -> None:
    await reporting.accept("good")
    await reporting.accept("bad", field="NONSENSE")
    await reporting.accept("better")
    await reporting.until_registered(2)

    async def missing() -> tuple[str, ...]:
        return (await reporting.report()).incomplete_because

    async def only_the_parked() -> bool:
        return await missing() == ("registration: còn 0 sự kiện chưa đếm, 1 sự kiện chờ xử lý",)

    await until(only_the_parked)
    report = await reporting.report()
    assert not report.complete
    assert [(p.producer, p.parked) for p in report.positions if p.parked] == [("registration", 1)]
    # It is an event of the country: it cannot concern a ward.
    access = reporting.store.reading(OURSELVES, EVERYTHING, moment())
    for unit, many in ((COUNTRY, 1), ("ward", 0)):
        here = await Counters(1).parked_here(report.positions, [Covered(unit)], access)
        assert sum(one.parked_here for one in here) == many
    # The same holds for events that are not counted yet: the producer's log says which units they concern.
    (position,) = [one for one in report.positions if one.producer == "registration"]
    behind = msgspec.structs.replace(position, applied=position.applied - 3)
    for unit, many in ((COUNTRY, 3), ("ward", 0)):
        assert (await waiting_here([unit], behind, reporting.connection)).waiting_here == many
    parked = await reporting.store.db.parked.find_one({})
    assert parked is not None
    assert "NONSENSE" in parked["error"]
