"""One service as a process: its table of messages, its sequencer and inboxes, its health, its orderly end."""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec
from faststream.asgi import AsgiFastStream, AsgiResponse, get
from nats.aio.client import Client as Nats

from services.kernel import telemetry
from services.kernel.caller import Tokens
from services.kernel.config import Settings
from services.kernel.log.inbox import Handler, Inbox, each
from services.kernel.log.sequencer import Sequencer
from services.kernel.log.streams import Replay, nudge_subject, replay_subject
from services.kernel.messages import Command, Event, Query
from services.kernel.messaging import bus
from services.kernel.messaging.desk import Desk
from services.kernel.mongo.access import Access
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction, recorded
from services.kernel.process import Watchdog, end, keep_running

C = TypeVar("C", bound=Command)
Q = TypeVar("Q", bound=Query)
REPLAY_BYTES = 512 * 1024
"""A page of a replay stays below NATS's payload limit of 1 MiB."""


class Reader(Protocol):
    """Whatever follows a producer's log, as far as an operator should know of it."""

    @property
    def name(self) -> str: ...

    @property
    def lag(self) -> int: ...

    @property
    def problem(self) -> str | None: ...


class Service:
    """`logs` is False for a service that only listens: it announces nothing and has no stream."""

    def __init__(self, name: str, settings: Settings, *, logs: bool = True) -> None:
        telemetry.start(name, settings)
        self.name = name
        self.settings = settings
        self.broker = bus.connect(settings, name)
        self.store = Store(settings, name)
        self.inboxes: list[Inbox] = []
        self._logs = logs
        self._sequencer: Sequencer | None = None
        tokens = Tokens.from_file("gateway", settings.secrets_of(name) / "caller.public.json")
        self._desk = Desk(self.store, tokens, self._committed)
        self._queries: list[tuple[str, bus.Answer]] = []
        self._others: list[Callable[[], Sequence[Reader]]] = []
        self._background: dict[str, Callable[[Nats], Awaitable[None]]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def does(self, kind: type[C], handler: Callable[[C, Transaction], Awaitable[Any]]) -> None:
        async def answer(body: bytes, headers: Mapping[str, str]) -> bytes:
            return await self._desk.command(kind, handler, body, headers)

        bus.answers(self.broker, kind.subject, self.name, answer)

    def tells(self, kind: type[Q], handler: Callable[[Q, Access], Awaitable[Any]]) -> None:
        async def answer(body: bytes, headers: Mapping[str, str]) -> bytes:
            return await self._desk.query(kind, handler, body, headers)

        self._queries.append((kind.subject, answer))

    def hears(self, handlers: Mapping[type[Event], Callable[..., Awaitable[None]]]) -> None:
        """A function per event of one producer."""
        self.folds(list(handlers), each(handlers))

    def folds(self, types: Sequence[type[Event]], handle: Handler) -> None:
        """One function for whole batches of these events of one producer."""
        (producer,) = {type_.service for type_ in types}
        table = {type_.subject: type_ for type_ in types}
        self.inboxes.append(Inbox(self.store, producer, table, handle, name=self.name))

    def background(
        self,
        name: str,
        work: Callable[[Nats], Awaitable[None]],
        readers: Callable[[], Sequence[Reader]] = list,
    ) -> None:
        """Runs from start to stop; should it fail, it is logged and run again. `readers`: those it keeps itself."""
        self._background[name] = work
        self._others.append(readers)

    def app(self) -> AsgiFastStream:
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
        for subject, answer in self._queries:
            await bus.answers_directly(connection, subject, self.name, answer)
        if self._logs:
            settings = self.settings
            self._sequencer = Sequencer(
                self.store, connection, lease=settings.lease, heartbeat=settings.heartbeat
            )
            self._keep("sequencer", self._sequencer.run)
        for inbox in self.inboxes:
            self._keep(f"inbox {inbox.producer}", partial(inbox.run, connection))
        for name, work in self._background.items():
            self._keep(name, partial(work, connection))
        self._keep("watchdog", Watchdog(self.settings.watchdog).run)
        gc.collect()
        gc.freeze()  # what is alive now stays: later collections need not walk it
        telemetry.log.info("started")

    def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(keep_running(name, work), name=name))

    async def _stop(self) -> None:
        await end(self._tasks)
        self.store.close()
        telemetry.stop()

    async def _committed(self) -> None:
        with contextlib.suppress(Exception):  # lost nudges are made up for by the next heartbeat
            await self.broker.connection.publish(nudge_subject(self.name))

    async def _replay(self, body: bytes, _: Mapping[str, str]) -> bytes:
        wanted = msgspec.json.decode(body, type=Replay)
        page = self.store.db.log.find({"seq": {"$gt": max(0, wanted.after)}})
        page = page.sort("seq", -1 if wanted.newest else 1)
        events: list[bytes] = []
        size = 0
        async for document in page.limit(min(wanted.limit, 1000)):
            event = msgspec.json.encode(recorded(document))
            if events and size + len(event) > REPLAY_BYTES:
                break
            events.append(event)
            size += len(event)
        return b"[" + b",".join(events) + b"]"

    def _readers(self) -> list[Reader]:
        return [*self.inboxes, *(reader for others in self._others for reader in others())]

    @property
    def trouble(self) -> dict[str, Any]:
        """What an operator should know; empty when all is well."""
        found: dict[str, Any] = {}
        if not self.broker.connection.is_connected:
            found["nats"] = "not connected"
        if self._sequencer and self._sequencer.problem:
            found["stream"] = self._sequencer.problem
        for reader in self._readers():
            if reader.problem:
                found[reader.name] = reader.problem
        return found

    async def _healthy(self, _: Any) -> AsgiResponse:
        return AsgiResponse(b"ok", 200)

    async def _ready(self, _: Any) -> AsgiResponse:
        trouble = self.trouble
        state: dict[str, Any] = {"lag": {reader.name: reader.lag for reader in self._readers()}}
        try:
            async with asyncio.timeout(2):
                state["parked"] = await self.store.db.parked.count_documents({})
        except Exception as error:
            trouble["mongo"] = type(error).__name__
        body = msgspec.json.encode({"service": self.name, "trouble": trouble, **state})
        return AsgiResponse(body, 503 if trouble else 200, {"content-type": "application/json"})
