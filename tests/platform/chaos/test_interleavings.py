"""Random interleavings of two producers, two replicas of their reader, kills, wiped streams, restores and rebuilds.

Each seed, which is in the test's name, is an order of steps. `CHAOS_SEED=7` repeats that one. With `CHAOS_ROUNDS=n`
there are n new ones.
"""

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial

import pytest
from nats.js.errors import NotFoundError

from services.kernel.config import Settings
from services.kernel.log import streams
from services.kernel.log.copying import disagreement
from services.kernel.messaging import client
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end
from services.reporting.messages import Measure, Report
from services.reporting.projection import Projection
from tests.conftest import TESTER
from tests.platform.chaos.happenings import working
from tests.platform.chaos.restoring import Backup, back_up, restore
from tests.reporting.conftest import Reporting
from tests.waiting import until

STEPS = 12
MEASURES = {"registration": Measure.REGISTERED, "review": Measure.RECOGNISED}
SEEDS = [int(os.environ["CHAOS_SEED"])] if "CHAOS_SEED" in os.environ else [1, 2]
if "CHAOS_ROUNDS" in os.environ and "CHAOS_SEED" not in os.environ:
    SEEDS = [random.randrange(10**9) for _ in range(int(os.environ["CHAOS_ROUNDS"]))]


class World:
    """`made`: the producers. `replicas`: of reporting, each with its task. `backups`: of each producer."""

    def __init__(self, made: Reporting, choose: random.Random) -> None:
        self.made = made
        self.choose = choose
        self.replicas: list[tuple[Projection, asyncio.Future[None]]] = []
        self.backups: dict[str, list[Backup]] = {producer: [] for producer in MEASURES}
        self.complete = 0
        self._things = 0
        self._looking = asyncio.Lock()

    def start_replica(self) -> None:
        projection = Projection(self.made.store)
        self.replicas.append((projection, self.made.running(projection)))

    async def write(self) -> None:
        producer = self.choose.choice(sorted(MEASURES))
        keys = [f"{producer}{self._things + n}" for n in range(self.choose.randrange(1, 30))]
        self._things += len(keys)

        async def work(tx: Transaction) -> None:
            for key in keys:
                tx.log(self.made.accepted(key) if producer == "registration" else self.made.decided(key))

        await self.made.logs[producer].transaction(work)
        self.made.sequencers[producer].nudge()

    async def kill(self) -> None:
        _, task = self.replicas.pop(self.choose.randrange(len(self.replicas)))
        await end([task])
        self.start_replica()

    async def wipe(self) -> None:
        with contextlib.suppress(NotFoundError):  # it is wiped already
            await self.made.connection.jetstream().delete_stream(
                streams.name(self.choose.choice(sorted(MEASURES)))
            )

    async def save(self) -> None:
        producer = self.choose.choice(sorted(MEASURES))
        self.backups[producer].append(await back_up(self.made.logs[producer]))

    async def restore(self) -> None:
        producer = self.choose.choice(sorted(MEASURES))
        if not self.backups[producer]:
            return
        async with self._looking:
            await self.made.stop_numbering(producer)
            await restore(self.made.logs[producer], self.choose.choice(self.backups[producer]))
            self.made.number(producer)
            await until(partial(self._heard, producer))

    async def _heard(self, producer: str) -> bool:
        """Whether each replica has heard a heartbeat of the restored log."""
        epoch = self.made.sequencers[producer]._epoch
        inboxes = [one for projection, _ in self.replicas for one in projection.inboxes]
        pulses = [one._pulse for one in inboxes if one.producer == producer]
        return bool(epoch and pulses) and all(pulse and pulse.epoch == epoch for pulse in pulses)

    async def look(self) -> None:
        """A report that says that it is complete counts all events of the present logs up to its positions."""
        while True:
            async with self._looking:
                for projection, _ in self.replicas:
                    report = await self.made.report(projection)
                    if report.complete:
                        self.complete += 1
                        await self._is_right(report)
            await asyncio.sleep(0.01)

    async def _is_right(self, report: Report) -> None:
        totals = {figure.measure: figure.total for figure in report.figures}
        for position in report.positions:
            if measure := MEASURES.get(position.producer):
                up_to = {"seq": {"$gt": 0, "$lte": position.applied}}
                counted = await self.made.logs[position.producer].db.log.count_documents(up_to)
                assert counted == position.applied, (position, counted)
                assert totals[measure] == Decimal(counted), (position, totals[measure])

    async def settle(self) -> None:
        """Does what `danvan settle` does, with what it does it with."""
        js = self.made.connection.jetstream()
        strayed = await self._strayed()
        for producer in MEASURES:
            log = self.made.logs[producer]
            try:
                tail = await streams.last(js, producer)
            except NotFoundError:
                continue
            if producer in strayed or await disagreement(js, log, tail):
                await js.delete_stream(streams.name(producer))
        if strayed:
            await self.made.ask_for_rebuild()

        async def agrees() -> bool:
            return not await self._strayed()

        await until(agrees)

    async def _strayed(self) -> set[str]:
        used = (await self.made.generations()).current
        found = set()
        for producer in MEASURES:
            cursor = await self.made.store.db.cursors.find_one({"_id": f"counters-{used}/{producer}"})
            if cursor and cursor["event"] != await self.made.logs[producer].event_at(cursor["seq"]):
                found.add(producer)
        return found

    async def is_counted(self) -> bool:
        reports = [await self.made.report(projection) for projection, _ in self.replicas]
        return all(report.complete for report in reports)


@asynccontextmanager
async def world(settings: Settings, seed: int) -> AsyncGenerator[World, None]:
    made = Reporting(settings, await client.connect(settings, TESTER))
    await made.produce()
    there = World(made, random.Random(seed))
    try:
        there.start_replica()
        there.start_replica()
        yield there
    finally:
        await end([task for _, task in there.replicas])
        await made.stop()


@pytest.mark.parametrize("seed", SEEDS)
async def test_settled_figures_equal_the_logs_and_no_report_is_falsely_complete(
    settings: Settings, seed: int
) -> None:
    async with world(settings, seed) as there:
        steps: list[Callable[[], Awaitable[None]]] = [
            *[there.write] * 4,
            there.kill,
            there.wipe,
            there.save,
            there.restore,
            there.settle,
            there.made.ask_for_rebuild,
        ]
        async with working(there.look()):
            await there.write()
            await there.save()
            for step in there.choose.choices(steps, k=STEPS):
                await step()
                await asyncio.sleep(there.choose.random() / 5)
            await there.settle()
            await until(there.is_counted)
        known = there.complete
        async with working(there.look()):

            async def seen() -> bool:
                return there.complete > known

            await until(seen)
        for producer, measure in MEASURES.items():
            events = await there.made.logs[producer].db.log.count_documents({})
            figures = {
                figure.measure: figure.total
                for figure in (await there.made.report(there.replicas[0][0])).figures
            }
            assert figures[measure] == events
