"""Work that one process does at a time: a document names its holder, until a moment of MongoDB's clock."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from services.kernel.mongo.access import Unscoped
from services.kernel.mongo.driver import Document, PyMongoError
from services.kernel.mongo.store import Store
from services.kernel.process import end

OVER = datetime.fromtimestamp(0, UTC)
HELD: Document = {"$gt": ["$until", "$$NOW"]}
"""An expression over the document: whether a process holds the lease."""


def free_for(holder: str) -> Document:
    """An expression over the document: whether `holder` may take or renew the lease."""
    return {"$or": [{"$eq": ["$holder", holder]}, {"$lt": ["$until", "$$NOW"]}]}


def until(seconds: float) -> Document:
    """An expression: the end of a lease of that length that begins now, by MongoDB's clock."""
    return {"$add": ["$$NOW", int(seconds * 1000)]}


class Lease:
    """A holder keeps it until another process takes it, which is possible only when it has run out.

    A former holder may go on for a moment. So its writes must be safe beside those of the new one.
    """

    def __init__(self, store: Store, what: Unscoped, name: str) -> None:
        self._leases = store.db[what.name]
        self._name = name
        self._holder = secrets.token_hex(8)
        self._seconds = store.lease
        self._known = False
        self._asked_at = 0.0
        self.held = False

    async def hold(self) -> bool:
        """Takes or renews the lease. False while another process holds it. Asks MongoDB once in a third of its time."""
        if self.held and time.monotonic() < self._asked_at + self._seconds / 3:
            return True
        if not self._known:
            free: Document = {"$setOnInsert": {"holder": None, "until": OVER}}
            await self._leases.update_one({"_id": self._name}, free, upsert=True)
            self._known = True
        asked_at = time.monotonic()
        taken = await self._leases.update_one(
            {"_id": self._name, "$expr": free_for(self._holder)},
            [{"$set": {"holder": self._holder, "until": until(self._seconds)}}],
        )
        self.held, self._asked_at = taken.matched_count == 1, asked_at
        return self.held

    @contextlib.asynccontextmanager
    async def renewed(self) -> AsyncGenerator[None, None]:
        """Renews the lease while the block runs; gives it back at the end. `held` turns False when it is lost."""
        renewal = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            await end([renewal])
            await self._give_back()

    async def _renew(self) -> None:
        while self.held:
            await asyncio.sleep(self._seconds / 3)
            with contextlib.suppress(PyMongoError):  # the work meets the same error
                await self.hold()

    async def _give_back(self) -> None:
        self.held = False
        with contextlib.suppress(PyMongoError):  # it runs out by itself
            ours = {"_id": self._name, "holder": self._holder}
            await self._leases.update_one(ours, {"$set": {"holder": None, "until": OVER}})
