"""Builds the next generation of the counters when a rebuild was asked for: one process at a time.

A lease says which process. After its death another one takes it over and goes on with the same generation.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

from nats.aio.client import Client

from services.kernel import telemetry
from services.kernel.log.replay import head
from services.kernel.messages import Unavailable
from services.kernel.mongo.lease import Lease
from services.kernel.mongo.store import Store
from services.reporting.counting import Counting
from services.reporting.generations import (
    BUILDER,
    PROJECTION,
    Building,
    begin,
    generations,
    passed,
    switch,
)
from services.reporting.measures import COUNTED
from services.reporting.repository import Counters, existing

PAUSE = 0.05
"""Seconds between two looks at the cursors of a build."""


class GivenUp(Exception):  # noqa: N818
    """This process stops its build: another process continues the build, or another build replaces it."""


class Builder:
    def __init__(self, store: Store, nats: Client) -> None:
        self._store = store
        self._nats = nats
        self._lease = Lease(store, PROJECTION, BUILDER)
        self._anew = False
        self.counting: Counting | None = None
        """Counts for the generation that is being built, until `take` hands it over."""

    async def build(self) -> bool:
        """Begins the requested build, or continues one that was begun, until it is in use. Then call `take`.

        False when there is nothing to build or another process builds.
        """
        if not (await generations(self._store.ours())).has_work or not await self._lease.hold():
            return False
        async with self._lease.renewed():
            taken = await existing(self._store)
            state = await self._store.transaction(partial(begin, anew=self._anew, taken=taken))
            self._anew = False
            if state.building is None:
                return False
            for generation in state.dropped:
                await Counters(generation).drop(self._store)
            return await self._built(state.building)

    def take(self) -> Counting | None:
        """The readers that are left running: of the generation that was built, or of a build that was broken off."""
        taken, self.counting = self.counting, None
        return taken

    async def _built(self, building: Building) -> bool:
        await Counters(building.generation).create(self._store)
        telemetry.log.info("counters are being rebuilt", generation=building.generation)
        self.counting = Counting(self._store, building.generation, self._nats)
        try:
            await self._switched(self.counting)
        except GivenUp:
            await self.stop()
            return False
        except BaseException:
            await self.stop()
            raise
        telemetry.log.info("counters rebuilt", generation=building.generation)
        return True

    async def stop(self) -> None:
        if counting := self.take():
            await counting.stop()

    async def _switched(self, counting: Counting) -> None:
        """Waits until the generation has counted all events of the producers' logs, and makes it the one in use."""
        # The second time, few events are left: those that came while it counted the first ones.
        for _ in range(2):
            used = await passed((await generations(self._store.ours())).current, self._store.ours())
            heads = await self._heads(counting)
            while not await self._has_counted(counting.generation, heads):
                await self._rest(counting)
        ahead = {producer for producer in COUNTED if used[producer] > heads[producer]}
        while not await self._store.transaction(partial(switch, counting.generation, heads, ahead)):
            await self._rest(counting)

    async def _has_counted(self, generation: int, heads: Mapping[str, int]) -> bool:
        counted = await passed(generation, self._store.ours())
        return all(counted[producer] >= heads[producer] for producer in COUNTED)

    async def _heads(self, counting: Counting) -> Mapping[str, int]:
        """The last number of each producer's log. Waits while a producer does not answer."""
        while True:
            try:
                return {producer: await head(self._nats, producer) for producer in COUNTED}
            except Unavailable as error:
                telemetry.log.warning("rebuild waits", why=str(error))
                await self._rest(counting)

    async def _rest(self, counting: Counting) -> None:
        """Raises `GivenUp` if the build has no future in this process."""
        await asyncio.sleep(PAUSE)
        if not self._lease.held:
            raise GivenUp
        if counting.is_in_trouble and (await generations(self._store.ours())).request:
            self._anew = True
            raise GivenUp
