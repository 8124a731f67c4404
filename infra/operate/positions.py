"""Positions: the last number of each producer's log, and of each reader the last event it has processed."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.catalogue import SERVICES, Catalogue
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.mongo.driver import Document
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import PENDING

MOST_PARKED = 100
"""Parked events shown of each service."""


@dataclass(frozen=True, slots=True)
class Positions:
    """`pending`: committed events without a number yet. `cursors`: reader/producer → number of its last event."""

    heads: dict[str, int] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    building: dict[str, int] = field(default_factory=dict)
    """Like `cursors`, of projections that are being rebuilt beside those in use."""
    rebuilds: list[str] = field(default_factory=list)
    """Of each projection that can be rebuilt, a sentence about that."""
    parked: dict[str, list[Document]] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Every reader has processed every event."""
        return not any(self.pending.values()) and not any(self.lag(name) for name in self.cursors)

    def lag(self, cursor: str) -> int:
        passed = {**self.building, **self.cursors}[cursor]
        return self.heads[cursor.rpartition("/")[2]] - passed


async def positions(settings: Settings, services: Catalogue = SERVICES) -> Positions:
    with _databases(settings, services) as stores:
        return await _read(stores, services)


async def settled(settings: Settings, services: Catalogue = SERVICES) -> Positions:
    """Waits until every reader has processed every event."""
    with _databases(settings, services) as stores:
        while True:
            found = await _read(stores, services)
            if found.settled:
                return found
            await asyncio.sleep(0.05)


@contextmanager
def _databases(settings: Settings, services: Catalogue) -> Iterator[list[Store]]:
    stores = [Store(settings, name, user=OPERATOR_USER) for name in services]
    try:
        yield stores
    finally:
        for store in stores:
            store.close()


async def _read(stores: Sequence[Store], services: Catalogue) -> Positions:
    # An effect is committed with its cursor, and an event gets its number before a reader sees it. Reading cursors
    # before heads, an event that is committed meanwhile shows as a lag and never hides one.
    found = Positions()
    for store in stores:
        cursors = await services[store.service].cursors(store.ours())
        found.rebuilds.extend(cursors.rebuilds)
        for names, into in ((cursors.used, found.cursors), (cursors.rebuilding, found.building)):
            passed = {d["_id"]: d["seq"] async for d in store.db.cursors.find({"_id": {"$in": list(names)}})}
            into.update({name: passed.get(name, 0) for name in names})
        found.parked[store.service] = [
            d async for d in store.db.parked.find().sort("seq", 1).limit(MOST_PARKED)
        ]
    for store in stores:
        if services[store.service].announces:
            found.pending[store.service] = await store.db.log.count_documents({"seq": 0}, hint=PENDING)
            found.heads[store.service] = await store.head()
    return found
