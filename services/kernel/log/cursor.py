"""A reader's position in a producer's log, and the lease of the one process that reads from there.

Both are in one document. A process takes a lease that has run out by MongoDB's clock. Each transaction of effects first
moves the cursor, as the lease's holder, from the position that the process remembers. So a process that was frozen, or
whose cursor was changed meanwhile, commits nothing. Moving the cursor renews the lease: it costs a batch nothing.
"""

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import Coroutine
from typing import Any

from services.kernel.log.position import Position
from services.kernel.mongo.driver import AFTER, DuplicateKeyError, PyMongoError, is_transient
from services.kernel.mongo.lease import OVER, free_for, until
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end


class LostCursor(Exception):  # noqa: N818
    """Another process reads for the cursor now, or the cursor is not where this process left it."""


class Cursor:
    def __init__(self, store: Store, name: str) -> None:
        self._cursors = store.db.cursors
        self._holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self._id = {"_id": name}
        self._mine = {"_id": name, "holder": self._holder}
        self._renew_at = 0.0
        self.name = name
        self.lease = store.lease
        self.position = Position()
        """The stored position, as this process knows it."""
        self.moved_at = 0.0
        """When this process moved it last, by the monotonic clock."""

    async def hold(self) -> bool:
        """Reads the position, and takes or renews the lease; False while another process holds it."""
        free = free_for(self._holder)
        kept = {
            "holder": {"$cond": [free, self._holder, "$holder"]},
            "until": {"$cond": [free, until(self.lease), "$until"]},
            "seq": {"$ifNull": ["$seq", 0]},
            "event": {"$ifNull": ["$event", ""]},
            "parked": {"$ifNull": ["$parked", 0]},
        }
        try:
            found = await self._cursors.find_one_and_update(
                self._id, [{"$set": kept}], upsert=True, return_document=AFTER
            )
        except DuplicateKeyError:  # another process has just made the document
            return False
        self.position = Position(found["seq"], found["event"])
        self._renew_at = time.monotonic() + self.lease / 3
        return bool(found["holder"] == self._holder)

    async def while_held(self, work: Coroutine[Any, Any, None]) -> None:
        """Does the work and renews the lease beside it. Stops the work with `LostCursor` when the lease is lost."""
        tasks = [asyncio.ensure_future(work), asyncio.ensure_future(self._keep())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(tasks)
        for error in [task.exception() for task in done]:
            if error:
                raise error

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(max(0.01, self._renew_at - time.monotonic()))
            if time.monotonic() < self._renew_at:
                continue
            self._renew_at = time.monotonic() + self.lease / 3
            try:
                await self._renew()
            except PyMongoError as error:  # the work meets the same error
                if not is_transient(error):
                    raise

    async def _renew(self) -> None:
        known = self.position
        found = await self._cursors.find_one_and_update(
            self._mine, [{"$set": {"until": until(self.lease)}}], return_document=AFTER
        )
        if found is None:
            raise LostCursor("another process has taken the lease")
        # It may be ahead of what we knew: a transaction was committed meanwhile.
        if found["seq"] < known.seq or (found["seq"] == known.seq and found["event"] != known.event):
            raise LostCursor(f"it went back from {known.seq} to {found['seq']}")

    async def move(self, to: Position, tx: Transaction | None = None) -> int | None:
        """Moves the stored position to `to`. The caller calls `moved` when the transaction is committed.

        Returns the number of parked events; None if an earlier run of the same transaction was committed.
        """
        session = tx.session if tx else None
        # Literal: an id that begins with a dollar sign would be a field's name.
        change = {"seq": to.seq, "event": {"$literal": to.event}, "at": "$$NOW", "until": until(self.lease)}
        left = {"seq": self.position.seq, "event": self.position.event}
        found = await self._cursors.find_one_and_update(
            self._mine | left, [{"$set": change}], session=session
        )
        if found is not None:
            return int(found["parked"])
        found = await self._cursors.find_one(self._mine, session=session)
        if found is None:
            raise LostCursor("another process has taken the lease")
        if (found["seq"], found["event"]) != to:
            raise LostCursor(f"it is at {found['seq']}, not at {self.position.seq}")
        return None

    def moved(self, to: Position) -> None:
        self.position, self.moved_at = to, time.monotonic()
        self._renew_at = self.moved_at + self.lease / 3

    async def count_parked(self, change: int, tx: Transaction) -> None:
        """Adds to the number of parked events, which reports show. `LostCursor` if the lease is lost."""
        counted = await self._cursors.update_one(self._mine, {"$inc": {"parked": change}}, session=tx.session)
        if not counted.matched_count:
            raise LostCursor("another process has taken the lease")

    async def release(self) -> None:
        """Gives the lease back, so that another process need not wait for its end."""
        with contextlib.suppress(PyMongoError):
            await self._cursors.update_one(self._mine, {"$set": {"holder": None, "until": OVER}})
