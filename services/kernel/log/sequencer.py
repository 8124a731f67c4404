"""Numbers a service's committed events densely and keeps its stream a copy of its log.

One sequencer per service works at a time: a lease, measured by MongoDB's clock and checked inside each numbering
transaction, says which. The broker refuses whatever a stale one still publishes, because each message names the
sequence number it must follow. The stream's tail is the only checkpoint: there is no "published" flag to be wrong.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Sequence
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from opentelemetry.trace import SpanKind

from services.kernel import telemetry
from services.kernel.log import streams
from services.kernel.log.streams import Heartbeat, heartbeat_subject, nudge_subject
from services.kernel.messages import Recorded
from services.kernel.mongo.driver import Document, PyMongoError
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import PENDING, Transaction, recorded

PAGE = 500
"""Events numbered in one transaction, and published at once: half as many take a third longer."""
HEAD = "head"


class LostLease(Exception):  # noqa: N818
    """Another process is the sequencer now."""


class Sequencer:
    def __init__(self, store: Store, nats: Client, *, lease: float, heartbeat: float) -> None:
        self._store = store
        self._nats = nats
        self._js: JetStreamContext = nats.jetstream(timeout=5)
        self._producer = store.service
        self._holder = secrets.token_hex(8)
        self._lease = lease
        self._heartbeat = heartbeat
        self._renew_at = 0.0
        self._beat_at = 0.0
        self._tail: int | None = None
        self._fresh: list[Document] = []
        self._nudged = asyncio.Event()
        self.head = 0
        self.problem: str | None = None
        """Why the stream cannot be kept a copy of the log; an operator has to look."""

    def nudge(self) -> None:
        self._nudged.set()

    async def run(self) -> None:
        async def on_nudge(_: Any) -> None:
            self.nudge()

        nudges = await self._nats.subscribe(nudge_subject(self._producer), cb=on_nudge)
        try:
            while True:
                await self._round()
        finally:
            with contextlib.suppress(NatsError):
                await nudges.unsubscribe()

    async def _round(self) -> None:
        try:
            await self.work()
        except LostLease:
            self._renew_at = 0.0
        except (TimeoutError, PyMongoError, NatsError, OSError) as error:
            self._tail = None
            telemetry.log.warning("sequencer waits", why=repr(error))
            await asyncio.sleep(0.2)
        # Not wait_for: in Python 3.11 it passes over a cancellation that comes together with the nudge.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._heartbeat):
                await self._nudged.wait()
        self._nudged.clear()

    async def work(self) -> None:
        """Everything there is to do now: number what is committed, append what is numbered, say how far it goes."""
        if not await self.hold():
            self.problem = None  # it is for the holder to say
            return
        if time.monotonic() >= self._beat_at:
            self._tail = None  # once a heartbeat we look again: the stream may have been deleted under us
        await self.append()
        # While the stream is not a copy of the log, numbers would be given out that others know for other events.
        while not self.problem and await self.number():
            await self.append()
        if not self.problem:
            await self.beat()

    async def hold(self) -> bool:
        """Takes or renews the lease; False while another holds it."""
        if time.monotonic() < self._renew_at:
            return True
        mine_or_over = {"$or": [{"$eq": ["$holder", self._holder]}, {"$lt": ["$until", "$$NOW"]}]}
        until = {"$add": ["$$NOW", int(self._lease * 1000)]}
        held = await self._store.db.sequencer.find_one_and_update(
            {"_id": HEAD, "$expr": mine_or_over}, [{"$set": {"holder": self._holder, "until": until}}]
        )
        if held is None:
            return False
        if held["holder"] != self._holder:
            telemetry.log.info("sequencer took the lease", head=held["head"])
            self._tail = None
        self.head = held["head"]
        self._renew_at = time.monotonic() + self._lease / 3
        return True

    async def number(self) -> int:
        """Gives the next numbers to at most a page of committed events, in one transaction. Returns how many."""
        if not await self._store.db.log.find_one({"seq": 0}, {"_id": 1}, sort=PENDING):
            return 0

        async def work(tx: Transaction) -> list[Document]:
            # A snapshot that shows version 2 of an aggregate shows its version 1, which sorts before it.
            pending = self._store.db.log.find({"seq": 0}, session=tx.session).sort(PENDING).limit(PAGE)
            events = [document async for document in pending]
            lease = await self._store.db.sequencer.find_one_and_update(
                {"_id": HEAD, "holder": self._holder, "$expr": {"$gt": ["$until", "$$NOW"]}},
                {"$inc": {"head": len(events)}},
                session=tx.session,
            )
            if lease is None:
                raise LostLease
            numbered = await tx.number([event["_id"] for event in events], lease["head"] + 1)
            assert numbered == len(events), "only the sequencer numbers events"  # noqa: S101
            return [{**event, "seq": seq} for seq, event in enumerate(events, lease["head"] + 1)]

        self._fresh = await self._store.transaction(work)
        if self._fresh:
            self.head = self._fresh[-1]["seq"]
        return len(self._fresh)

    async def append(self) -> None:
        """Appends to the stream whatever the log has beyond its tail."""
        if self._tail is None:
            self._tail = await self.find_tail()
        while self.problem is None and self._tail < self.head:
            events = [recorded(document) for document in await self._page(self._tail)]
            await self.publish(events)
            self._tail = events[-1].seq

    async def _page(self, tail: int) -> list[Document]:
        """What follows `tail` in the log, from memory when it has just been numbered."""
        fresh = [event for event in self._fresh if event["seq"] > tail][:PAGE]
        if fresh and fresh[0]["seq"] == tail + 1:
            return fresh
        page = self._store.db.log.find({"seq": {"$gt": tail}}).sort("seq", 1).limit(PAGE)
        return [document async for document in page]

    async def find_tail(self) -> int:
        try:
            tail = await streams.last(self._js, self._producer)
        except NotFoundError:
            telemetry.log.warning("stream is gone, made anew from the log", head=self.head)
            await streams.make(self._js, self._producer)
            tail = 0
        problem = await self._disagreement(tail)
        if problem and problem != self.problem:
            telemetry.log.error("stream is not a copy of the log", why=problem)
        self.problem = problem
        return tail

    async def publish(self, events: Sequence[Recorded]) -> None:
        """All at once, each naming the number it must follow; raises when one was not stored as that number."""
        # One that fails leaves those after it refused. Whatever happened, the tail is read again.
        acks = await asyncio.gather(*map(self._publish, events), return_exceptions=True)
        for ack in acks:
            if isinstance(ack, BaseException):
                raise ack

    def _publish(self, event: Recorded) -> Awaitable[Any]:
        headers = {"Nats-Expected-Last-Sequence": str(event.seq - 1), "danvan-event": event.id}
        if event.trace:
            headers["traceparent"] = event.trace
        if telemetry.recording:
            with telemetry.span(
                f"append {event.type}", parent=event.trace, kind=SpanKind.PRODUCER, seq=event.seq
            ):
                pass
        return self._js.publish(event.type, msgspec.json.encode(event), timeout=5, headers=headers)

    async def beat(self) -> None:
        if time.monotonic() >= self._beat_at:
            self._beat_at = time.monotonic() + self._heartbeat
            await self._nats.publish(
                heartbeat_subject(self._producer), msgspec.json.encode(Heartbeat(self.head))
            )

    async def _disagreement(self, tail: int) -> str | None:
        """None when the stream's last message is the log's event of that number."""
        if tail > self.head:
            return (
                f"the stream ends at {tail}, the log at {self.head}: was the database restored from a backup?"
            )
        if tail == 0:
            return None
        event: Document | None = await self._store.db.log.find_one({"seq": tail}, {"_id": 1})
        try:
            message = await self._js.get_msg(streams.name(self._producer), seq=tail)
        except NotFoundError:
            return None  # purged, but it counts on from there
        if event and (message.headers or {}).get("danvan-event") == event["_id"]:
            return None
        return f"number {tail} is another event in the stream than in the log: delete the stream, it will be made anew"
