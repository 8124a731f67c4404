"""The restore drill: databases go back to copies that are older than NATS, and `danvan settle` brings all to agree.

The checks read MongoDB and JetStream themselves.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from infra.operate.operator import OPERATOR, asking
from infra.operate.recount import recount
from infra.operate.settling import Settling
from services.catalogue import producers
from services.kernel.messages import Unavailable
from services.kernel.messaging.client import Client
from services.kernel.mongo.driver import Document
from services.kernel.rows import Part, Rows
from services.reporting.messages import ReportOf
from tests.platform.chaos.happenings import working
from tests.platform.chaos.load import TOWN
from tests.platform.chaos.restoring import Backup, back_up, restore
from tests.platform.chaos.town import Town, log_is_dense_and_stream_its_copy
from tests.waiting import DEADLINE, until

BETWEEN = 15
"""Successes of the load between two steps."""
PROCESSES = {"registration": ("registration", "registration-readers")}
QUERY = ReportOf(
    unit=TOWN,
    period="2018",
    fields={
        "complete": "complete",
        "figures": Part("figures", {"measure": "measure", "total": "total"}),
        "positions": Part("positions", {"producer": "producer", "applied": "applied"}),
    },
)
NOTHING = "All streams and readers agree with the logs. Nothing was changed."


@dataclass
class Witness:
    """Reads reports all the time, and keeps those that say that they are complete."""

    services: Client
    complete: list[tuple[Mapping[str, int], Mapping[str, Decimal]]] = field(default_factory=list)

    async def watch(self) -> None:
        while True:
            report = await self.report()
            if report["complete"]:
                positions = {one["producer"]: int(one["applied"]) for one in report["positions"]}
                figures = {one["measure"]: Decimal(one["total"]) for one in report["figures"]}
                self.complete.append((positions, figures))
            await asyncio.sleep(0.02)

    async def is_incomplete(self) -> bool:
        return not (await self.report())["complete"]

    async def report(self) -> dict[str, Any]:
        while True:
            try:
                (row,) = (await self.services.ask(QUERY, OPERATOR, Rows)).read()
            except Unavailable:
                continue
            assert row is not None
            return row


async def restore_and_settle(town: Town, services: Sequence[str]) -> None:
    """Restores these services' databases, each to a moment of its own under load."""
    load = town.load
    backups: dict[str, Backup] = {}
    async with load.running():
        for service in services:
            await load.more(BETWEEN)
            backups[service] = await back_up(town.watch.stores[service])
        await load.more(BETWEEN)
    await town.watch.settled()
    async with asking(town.settings) as asked:
        witness = Witness(asked)
        await _restore(town, backups)
        if set(services) & {*producers()}:
            await until(witness.is_incomplete)
        async with working(witness.watch()), load.running():
            await _kill_one(town)
            said = await settle(town)
            await load.more(BETWEEN)
        async with working(witness.watch()):
            async with asyncio.timeout(DEADLINE):
                await town.watch.settled()
            await until(_all_ready(town))
    assert (said == [NOTHING]) == (not set(services) & {*producers()})
    assert await settle(town) == [NOTHING]
    for producer in producers():
        await log_is_dense_and_stream_its_copy(town, producer)
    await each_registered_model_has_one_review(town)
    assert (await recount(town.settings)).differences == []
    await _complete_reports_were_complete(town, witness)


async def settle(town: Town) -> list[str]:
    """The sentences that the command prints."""
    said: list[str] = []
    await Settling(town.settings, said.append, lambda done, total: None).run()
    return said


async def _restore(town: Town, backups: Mapping[str, Backup]) -> None:
    """While the services stand still. Some of their processes go on, the others begin anew."""
    names = [name for service in backups for name in PROCESSES.get(service, (service,))]
    pids = [pid for name in names if (pid := town.stack.processes[name].pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for service, backup in backups.items():
        await restore(town.watch.stores[service], backup)
    for pid in pids:
        os.kill(pid, random.choice((signal.SIGCONT, signal.SIGKILL)))

    async def strayed() -> bool:
        return bool((await town.watch.positions()).strays)

    if set(backups) & {*producers()}:
        await until(strayed)


async def _kill_one(town: Town) -> None:
    pid = town.stack.processes[random.choice(sorted(town.stack.processes))].pid
    if pid:
        os.kill(pid, signal.SIGKILL)


def _all_ready(town: Town) -> Callable[[], Any]:
    async def ready() -> bool:
        return all([await one.is_ready() for one in town.stack.processes.values()])

    return ready


async def each_registered_model_has_one_review(town: Town) -> None:
    models = await town.all("registration", "models")
    registered = {model["_id"] for model in models if model["registered_version"]}
    reviews = await town.all("review", "reviews")
    current = [review["model"] for review in reviews if review["closed_because"] != "RECORD_LOST"]
    assert sorted(current) == sorted(registered)
    assert {review["verdict"] for review in reviews if review["model"] not in registered} <= {None}


async def _complete_reports_were_complete(town: Town, witness: Witness) -> None:
    """The figures of each are those of the logs, as they are now, at the positions of the report."""
    logs = {
        producer: sorted(await town.all(producer, "log"), key=lambda one: one["seq"])
        for producer in producers()
    }
    assert witness.complete
    for positions, figures in witness.complete:
        expected: Counter[str] = Counter()
        for producer, events in logs.items():
            assert positions[producer] <= len(events), (positions, len(events))
            for event in events[: positions[producer]]:
                for measure, number in _counted(event):
                    expected[measure] += number
        measures = ("REGISTERED", "RECOGNISED", "NOT_MET", "SUPERVISION_ACTIVITY")
        found = {measure: figures[measure] for measure in measures}
        assert found == {measure: expected[measure] for measure in measures}, positions


def _counted(event: Document) -> Sequence[tuple[str, int]]:
    match event["type"].split(".")[2], event["data"].get("verdict"):
        case "model-accepted", _:
            return [("REGISTERED", 1)]
        case "review-decided", verdict:
            return [(verdict, 1)]
        case "review-closed", str(verdict):
            return [(verdict, -1)]
        case "activity-recorded", _:
            return [("SUPERVISION_ACTIVITY", 1)]
    return []
