"""How far everybody is: what each producer has numbered, and how far each reader has come."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.secure.rights import PRODUCERS
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.mongo.driver import Document
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import PENDING
from services.reporting.measures import COUNTED
from services.reporting.repository import current_generation, reader

FOLLOWERS: Mapping[str, tuple[str, ...]] = {
    "registration": ("lookalikes/registration", "formality/registration"),
    "review": ("review/registration",),
    "supervision": ("supervision/registration",),
    "reporting": ("reporting/registration",),
}
"""The cursors in each service's database, besides those of the counters."""


@dataclass(frozen=True, slots=True)
class Positions:
    """`pending`: events committed and not yet numbered. `cursors`: reader/producer → last number passed."""

    heads: dict[str, int] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    building: dict[str, int] = field(default_factory=dict)
    """The same of counters that are being counted anew beside those in use."""
    parked: dict[str, list[Document]] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Everything that happened has been heard by everybody."""
        return not any(self.pending.values()) and not any(self.lag(name) for name in self.cursors)

    def lag(self, cursor: str) -> int:
        passed = {**self.building, **self.cursors}[cursor]
        return self.heads[cursor.rpartition("/")[2]] - passed


async def positions(settings: Settings) -> Positions:
    found = Positions()
    store = Store(settings, "reporting", user=OPERATOR_USER)
    try:
        # An effect is committed with its cursor, and an event numbered before it is heard: read against that order,
        # what has happened meanwhile shows as a lag and never hides one.
        generation = await current_generation(store.ours())
        counters = reader(generation)
        async for cursor in store.db.cursors.find({"_id": {"$regex": f"^{reader(generation + 1)}/"}}):
            found.building[cursor["_id"]] = cursor["seq"]
        for service, names in FOLLOWERS.items():
            database = store.beside(service)
            counted = [f"{counters}/{producer}" for producer in COUNTED] if service == "reporting" else []
            for name in (*names, *counted):
                cursor = await database.cursors.find_one({"_id": name})
                found.cursors[name] = cursor["seq"] if cursor else 0
            found.parked[service] = [d async for d in database.parked.find().sort("seq", 1).limit(100)]
        for producer in PRODUCERS:
            database = store.beside(producer)
            found.pending[producer] = await database.log.count_documents({"seq": 0}, hint=PENDING)
            head = await database.sequencer.find_one({"_id": "head"})
            found.heads[producer] = head["head"] if head else 0
        return found
    finally:
        store.close()


async def settled(settings: Settings) -> Positions:
    """Waits until everybody has heard everything."""
    while True:
        found = await positions(settings)
        if found.settled:
            return found
        await asyncio.sleep(0.05)
