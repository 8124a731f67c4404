"""Counters are rebuilt beside those in use, and a report names the events that it misses."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any

import pytest_asyncio

from services.directory.units import keep_units
from services.kernel.calendar import moment
from services.kernel.caller import EVERYTHING, OURSELVES
from services.kernel.config import Settings
from services.kernel.log import streams
from services.kernel.log.sequencer import Sequencer
from services.kernel.messaging import client
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end
from services.kernel.units import COUNTRY, DatedUnit, Spell, UnitLevel
from services.registration.models.messages import ModelAccepted
from services.reporting.messages import Measure, RebuildCounters, Report, ReportOf
from services.reporting.projection import Projection
from tests.conftest import TESTER
from tests.waiting import DEADLINE

VN = DatedUnit(
    id=COUNTRY,
    spells=(
        Spell(
            name="Việt Nam",
            code="vn",
            kind="Quốc gia",
            level=UnitLevel.COUNTRY,
            parent=None,
            path=f"/{COUNTRY}",
        ),
    ),
)


class Counting:
    """Registration's real log and stream and reporting's real projection, without processes."""

    def __init__(self, settings: Settings, connection: Any) -> None:
        self.registration = Store(settings, "registration")
        self.reporting = Store(settings, "reporting")
        self.sequencer = Sequencer(self.registration, connection, lease=5, heartbeat=0.1)
        self.projection = Projection(self.reporting)

    async def accept(self, *keys: str, field: str = "ECONOMY") -> None:
        async def work(tx: Transaction) -> None:
            for key in keys:
                tx.log(_accepted(key))
                tx.events[-1]["data"]["field"] = field

        await self.registration.transaction(work)
        self.sequencer.nudge()

    async def report(self) -> Report:
        access = self.reporting.reading(OURSELVES, EVERYTHING, moment())
        return await self.projection.report(ReportOf(unit=COUNTRY, period="2018"), access)

    async def registered(self) -> Decimal:
        figures = (await self.report()).figures
        return next(figure.total for figure in figures if figure.measure is Measure.REGISTERED)

    async def until_registered(self, number: int) -> None:
        async with asyncio.timeout(DEADLINE):
            while await self.registered() != number:
                await asyncio.sleep(0.01)

    async def generation(self) -> int:
        pointer = await self.reporting.db.projection.find_one({"_id": "generation"})
        return pointer["current"] if pointer else 1


@pytest_asyncio.fixture
async def counting(settings: Settings) -> AsyncGenerator[Counting, None]:
    connection = await client.connect(settings, TESTER)
    made = Counting(settings, connection)
    for producer in ("registration", "review", "supervision"):
        await streams.ensure(connection.jetstream(), producer)
    await made.reporting.transaction(lambda tx: keep_units([VN], tx))
    tasks = [
        asyncio.ensure_future(made.sequencer.run()),
        asyncio.ensure_future(made.projection.run(connection)),
    ]
    yield made
    await end(tasks)
    made.registration.close()
    made.reporting.close()
    with contextlib.suppress(Exception):
        await connection.close()


async def test_counters_are_rebuilt_while_events_arrive(counting: Counting) -> None:
    await counting.accept(*(f"m{n}" for n in range(300)))
    await counting.until_registered(300)
    # the counters in use are damaged; a rebuild from the log repairs them
    await counting.reporting.db.counters_1.update_many({}, {"$inc": {"total": Decimal(1000)}})
    assert await counting.registered() == 1300

    await counting.reporting.transaction(lambda tx: counting.projection.rebuild(RebuildCounters(), tx))
    for n in range(300, 320):
        await counting.accept(f"m{n}")
    await counting.until_registered(320)
    assert await counting.generation() == 2
    await counting.accept("one-more")
    await counting.until_registered(321)
    report = await counting.report()
    assert (report.complete, report.incomplete_because) == (True, ())
    assert all(figure.breakdowns for figure in report.figures)
    assert {breakdown.gap for figure in report.figures for breakdown in figure.breakdowns} == {0}


async def test_generation_before_the_last_is_dropped(counting: Counting) -> None:
    await counting.accept("m1")
    await counting.until_registered(1)
    for generation in (2, 3):
        await counting.reporting.transaction(lambda tx: counting.projection.rebuild(RebuildCounters(), tx))
        async with asyncio.timeout(DEADLINE):
            while await counting.generation() != generation:
                await asyncio.sleep(0.01)
    kept = set(await counting.reporting.db.list_collection_names())
    assert {"facts_2", "facts_3", "counters_2", "counters_3"} <= kept
    assert kept.isdisjoint({"facts_1", "counters_1"})
    assert await counting.registered() == 1


async def test_i7_report_says_which_producers_event_it_misses(counting: Counting) -> None:
    await counting.accept("good")
    await counting.accept("bad", field="NONSENSE")
    await counting.accept("better")
    await counting.until_registered(2)
    report = await counting.report()
    assert not report.complete
    assert [(p.producer, p.parked) for p in report.positions if p.parked] == [("registration", 1)]
    assert report.incomplete_because == ("registration: còn 0 sự kiện chưa đếm, 1 sự kiện chờ xử lý",)
    parked = await counting.reporting.db.parked.find_one({})
    assert parked is not None
    assert "NONSENSE" in parked["error"]


def _accepted(key: str) -> ModelAccepted:
    return ModelAccepted(
        key=key,
        version=1,
        at=moment(),
        unit=f"/{COUNTRY}",
        owner="o",
        title="Mô hình",
        field="ECONOMY",  # type: ignore[arg-type]
        subject_kind="COLLECTIVE",  # type: ignore[arg-type]
        level="CITY",  # type: ignore[arg-type]
        written_by=("ann",),
        on=moment().date().replace(2018, 5, 1),
    )
