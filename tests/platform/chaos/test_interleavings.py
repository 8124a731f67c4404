"""Random interleavings of changes, kills, wiped streams, restores, rebuilds and settlements, with two replicas of all.

Each seed, which is in the test's name, is an order of steps. `CHAOS_SEED=7` repeats that one. With `CHAOS_ROUNDS=n`
there are n new ones, and a quarter of them is carried out a second time with replicas that are processes of their own.
"""

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing

import pytest
from nats.aio.client import Client as Nats
from nats.js.errors import NotFoundError

from infra.operate.operator import asking, rebuild
from infra.operate.positions import Watch
from infra.operate.recount import recount
from infra.operate.settling import Settling
from services.catalogue import SERVICES, producers
from services.kernel.calendar import today
from services.kernel.config import Settings
from services.kernel.log import streams
from services.kernel.messaging import client
from services.kernel.units import COUNTRY
from tests.conftest import TESTER
from tests.platform.chaos import agreement
from tests.platform.chaos.copies import assert_stream_is_copy, ids_in_log, length_of_stream
from tests.platform.chaos.deeds import TITLES, Deeds
from tests.platform.chaos.happenings import working
from tests.platform.chaos.replicas import Replica, replicas
from tests.platform.chaos.restoring import Backup, back_up, restore
from tests.platform.chaos.witness import Witness
from tests.waiting import DEADLINE, until

STEPS = 12 if "CHAOS_ROUNDS" in os.environ else 8
LOOKING = 0.1
"""Seconds between two reports."""
NOTHING = "All streams and readers agree with the logs. Nothing was changed."
SEEDS = [int(os.environ.get("CHAOS_SEED", "1"))]
APART: list[int] = []
if "CHAOS_ROUNDS" in os.environ:
    if "CHAOS_SEED" not in os.environ:
        SEEDS = [random.randrange(10**9) for _ in range(int(os.environ["CHAOS_ROUNDS"]))]
    APART = SEEDS[: -(-len(SEEDS) // 4)]


class World:
    """`backups`: of each service."""

    def __init__(
        self,
        settings: Settings,
        choose: random.Random,
        running: Mapping[str, Sequence[Replica]],
        deeds: Deeds,
        watch: Watch,
        nats: Nats,
        witness: Witness,
    ) -> None:
        self.settings = settings
        self.choose = choose
        self.running = running
        self.deeds = deeds
        self.watch = watch
        self.nats = nats
        self.witness = witness
        self.backups: dict[str, list[Backup]] = {service: [] for service in SERVICES}
        self._looking = asyncio.Lock()

    async def change(self) -> None:
        for _ in range(self.choose.randrange(1, 6)):
            await self.deeds.some()

    async def kill(self) -> None:
        replica = self.choose.choice([one for both in self.running.values() for one in both])
        await replica.kill()
        await replica.start()

    async def wipe(self) -> None:
        with contextlib.suppress(NotFoundError):  # it is wiped already
            await self.nats.jetstream().delete_stream(streams.name(self.choose.choice(producers())))

    async def save(self) -> None:
        service = self.choose.choice([*SERVICES])
        self.backups[service].append(await back_up(self.deeds.stores[service]))

    async def restore(self) -> None:
        """As operators do: the service is stopped, its whole database restored, the service started."""
        saved = [service for service, backups in self.backups.items() if backups]
        if not saved:
            return
        service = self.choose.choice(saved)
        async with self._looking:
            await self.no_report_was_falsely_complete()
            for replica in self.running[service]:
                await replica.kill()
            await restore(self.deeds.stores[service], self.choose.choice(self.backups[service]))
            for replica in self.running[service]:
                await replica.start()
            await until(self._is_known)

    async def _is_known(self) -> bool:
        """Whether each process of reporting knows which of its readers are ahead of their producers' logs."""
        found = await self.watch.positions()
        ahead = {name for name in found.strays & found.cursors.keys() if name.startswith("counters")}
        troubles = [await replica.trouble() for replica in self.running["reporting"]]
        return all(trouble is not None and ahead <= trouble.keys() for trouble in troubles)

    async def rebuild(self) -> None:
        await rebuild(self.settings)

    async def settle(self) -> list[str]:
        """The sentences that `danvan settle` prints."""
        said: list[str] = []
        await Settling(self.settings, said.append, lambda done, total: None).run()
        return said

    async def look(self) -> None:
        while True:
            async with self._looking:
                await self.witness.look()
            await asyncio.sleep(LOOKING)

    async def no_report_was_falsely_complete(self) -> None:
        found = {}
        for producer in producers():
            events = self.deeds.stores[producer].db.log.find({"seq": {"$gt": 0}}).sort("seq", 1)
            found[producer] = [event async for event in events]
        self.witness.check(found)
        self.witness.complete.clear()

    async def has_seen_a_complete_report(self) -> bool:
        return bool(self.witness.complete)

    async def all_agrees(self) -> None:
        async with asyncio.timeout(DEADLINE):
            await self.watch.settled()
        for producer in producers():
            database = self.deeds.stores[producer].db

            async def copied(producer: str = producer, length: int = len(await ids_in_log(database))) -> bool:
                return await length_of_stream(self.nats, producer) == length

            await until(copied)
            await assert_stream_is_copy(self.nats, database, producer)
        assert (await recount(self.settings)).differences == []
        databases = {service: store.db for service, store in self.deeds.stores.items()}
        await agreement.each_registered_model_has_one_review(databases)
        await agreement.copies_are_the_register(databases)
        await agreement.models_of_one_title_and_owner_are_related(databases)
        await agreement.submitted_texts_are_known(databases)
        for title in TITLES:
            await agreement.search_finds_each_model(databases, self.witness.services, title)


@asynccontextmanager
async def world(settings: Settings, seed: int, *, apart: bool) -> AsyncGenerator[World, None]:
    choose, kinds = random.Random(seed), random.Random(seed)
    nats = await client.connect(settings, TESTER)
    with closing(Watch(settings)) as watch, closing(Deeds(settings, kinds)) as deeds:
        await deeds.prepare()
        async with replicas(settings, apart=apart) as running, asking(settings) as services:
            await watch.settled()  # reports know no unit before
            witness = Witness(services, COUNTRY, str(today().year))
            yield World(settings, choose, running, deeds, watch, nats, witness)
    await nats.close()


@pytest.mark.parametrize(
    ("seed", "apart"),
    [
        *(pytest.param(seed, False, id=str(seed)) for seed in SEEDS),
        *(pytest.param(seed, True, id=f"{seed}-processes") for seed in APART),
    ],
)
async def test_settled_system_equals_its_logs_and_no_report_is_falsely_complete(
    settings: Settings, seed: int, apart: bool
) -> None:
    async with world(settings, seed, apart=apart) as there:
        kinds: list[Callable[[], Awaitable[object]]] = [
            *[there.change] * 2,
            *[there.kill] * 2,
            there.wipe,
            there.save,
            *[there.restore] * 2,
            there.settle,
            there.rebuild,
        ]
        steps = there.choose.choices(kinds, k=STEPS)
        async with working(there.look()):
            for service in SERVICES:
                await there.change()
                there.backups[service].append(await back_up(there.deeds.stores[service]))
            for step in steps:
                await asyncio.gather(step(), *([there.change()] if step != there.restore else []))
                await asyncio.sleep(there.choose.random() / 5)
            await there.settle()
            assert await there.settle() == [NOTHING]
            await there.watch.settled()
            await there.no_report_was_falsely_complete()
            await until(there.has_seen_a_complete_report)
        await there.no_report_was_falsely_complete()
        await there.all_agrees()
