"""Positions: the last number of each producer's log, and of each reader the last event it has processed."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field

from services.catalogue import SERVICES, Catalogue
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.mongo.driver import Document
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import PENDING

STORED = {"seq": 1, "event": 1, "holder": 1, "read": {"$gt": ["$until", "$$NOW"]}}
"""The fields of a cursor that are loaded. `read`: whether a process holds the cursor's lease."""
MOST_PARKED = 100
"""Parked events shown of each service."""
LOOKING = 4
"""`settled` pauses this many times as long as it looked."""


@dataclass(frozen=True, slots=True)
class Positions:
    """`pending`: committed events without a number yet. `cursors`: reader/producer → number of its last event."""

    heads: dict[str, int] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    strays: set[str] = field(default_factory=set)
    """Cursors whose event the producer's log does not have: it was restored to an earlier moment."""
    holders: dict[str, str | None] = field(default_factory=dict)
    """The process that reads for each cursor: host, process id and a mark; None if no process does."""
    building: dict[str, int] = field(default_factory=dict)
    """Like `cursors`, of projections that are being rebuilt beside those in use."""
    rebuilds: list[str] = field(default_factory=list)
    """One sentence for each projection that can be rebuilt: whether a rebuild waits or works."""
    parked: dict[str, list[Document]] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Every reader has processed every event."""
        lags = any(self.lag(name) for name in self.cursors)
        return not (any(self.pending.values()) or lags or self.strays)

    def lag(self, cursor: str) -> int:
        passed = {**self.building, **self.cursors}[cursor]
        return self.heads[cursor.rpartition("/")[2]] - passed

    def sentence(self, cursor: str) -> str:
        """The reader's position, and the process that reads."""
        stray = "unknown: the log does not have that event, run `danvan settle`"
        behind = stray if cursor in self.strays else self.lag(cursor)
        reads = f"read by {self.holders[cursor]}" if self.holders[cursor] else "no process reads"
        return f"{cursor}: passed {({**self.building, **self.cursors})[cursor]}, behind {behind}, {reads}"


class Watch:
    """The databases of the services, held open by a caller that looks at them more than once."""

    def __init__(self, settings: Settings, services: Catalogue = SERVICES) -> None:
        self._services = services
        self.stores = {name: Store(settings, name, user=OPERATOR_USER) for name in services}

    async def positions(self) -> Positions:
        return await _read(list(self.stores.values()), self._services)

    async def settled(self) -> Positions:
        """Waits until every reader has processed every event."""
        while True:
            begun = time.monotonic()
            found = await self.positions()
            if found.settled:
                return found
            # Looking takes processor time from those it waits for.
            await asyncio.sleep(LOOKING * (time.monotonic() - begun))

    def close(self) -> None:
        for store in self.stores.values():
            store.close()


async def positions(settings: Settings, services: Catalogue = SERVICES) -> Positions:
    with closing(Watch(settings, services)) as watch:
        return await watch.positions()


async def settled(settings: Settings, services: Catalogue = SERVICES) -> Positions:
    """Waits until every reader has processed every event."""
    with closing(Watch(settings, services)) as watch:
        return await watch.settled()


async def _read(stores: Sequence[Store], services: Catalogue) -> Positions:
    # An effect is committed with its cursor, and an event gets its number before a reader sees it. Reading cursors
    # before heads, an event that is committed meanwhile shows as a lag and never hides one.
    found = Positions()
    events: dict[str, str] = {}
    for store in stores:
        cursors = await services[store.service].cursors(store.ours())
        found.rebuilds.extend(cursors.rebuilds)
        for names, into in ((cursors.used, found.cursors), (cursors.rebuilding, found.building)):
            stored = {d["_id"]: d async for d in store.db.cursors.find({"_id": {"$in": list(names)}}, STORED)}
            into.update({name: stored[name]["seq"] if name in stored else 0 for name in names})
            events.update({name: document.get("event", "") for name, document in stored.items()})
            found.holders.update(
                {n: stored[n]["holder"] if n in stored and stored[n]["read"] else None for n in names}
            )
        found.parked[store.service] = [
            d async for d in store.db.parked.find().sort("seq", 1).limit(MOST_PARKED)
        ]
    for store in stores:
        if services[store.service].announces:
            found.pending[store.service] = await store.db.log.count_documents({"seq": 0}, hint=PENDING)
            found.heads[store.service] = await store.head()
            for name, seq in {**found.building, **found.cursors}.items():
                of_it = name.rpartition("/")[2] == store.service
                if of_it and name in events and await store.event_at(seq) != events[name]:
                    found.strays.add(name)
    return found
