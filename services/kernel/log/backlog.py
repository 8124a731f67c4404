"""Whether committed events of a service get their numbers.

Each process of the service watches it, not only the one that numbers them: a process that stands still is silent.
"""

import asyncio
import time
from datetime import datetime
from typing import Any

from services.kernel import telemetry
from services.kernel.calendar import moment
from services.kernel.mongo.driver import Document, PyMongoError
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import PENDING

PATIENCE = 5.0
"""Seconds without progress after which the numbering counts as stalled; and at least five heartbeats."""


class Backlog:
    """The events that were committed and have no number yet."""

    def __init__(self, store: Store, *, heartbeat: float) -> None:
        self._store = store
        self._heartbeat = heartbeat
        self._seen: tuple[Any, Any] = (None, None)
        self._moved_at = time.monotonic()
        self.problem: str | None = None
        """Why events wait for a number. An operator must act."""
        self.since: datetime | None = None
        """When the oldest of them was recorded; None while events get their numbers."""

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self._heartbeat)

    async def look(self) -> Document | None:
        """Compares with the look before: there is a problem after some seconds without progress.

        Returns the sequencer's lease; None if the database does not answer.
        """
        try:
            oldest = await self._store.db.log.find_one({"seq": 0}, {"recorded_at": 1}, sort=PENDING)
            lease = await self._store.sequencer_lease()
            seen = (lease and lease["head"], oldest and oldest["_id"])
            if not oldest or seen != self._seen:
                self._progress()
            self._seen = seen
            if oldest and time.monotonic() - self._moved_at > max(PATIENCE, 5 * self._heartbeat):
                await self._complain(oldest, lease)
        except PyMongoError as error:
            telemetry.log.warning("backlog is unknown", service=self._store.service, why=repr(error))
            self._progress()
            return None
        return lease

    async def count(self) -> int:
        """The number of events without a number."""
        return await self._store.db.log.count_documents({"seq": 0}, hint=PENDING)

    def _progress(self) -> None:
        self._moved_at, self.problem, self.since = time.monotonic(), None, None

    async def _complain(self, oldest: Document, lease: Document | None) -> None:
        why = "the process that numbers events makes no progress"
        if lease is None:
            why = "the database is not prepared, run `danvan provision`"
        elif lease["over"]:
            why = "no process numbers events"
        count = await self.count()
        if not self.problem:
            telemetry.log.error("events wait for a number", service=self._store.service, count=count, why=why)
        recorded_at = oldest.get("recorded_at")
        self.since = recorded_at if isinstance(recorded_at, datetime) else moment()
        self.problem = f"{count} events wait for a number, the oldest since {self.since.isoformat()}: {why}"
