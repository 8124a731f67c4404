"""Settles the system after a restore: streams and readers that are ahead of their producer's log come to agree with it.

It can be repeated. Each step looks first at what differs, so a run that was interrupted goes on where it ended.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import closing

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from infra.operate import operator
from infra.operate.positions import Positions, Watch
from services.catalogue import SERVICES, Catalogue, producers
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.log import streams
from services.kernel.log.copying import disagreement
from services.kernel.log.settling import Moved, Settlement
from services.kernel.messaging import client
from services.kernel.mongo.access import Access
from services.kernel.table import Cursors, Subscription, Table, Task

PATIENCE = 60.0
"""Seconds without any progress of a service after which an operator must look at it."""
PAUSE = 0.2

Say = Callable[[str], object]
Progress = Callable[[int, int], None]


class CannotSettle(Exception):  # noqa: N818
    """A service does not do its part."""


class Settling:
    """`say` gets a sentence for each finding and each correction. `progress` gets events read, and all events."""

    def __init__(
        self, settings: Settings, say: Say, progress: Progress, services: Catalogue = SERVICES
    ) -> None:
        self._settings = settings
        self._services = services
        self._say = say
        self._progress = progress

    async def run(self) -> None:
        """Returns when all agree. Raises `CannotSettle`, or `Unavailable`, when a service does not do its part."""
        with closing(Watch(self._settings, self._services)) as self._watch:
            found = await self._watch.positions()
            deleted = await self._delete_streams(found)
            if not deleted and not found.strays:
                self._say("All streams and readers agree with the logs. Nothing was changed.")
                return
            for service, table in self._services.items():
                for row in table.subscriptions:
                    await self._settle(service, table, row)
            await self._numbered()
            for service, table in self._services.items():
                for task in table.tasks:
                    await self._rebuild(service, task)
            await self._verify()
            self._say("All streams and readers agree with the logs now.")

    async def _delete_streams(self, found: Positions) -> bool:
        connection = await client.connect(self._settings, OPERATOR_USER)
        deleted = False
        try:
            js = connection.jetstream(timeout=5)
            for producer in producers(self._services):
                if why := await self._why_to_delete(js, producer, found):
                    self._say(f"The stream of {producer} is deleted, {producer} fills it again: {why}.")
                    await js.delete_stream(streams.name(producer))
                    deleted = True
        finally:
            await connection.close()
        return deleted

    async def _why_to_delete(self, js: JetStreamContext, producer: str, found: Positions) -> str | None:
        try:
            tail = await streams.last(js, producer)
        except NotFoundError:
            return None
        if why := await disagreement(js, self._watch.stores[producer], tail):
            return why.partition(":")[0]
        # A restored log may have grown beyond events of the stream that it no longer has.
        ahead = sorted(name for name in found.strays if _producer(name) == producer)
        return f"{', '.join(ahead)} read events that the log does not have" if ahead else None

    async def _settle(self, service: str, table: Table, row: Subscription) -> None:
        reader = table.reader_of(row)
        name = f"{reader}/{row.producer}"
        if row.settle is None or name not in (await self._watch.positions()).strays:
            return
        store, log = self._watch.stores[service], self._watch.stores[row.producer]
        settlement = Settlement(store, log, reader, row.types, row.settle)
        self._say(f"{name} has read events that the log of {row.producer} does not have.")
        try:
            end = await settlement.run(self._progress)
        except Moved:
            raise CannotSettle(
                f"{name} was moved by another process meanwhile: run `danvan settle` again."
            ) from None
        parked = f", {settlement.parked} events are parked" if settlement.parked else ""
        self._say(
            f"{name}: compared with all {end.seq} events, {settlement.corrected} records corrected{parked}; "
            "goes on from there."
        )

    async def _verify(self) -> None:
        if left := sorted((await self._watch.positions()).strays):
            raise CannotSettle(
                f"{', '.join(left)} still differ. Was a database restored in part? If not, run `danvan settle` again."
            )

    async def _numbered(self) -> None:
        """Corrections are events: rebuilds count them only when they have numbers."""
        moved_at, before = time.monotonic(), None
        while any((pending := (await self._watch.positions()).pending).values()):
            if pending != before:
                moved_at, before = time.monotonic(), pending
            elif time.monotonic() > moved_at + PATIENCE:
                waiting = ", ".join(name for name, count in pending.items() if count)
                raise CannotSettle(
                    f"Events of {waiting} get no numbers: start it, then run `danvan settle` again."
                )
            await asyncio.sleep(PAUSE)

    async def _rebuild(self, service: str, task: Task) -> None:
        if task.cursors is None or task.rebuild is None:
            return
        access = self._watch.stores[service].ours()
        names = await _names(task, access)
        if not names & (await self._watch.positions()).strays:
            return
        self._say(f"{task.name} of {service} has read events that a log does not have: it is made anew.")
        await operator.rebuild(self._settings, task.rebuild)
        moved_at, before = time.monotonic(), None
        while (found := await self._watch.positions()).strays & await _names(task, access):
            if found.building != before:
                moved_at, before = time.monotonic(), found.building
            elif time.monotonic() > moved_at + PATIENCE:
                raise CannotSettle(
                    f"{service} makes no progress: read its log, then run `danvan settle` again."
                )
            self._progress(*_done(found))
            await asyncio.sleep(PAUSE)
        self._say(f"{task.name} of {service} is made anew.")


async def _names(task: Task, access: Access) -> set[str]:
    assert task.cursors  # noqa: S101
    cursors: Cursors = await task.cursors(access)
    return {*cursors.used, *cursors.rebuilding}


def _done(found: Positions) -> tuple[int, int]:
    return sum(found.building.values()), sum(found.heads[_producer(name)] for name in found.building)


def _producer(cursor: str) -> str:
    return cursor.rpartition("/")[2]
