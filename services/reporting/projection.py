"""Counts events with the generation in use, builds the next one on request, and answers queries of reports."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.kernel import telemetry
from services.kernel.log.inbox import Inbox
from services.kernel.log.streams import nudge_subject
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import PyMongoError, is_transient
from services.kernel.mongo.store import Store
from services.kernel.rows import Columns, Rows
from services.reporting import domain, handlers
from services.reporting.building import Builder
from services.reporting.counting import Counting, known
from services.reporting.generations import generations
from services.reporting.messages import Report, ReportOf
from services.reporting.repository import Counters
from services.reporting.waiting import waiting_here

COLUMNS = Columns(Report)
GLANCE = 1.0
"""Seconds between two looks at the generation in use and at requests; a request wakes its own service at once."""


class Projection:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._used: Counting | None = None
        self._builder: Builder | None = None
        self._nats: Client | None = None

    async def run(self, nats: Client) -> None:
        self._nats = nats
        builder = self._builder = Builder(self._store, nats)
        try:
            async with _nudged(nats, self._store.service) as nudges:
                while True:
                    try:
                        await self._follow(nats, builder)
                    except PyMongoError as error:
                        if not is_transient(error):
                            raise
                        telemetry.log.warning("projection waits", why=repr(error))
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(GLANCE):
                            await nudges.wait()
                    nudges.clear()
        finally:
            await self._use(None)
            await builder.stop()

    async def _follow(self, nats: Client, builder: Builder) -> None:
        """Counts for the generation in use. Then builds as long as there is something to build."""
        while True:
            current = (await generations(self._store.ours())).current
            if self._used is None or self._used.generation != current:
                await self._use(Counting(self._store, current, nats))
            if not await builder.build():
                return
            await self._use(builder.take())

    async def _use(self, counting: Counting | None) -> None:
        before, self._used = self._used, counting
        if before:
            await before.stop()

    @property
    def _others(self) -> list[Counting]:
        return [self._builder.counting] if self._builder and self._builder.counting else []

    @property
    def inboxes(self) -> list[Inbox]:
        running = [self._used, *self._others] if self._used else self._others
        return [inbox for counting in running for inbox in counting.inboxes]

    async def report_row(self, query: ReportOf, access: Access) -> Rows:
        view = COLUMNS.view(query, access.sees)
        report = await self.report(query, access)
        # It is made of too many documents to list their versions.
        version = hashlib.blake2b(msgspec.json.encode(report)).hexdigest() if query.versioned else ""
        view.add({"_id": "report", "version": version, **msgspec.to_builtins(report)})
        return view.rows()

    async def report(self, query: ReportOf, access: Access) -> Report:
        """Figures, names and positions, all of one moment."""

        async def read(snapshot: Access) -> tuple[int, Report]:
            used = (await generations(snapshot)).current
            counters = Counters(used)
            positions = await counters.positions(before, snapshot)
            return used, await handlers.report(query, snapshot, counters, positions)

        while True:
            before = known(self._used, self._others)
            generation, report = await self._store.snapshot(access, read)
            # MongoDB shows a dropped collection as empty, even in a snapshot of an earlier moment.
            if (await generations(access)).can_be_read(generation):
                return await self._narrowed(report, access)

    async def _narrowed(self, report: Report, access: Access) -> Report:
        """The report does not wait for events that cannot concern its unit, or a unit that went into it."""
        if report.complete or self._nats is None:
            return report
        units = [report.unit_id, *(part.unit_id for part in report.made_of)]
        asked = (waiting_here(units, one, self._nats) for one in report.positions)
        positions = tuple(await asyncio.gather(*asked))
        before = domain.missing(report.positions)
        others = [reason for reason in report.incomplete_because if reason not in before]
        missing = (*others, *domain.missing(positions))
        return msgspec.structs.replace(
            report, positions=positions, complete=not missing, incomplete_because=missing
        )


@contextlib.asynccontextmanager
async def _nudged(nats: Client, service: str) -> AsyncGenerator[asyncio.Event, None]:
    """An event that is set after each command of the service, in all its processes."""
    nudged = asyncio.Event()

    async def on_nudge(_: Any) -> None:
        nudged.set()

    subscription = await nats.subscribe(nudge_subject(service), cb=on_nudge)
    try:
        yield nudged
    finally:
        with contextlib.suppress(NatsError):
            await subscription.unsubscribe()
