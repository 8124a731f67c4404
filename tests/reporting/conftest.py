"""The producers' real logs and streams and reporting's real projection, without processes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal
from typing import Any

import pytest_asyncio

from services.directory.units import keep_units
from services.kernel.calendar import moment
from services.kernel.caller import EVERYTHING, OURSELVES
from services.kernel.config import Settings
from services.kernel.log import pages, streams
from services.kernel.log.replay import replay_subject
from services.kernel.log.sequencer import Sequencer
from services.kernel.log.streams import nudge_subject
from services.kernel.messaging import client
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end, keep_running
from services.kernel.units import COUNTRY, DatedUnit, Spell, UnitLevel
from services.registration.models.messages import ModelAccepted
from services.reporting import handlers
from services.reporting.generations import Generations, generations
from services.reporting.measures import COUNTED
from services.reporting.messages import Measure, RebuildCounters, Report, ReportOf
from services.reporting.projection import Projection
from services.review.messages import ReviewDecided, Verdict
from tests.conftest import TESTER
from tests.waiting import until

LEASE = 1.0
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


class Reporting:
    """`tasks`: the sequencers, and the projection of one process."""

    def __init__(self, settings: Settings, connection: Any) -> None:
        self.settings = settings
        self.connection = connection
        self.logs = {producer: Store(settings, producer) for producer in COUNTED}
        self.store = Store(settings, "reporting")
        self.sequencers: dict[str, Sequencer] = {}
        self.projection = Projection(self.store)
        self.numbering: dict[str, asyncio.Future[None]] = {}
        self.tasks: list[asyncio.Future[None]] = []

    async def produce(self) -> None:
        for producer in self.logs:
            await streams.ensure(self.connection.jetstream(), producer)
            await self._replays(producer)
            self.number(producer)
        await self.store.transaction(lambda tx: keep_units([VN], tx))

    async def start(self) -> None:
        await self.produce()
        self.tasks.append(self.running(self.projection))

    def number(self, producer: str) -> None:
        """Starts a sequencer that knows nothing of an earlier one."""
        made = Sequencer(self.logs[producer], self.connection, lease=LEASE, heartbeat=0.1)
        self.sequencers[producer] = made
        self.numbering[producer] = asyncio.ensure_future(made.run())
        self.tasks.append(self.numbering[producer])

    def running(self, projection: Projection) -> "asyncio.Future[None]":
        return asyncio.ensure_future(keep_running("projection", lambda: projection.run(self.connection)))

    async def _replays(self, producer: str) -> None:
        async def answer(message: Any) -> None:
            await message.respond(await pages.answer(self.logs[producer], message.data))

        await self.connection.subscribe(replay_subject(producer), cb=answer)

    async def stop(self) -> None:
        await end(self.tasks)
        for store in (self.store, *self.logs.values()):
            store.close()
        with contextlib.suppress(Exception):
            await self.connection.close()

    async def accept(self, *keys: str, field: str = "ECONOMY") -> None:
        async def work(tx: Transaction) -> None:
            for key in keys:
                tx.log(_accepted(key))
                tx.events[-1]["data"]["field"] = field

        await self.logs["registration"].transaction(work)
        self.sequencers["registration"].nudge()

    async def stop_numbering(self, producer: str) -> None:
        task = self.numbering.pop(producer)
        self.tasks.remove(task)
        await end([task])

    @staticmethod
    def accepted(key: str) -> ModelAccepted:
        return _accepted(key)

    @staticmethod
    def decided(key: str) -> ReviewDecided:
        accepted = _accepted(key)
        return ReviewDecided(
            key=key,
            version=1,
            at=accepted.at,
            unit=accepted.unit,
            model=key,
            title=accepted.title,
            field=accepted.field,
            subject_kind=accepted.subject_kind,
            level=accepted.level,
            on=accepted.on,
            verdict=Verdict.RECOGNISED,
            reason="",
        )

    async def ask_for_rebuild(self) -> None:
        await self.store.transaction(lambda tx: handlers.ask_for_rebuild(RebuildCounters(), tx))
        await self.connection.publish(nudge_subject("reporting"))

    async def rebuild(self, generation: int) -> None:
        await self.ask_for_rebuild()
        await self.until_used(generation)

    async def report(self, projection: Projection | None = None) -> Report:
        access = self.store.reading(OURSELVES, EVERYTHING, moment())
        return await (projection or self.projection).report(ReportOf(unit=COUNTRY, period="2018"), access)

    async def registered(self) -> Decimal:
        return registered(await self.report())

    async def until_registered(self, number: int) -> None:
        async def counted() -> bool:
            return await self.registered() == number

        await until(counted)

    async def until_used(self, generation: int) -> None:
        async def used() -> bool:
            return (await self.generations()).current == generation

        await until(used)

    async def generations(self) -> Generations:
        return await generations(self.store.ours())

    async def facts(self, generation: int) -> Sequence[str]:
        """The things of all its facts, in order."""
        found = self.store.db[f"facts_{generation}"].find({}, {"thing": 1}).sort("thing", 1)
        return [fact["thing"] async for fact in found]


def registered(report: Report) -> Decimal:
    return next(figure.total for figure in report.figures if figure.measure is Measure.REGISTERED)


@pytest_asyncio.fixture
async def reporting(settings: Settings) -> AsyncGenerator[Reporting, None]:
    made = Reporting(settings, await client.connect(settings, TESTER))
    await made.start()
    yield made
    await made.stop()


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
