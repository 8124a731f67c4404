"""Two processes of reporting build, count and are killed: every report shows what is counted up to its positions.

`CHAOS_ROUNDS` is the number of kills.
"""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from infra.operate.operator import OPERATOR, asking
from infra.run.ports import listening
from infra.run.stack import environment, process
from infra.run.supervisor import Running, Supervisor
from services.kernel.config import Settings
from services.kernel.messages import Unavailable
from services.kernel.messaging import client
from services.kernel.messaging.client import Client
from services.kernel.rows import Part, Rows
from services.kernel.units import COUNTRY
from services.reporting.messages import RebuildCounters, ReportOf
from tests.conftest import TESTER
from tests.platform.chaos.happenings import working
from tests.reporting.conftest import Reporting
from tests.waiting import until

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "2"))
BEFORE = 3000
WRITING = 0.02
"""Seconds between two new events."""
QUERY = ReportOf(
    unit=COUNTRY,
    period="2018",
    fields={
        "complete": "complete",
        "figures": Part("figures", {"measure": "measure", "total": "total"}),
        "positions": Part("positions", {"producer": "producer", "applied": "applied", "head": "head"}),
    },
)


@dataclass
class Witness:
    """Reads reports all the time. Each event of the log adds 1 to the figure, so a figure must be its position."""

    services: Client
    complete: int = 0
    wrong: list[Any] = field(default_factory=list)
    _seen: int = 0

    async def watch(self) -> None:
        while True:
            report = await self.report()
            applied = int(report["positions"][0]["applied"])
            figures = {figure["measure"]: Decimal(figure["total"]) for figure in report["figures"]}
            went_back = report["complete"] and applied < self._seen
            if figures["REGISTERED"] != applied or went_back:
                self.wrong.append(
                    (report["positions"], report["complete"], figures["REGISTERED"], self._seen)
                )
            if report["complete"]:
                self.complete += 1
                self._seen = max(self._seen, applied)
            await asyncio.sleep(0.01)

    async def report(self) -> dict[str, Any]:
        while True:
            try:
                (row,) = (await self.services.ask(QUERY, OPERATOR, Rows)).read()
            except Unavailable:
                continue
            assert row is not None
            return row


@asynccontextmanager
async def producing(settings: Settings) -> AsyncGenerator[Reporting, None]:
    made = Reporting(settings, await client.connect(settings, TESTER))
    await made.produce()
    try:
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def counting_processes(settings: Settings) -> AsyncGenerator[list[Running], None]:
    env = environment(settings, "reporting")
    with listening() as a, listening() as b:
        supervisor = Supervisor(
            [
                process(name, "services.reporting.app", env, settings.var / f"{name}.log", listener)
                for name, listener in (("reporting-a", a), ("reporting-b", b))
            ],
            lambda line: None,
        )
        await supervisor.start()
        try:
            running = list(supervisor.running.values())
            for one in running:
                await until(one.is_ready)
            yield running
        finally:
            await supervisor.stop()


async def test_rebuilds_and_kills_leave_no_report_wrong(settings: Settings) -> None:
    async with (
        producing(settings) as made,
        counting_processes(settings) as processes,
        asking(settings) as services,
    ):
        await made.accept(*(f"m{n:05}" for n in range(BEFORE)))
        numbers = count(BEFORE)

        async def write() -> None:
            while True:
                await made.accept(f"m{next(numbers):05}")
                await asyncio.sleep(WRITING)

        async def idle() -> bool:
            return not (await made.generations()).has_work

        witness = Witness(services)
        async with working(witness.watch()):
            async with working(write()):
                for round_ in range(ROUNDS):
                    await _rebuild_and_kill(made, services, processes[round_ % 2])
            await until(idle)
            logged = made.logs["registration"].db.log

            async def all_counted() -> bool:
                # The writer was stopped, but its last transaction may be committed only now.
                length = await logged.count_documents({})
                report = await witness.report()
                return bool(report["complete"] and report["positions"][0]["applied"] == length)

            await until(all_counted)
        log = [event["key"] async for event in logged.find().sort("key", 1)]
        state = await made.generations()
        assert state.current == state.last > ROUNDS
        assert await made.facts(state.current) == log
        assert witness.complete
        assert witness.wrong == []


async def _rebuild_and_kill(made: Reporting, services: Client, process: Running) -> None:
    """Asks at both processes at the same time, and kills one while the generation is built."""
    before = await made.generations()
    requests = [
        services.ask(RebuildCounters(), OPERATOR, int, key=f"rebuild {before.last} {n}") for n in range(2)
    ]
    await asyncio.gather(*requests)

    async def begun() -> bool:
        return (await made.generations()).last > before.last

    await until(begun)
    pid = process.pid
    assert pid
    os.kill(pid, signal.SIGKILL)

    async def again() -> bool:
        return process.pid not in (None, pid) and await process.is_ready()

    async def used() -> bool:
        return (await made.generations()).current > before.current

    await until(again)
    await until(used)
