"""A service's table as a process: handlers, sequencer, inboxes, tasks, health, and an orderly stop."""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import msgspec
from faststream.asgi import AsgiFastStream, AsgiResponse, get

from services.kernel import telemetry
from services.kernel.caller import Tokens
from services.kernel.config import Settings
from services.kernel.log import pages
from services.kernel.log.backlog import Backlog
from services.kernel.log.inbox import Inbox
from services.kernel.log.replay import replay_subject
from services.kernel.log.sequencer import Sequencer
from services.kernel.log.streams import nudge_subject
from services.kernel.messaging import bus
from services.kernel.messaging.desk import Desk
from services.kernel.mongo.store import Store
from services.kernel.process import Watchdog, end, keep_private, keep_running
from services.kernel.table import CommandRow, Late, Part, QueryRow, Reader, Subscription, Table, Work

H = TypeVar("H")


def serve(table: Table, settings: Settings | None = None, work: Work = Work.ALL) -> AsgiFastStream:
    """The ASGI application of a process of the service. `work`: its part of the work in the table."""
    return Service(table, settings or Settings(), work).app()


class Service:
    """A process of a service. It has a sequencer if the service announces events."""

    def __init__(self, table: Table, settings: Settings, work: Work) -> None:
        keep_private()
        telemetry.start(table.name, settings)
        self.table = table
        self.name = table.name
        self.settings = settings
        self.broker = bus.connect(settings, self.name)
        self.store = Store(settings, self.name)
        self._parts: dict[Part[Any], Any] = {}
        answers, reads = work is not Work.READERS, work is not Work.ANSWERS
        self._commands = table.commands if answers else []
        self._queries = [
            row for row in table.queries if (reads if isinstance(row.handler, Late) else answers)
        ]
        self.inboxes = [self._inbox(row) for row in table.subscriptions] if reads else []
        self._background = table.tasks if reads else []
        self._logs = bool(table.announces) and reads
        self._sequencer: Sequencer | None = None
        self._backlog: Backlog | None = None
        tokens = Tokens.from_file("gateway", settings.secrets_of(self.name) / "caller.public.json")
        kept = {
            "answers": timedelta(days=settings.answer_days),
            "refusals": timedelta(days=settings.refusal_days),
        }
        self._desk = Desk(self.store, tokens, self._committed, **kept)
        self._tasks: list[asyncio.Task[None]] = []

    def _taken(self, late: Late[H]) -> H:
        if late.part not in self._parts:
            self._parts[late.part] = late.part.create(self.store, self.settings)
        return late.pick(self._parts[late.part])

    def _bound(self, handler: H | Late[H]) -> H:
        return self._taken(handler) if isinstance(handler, Late) else handler

    def _inbox(self, row: Subscription) -> Inbox:
        return Inbox(
            self.store,
            row.producer,
            {type_.subject: type_ for type_ in row.types},
            self._bound(row.handler),
            name=self.table.reader_of(row),
            limit=row.limit,
            pause=row.pause,
            ready=self._taken(row.ready) if row.ready else None,
        )

    def _answers_command(self, row: CommandRow) -> None:
        handler = self._bound(row.handler)

        async def answer(body: bytes, headers: Mapping[str, str]) -> bytes:
            return await self._desk.command(row.type, handler, body, headers)

        bus.answers(self.broker, row.type.subject, self.name, answer)

    async def _answers_query(self, row: QueryRow) -> None:
        handler = self._bound(row.handler)

        async def answer(body: bytes, headers: Mapping[str, str]) -> bytes:
            return await self._desk.query(row.type, handler, body, headers)

        await bus.answers_directly(self.broker.connection, row.type.subject, self.name, answer)

    def app(self) -> AsgiFastStream:
        for row in self._commands:
            self._answers_command(row)
        if self._logs:
            bus.answers(self.broker, replay_subject(self.name), self.name, self._replay)
        return AsgiFastStream(
            self.broker,
            asgi_routes=[("/healthz", get(self._healthy)), ("/readyz", get(self._ready))],
            after_startup=[self._start],
            on_shutdown=[self._stop],
            logger=None,
        )

    async def _start(self) -> None:
        connection = self.broker.connection
        for row in self._queries:
            await self._answers_query(row)
        if self._logs:
            settings = self.settings
            self._sequencer = Sequencer(
                self.store, connection, lease=settings.lease, heartbeat=settings.heartbeat
            )
            self._backlog = self._sequencer.backlog
            self._keep("sequencer", self._sequencer.run)
        elif self.table.announces:
            self._backlog = Backlog(self.store, heartbeat=self.settings.heartbeat)
            self._keep("backlog", self._backlog.run)
        for inbox in self.inboxes:
            self._keep(f"inbox {inbox.name}", partial(inbox.run, connection))
        for task in self._background:
            self._keep(task.name, partial(self._taken(task.run), connection))
        self._keep("watchdog", Watchdog(self.settings.watchdog).run)
        gc.collect()
        gc.freeze()  # objects of the start live on: later collections need not visit them
        telemetry.log.info("started")

    def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(keep_running(name, work), name=name))

    async def _stop(self) -> None:
        await end(self._tasks)
        self.store.close()
        telemetry.stop()

    async def _committed(self) -> None:
        with contextlib.suppress(Exception):  # after a lost nudge the next heartbeat does the same
            await self.broker.connection.publish(nudge_subject(self.name))

    async def _replay(self, body: bytes, _: Mapping[str, str]) -> bytes:
        recent = self._sequencer.copy.recent if self._sequencer else None
        return await pages.answer(self.store, body, recent)

    def _readers(self) -> list[Reader]:
        readers = [self._taken(task.readers)() for task in self._background if task.readers]
        return [*self.inboxes, *(reader for some in readers for reader in some)]

    @property
    def trouble(self) -> dict[str, Any]:
        """Problems that an operator should know; empty if there are none."""
        found: dict[str, Any] = {}
        if not bus.is_connected(self.broker):
            found["nats"] = "not connected"
        if self._backlog and self._backlog.problem:
            found["numbering"] = self._backlog.problem
        if self._sequencer and self._sequencer.copy.problem:
            found["stream"] = self._sequencer.copy.problem
        if self._desk.problem:
            found["clock"] = self._desk.problem
        for reader in self._readers():
            if reader.problem:
                found[reader.name] = reader.problem
        return found

    async def _healthy(self, _: Any) -> AsgiResponse:
        return AsgiResponse(b"ok", 200)

    async def _ready(self, _: Any) -> AsgiResponse:
        trouble = self.trouble
        readers = self._readers()
        state: dict[str, Any] = {
            "lag": {reader.name: reader.lag for reader in readers},
            "unknown_since": {r.name: r.unknown_since for r in readers if r.unknown_since},
            "standby": [reader.name for reader in readers if reader.standby],
        }
        try:
            async with asyncio.timeout(2):
                state["parked"] = await self.store.db.parked.estimated_document_count()
                if self._backlog:
                    state["unnumbered"] = await self._backlog.count()
        except Exception as error:
            trouble["mongo"] = type(error).__name__
        body = msgspec.json.encode({"service": self.name, "trouble": trouble, **state})
        return AsgiResponse(body, 503 if trouble else 200, {"content-type": "application/json"})
