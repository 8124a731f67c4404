"""The events that a reader has set aside, because its handler failed or because they cannot be read.

Only later events of the same record wait for a parked event.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from services.kernel.messages import Recorded
from services.kernel.mongo.driver import ASCENDING, Document
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction

LONGEST_ERROR, LONGEST_VERSION = 2000, 20


@dataclass(frozen=True, slots=True)
class Failure:
    event: Recorded
    error: str


class Parking:
    """`reader`: the owner of the cursor. Its process holds the lease of the cursor in each call that writes."""

    def __init__(self, store: Store, reader: str, producer: str) -> None:
        self._parked = store.db.parked
        self._ours = {"reader": reader, "producer": producer}

    async def keys(self, among: Collection[str], tx: Transaction) -> set[str]:
        """The given keys that have a parked event."""
        wanted = {**self._ours, "key": {"$in": sorted(among)}}
        return set(await self._parked.distinct("key", wanted, session=tx.session))

    async def add(self, failures: Sequence[Failure], tx: Transaction) -> None:
        await self._parked.insert_many([self._document(one, tx) for one in failures], session=tx.session)

    async def remove(self, event: Recorded, tx: Transaction) -> bool:
        """False if it was not parked."""
        gone = await self._parked.delete_one({"_id": self._id(event)}, session=tx.session)
        return bool(gone.deleted_count)

    async def clear(self, tx: Transaction) -> None:
        await self._parked.delete_many(self._ours, session=tx.session)

    async def after(self, seq: int, limit: int) -> list[Recorded]:
        """Parked events with a higher number, in order."""
        found = self._parked.find({**self._ours, "seq": {"$gt": seq}}, {"event": 1})
        documents = found.sort("seq", ASCENDING).limit(limit)
        return [msgspec.json.decode(document["event"], type=Recorded) async for document in documents]

    def _id(self, event: Recorded) -> str:
        return f"{self._ours['reader']}/{self._ours['producer']}/{event.seq}"

    def _document(self, failure: Failure, tx: Transaction) -> Document:
        event = failure.event
        return {
            "_id": self._id(event),
            **self._ours,
            "seq": event.seq,
            "key": event.key,
            "version": str(event.data.get("version", ""))[:LONGEST_VERSION],
            "type": event.type,
            "error": failure.error[:LONGEST_ERROR],
            "at": tx.at,
            # As JSON: MongoDB does not take every object, and parking must not fail.
            "event": msgspec.json.encode(event).decode(),
        }
