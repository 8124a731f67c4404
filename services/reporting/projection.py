"""Counts events with the counters in use, and rebuilds them beside those on request."""

import asyncio
import contextlib
import hashlib
from functools import partial

import msgspec
from nats.aio.client import Client

from services.kernel import telemetry
from services.kernel.log.inbox import Inbox
from services.kernel.mongo.access import Access
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end, keep_running
from services.kernel.rows import Columns, Rows
from services.kernel.units import COUNTRY
from services.reporting import handlers
from services.reporting.measures import COUNTED
from services.reporting.messages import RebuildCounters, Report, ReportOf
from services.reporting.repository import Counters, current_generation, reader, switch

COLUMNS = Columns(Report)
GLANCE = 2.0
"""Seconds between two checks of the generation in use."""


class Projection:
    def __init__(self, store: Store) -> None:
        self._store = store
        self.inboxes: list[Inbox] = []
        self._asked = asyncio.Event()

    async def run(self, nats: Client) -> None:
        """Counts with the generation in use. Builds the next one on request, or adopts one of another process."""
        generation = await current_generation(self._store.ours())
        counting = self._count(generation, nats)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(GLANCE):
                        await self._asked.wait()
                if self._asked.is_set():
                    self._asked.clear()  # before the build: a later request starts another build
                    try:
                        await self._build(generation + 1, generation, nats)
                    except Exception:
                        self._asked.set()  # the build starts again
                        raise
                current = await current_generation(self._store.ours())
                if current != generation:
                    await end(counting)
                    generation, counting = current, self._count(current, nats)
        finally:
            await end(counting)

    async def rebuild(self, _: RebuildCounters, tx: Transaction) -> int:
        """Returns the generation in use while the next one is built. The caller's scope must be the whole country."""
        tx.scope.require(f"/{COUNTRY}")
        self._asked.set()
        return await current_generation(tx)

    async def report_row(self, query: ReportOf, access: Access) -> Rows:
        view = COLUMNS.view(query, access.sees)
        report = await self.report(query, access)
        # It is made of too many documents to list their versions.
        version = hashlib.blake2b(msgspec.json.encode(report)).hexdigest() if query.versioned else ""
        view.add({"_id": "report", "version": version, **msgspec.to_builtins(report)})
        return view.rows()

    async def report(self, query: ReportOf, access: Access) -> Report:
        """Figures, names and positions, all of one moment."""
        heard = {inbox.producer: (inbox.position, inbox.position + inbox.lag) for inbox in self.inboxes}

        async def read(snapshot: Access) -> Report:
            counters = Counters(await current_generation(snapshot))
            positions = await counters.positions(heard, snapshot)
            return await handlers.report(query, snapshot, counters, positions)

        return await self._store.snapshot(access, read)

    def _count(self, generation: int, nats: Client) -> list[asyncio.Task[None]]:
        self.inboxes = self._inboxes_of(generation)
        return _started(self.inboxes, nats)

    async def _build(self, generation: int, previous: int, nats: Client) -> None:
        """Counts from the first event into empty collections, and switches to them when they have caught up."""

        async def work(tx: Transaction) -> bool:
            return await switch(generation, previous, tx)

        # A request that began before the last switch could still read the previous generation. By now it has ended.
        await Counters(previous - 1).drop(self._store)
        await Counters(generation).create(self._store)
        anew = _started(self._inboxes_of(generation), nats)
        try:
            while True:
                if await self._store.transaction(work):
                    break
                await asyncio.sleep(0.05)
        finally:
            await end(anew)
        telemetry.log.info("counters rebuilt", generation=generation)

    def _inboxes_of(self, generation: int) -> list[Inbox]:
        counters = Counters(generation)
        return [
            Inbox(
                self._store,
                producer,
                {type_.subject: type_ for type_ in types},
                partial(handlers.count, counters=counters),
                name=reader(generation),
            )
            for producer, types in COUNTED.items()
        ]


def _started(inboxes: list[Inbox], nats: Client) -> list[asyncio.Task[None]]:
    return [
        asyncio.create_task(keep_running(f"count {inbox.producer}", partial(inbox.run, nats)))
        for inbox in inboxes
    ]
