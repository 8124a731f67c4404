"""The restore drill: databases go back to copies that are older than NATS, and `danvan settle` brings all to agree.

The checks read MongoDB and JetStream themselves.
"""

import asyncio
import os
import random
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infra.operate.operator import asking
from infra.operate.recount import recount
from infra.operate.settling import Settling
from services.catalogue import producers
from tests.platform.chaos.agreement import copies_are_the_register, each_registered_model_has_one_review
from tests.platform.chaos.happenings import working
from tests.platform.chaos.load import TOWN
from tests.platform.chaos.restoring import Backup, back_up, restore
from tests.platform.chaos.town import Town, log_is_dense_and_stream_its_copy
from tests.platform.chaos.witness import Witness
from tests.waiting import DEADLINE, until

BETWEEN = 15
"""Successes of the load between two steps."""
PROCESSES = {"registration": ("registration", "registration-readers")}
NOTHING = "All streams and readers agree with the logs. Nothing was changed."


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
        witness = Witness(asked, TOWN, "2018")
        await _restore(town, backups)
        if set(services) & {*producers()}:
            await until(witness.is_incomplete)
        async with working(_watching(witness)), load.running():
            await _kill_one(town)
            said = await settle(town)
            await load.more(BETWEEN)
        async with working(_watching(witness)):
            async with asyncio.timeout(DEADLINE):
                await town.watch.settled()
            await until(_all_ready(town))
    assert (said == [NOTHING]) == (not set(services) & {*producers()})
    assert await settle(town) == [NOTHING]
    for producer in producers():
        await log_is_dense_and_stream_its_copy(town, producer)
    databases = {service: store.db for service, store in town.watch.stores.items()}
    await each_registered_model_has_one_review(databases)
    await copies_are_the_register(databases)
    assert (await recount(town.settings)).differences == []
    assert witness.complete
    witness.check({p: sorted(await town.all(p, "log"), key=lambda one: one["seq"]) for p in producers()})


async def _watching(witness: Witness) -> None:
    while True:
        await witness.look()
        await asyncio.sleep(0.02)


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
