"""Numbers a service's committed events densely and keeps its stream a copy of its log.

One sequencer per service works at a time: the holder of a lease, which MongoDB's clock measures. Another process may
take a lease that has run out. Until one does, the holder keeps it, however slow the holder is: it renews the lease
while it works, and each numbering transaction checks first that nobody has taken it. NATS refuses events that
a former holder still publishes, because each message names the sequence number it must follow. The stream's tail is
the only checkpoint: there is no "published" flag that could be wrong.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Sequence
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from opentelemetry.trace import SpanKind

from services.kernel import telemetry
from services.kernel.log import streams
from services.kernel.log.pace import Pace
from services.kernel.log.streams import Heartbeat, heartbeat_subject, nudge_subject
from services.kernel.messages import Recorded
from services.kernel.mongo.driver import Document, PyMongoError, Session
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import PENDING, Transaction, recorded
from services.kernel.process import end

PAGE = 500
"""Most events numbered in one transaction, and published together: half as many take a third longer."""
SILENCE = 5.0
"""Seconds without any acknowledgement of a page after which the stream's tail is read again."""
UNLIMITED = 86_400.0
"""Seconds. The driver requires a time limit for each acknowledgement; `SILENCE` is the real limit."""
GATHER = 0.04
"""Least seconds between the starts of two rounds: the events of many commands then share one transaction, one
publication, and a batch of each reader. An event that comes after a pause of that length does not wait."""
HEAD = "head"


class LostLease(Exception):  # noqa: N818
    """Another process holds the lease now."""


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
        self._fresh: list[Recorded] = []
        self._pace = Pace(PAGE)
        self._nudged = asyncio.Event()
        self.head = 0
        self._event = ""
        self.problem: str | None = None
        """Why the stream is not a copy of the log. An operator must act."""

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
        again_at = time.monotonic() + GATHER
        try:
            await self.work()
        except LostLease:
            self._renew_at = 0.0
        except (TimeoutError, PyMongoError, NatsError, OSError) as error:
            self._tail = None
            telemetry.log.warning("sequencer waits", why=repr(error))
            await asyncio.sleep(0.2)
            return
        # Not wait_for: in Python 3.11 it ignores a cancellation that comes together with the nudge.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._heartbeat):
                await self._nudged.wait()
        await asyncio.sleep(max(0.0, again_at - time.monotonic()))
        self._nudged.clear()

    async def work(self) -> None:
        """Numbers committed events, appends numbered events to the stream, and announces the last number."""
        if not await self.hold():
            self.problem = None  # the holder reports it
            return
        async with self._renewing():
            await self._catch_up()

    async def _catch_up(self) -> None:
        if time.monotonic() >= self._beat_at:
            self._tail = None  # read it again once per heartbeat: the stream may have been deleted
        await self.append()
        # With a problem, no event is numbered: readers may have read other events under the next numbers.
        # A page that is not full is the last one: a later commit sends a nudge.
        more = True
        while more and not self.problem:
            page = self._pace.size
            more = await self.number() >= page
            await self.append()
        await self.beat()

    async def hold(self) -> bool:
        """Takes the lease, or renews it after a third of its time; False while another process holds it."""
        if time.monotonic() < self._renew_at:
            return True
        mine_or_over = {"$or": [{"$eq": ["$holder", self._holder]}, {"$lt": ["$until", "$$NOW"]}]}
        held = await self._store.db.sequencer.find_one_and_update(
            {"_id": HEAD, "$expr": mine_or_over}, [{"$set": {"holder": self._holder, "until": self._until}}]
        )
        if held is None:
            return False
        if held["holder"] != self._holder:
            telemetry.log.info("sequencer took the lease", head=held["head"])
            self._tail = None
        self.head, self._event = held["head"], held["event"]
        self._renew_at = time.monotonic() + self._lease / 3
        return True

    @property
    def _until(self) -> Document:
        """The end of a lease that begins now, by MongoDB's clock."""
        return {"$add": ["$$NOW", int(self._lease * 1000)]}

    async def _renew(self, session: Session | None = None) -> Document:
        """Renews the lease, even one that has run out, unless another process has taken it.

        Returns the lease, with the last number and its event.
        """
        renewed = await self._store.db.sequencer.find_one_and_update(
            {"_id": HEAD, "holder": self._holder}, [{"$set": {"until": self._until}}], session=session
        )
        if renewed is None:
            raise LostLease
        return dict(renewed)

    @contextlib.asynccontextmanager
    async def _renewing(self) -> AsyncGenerator[None, None]:
        """Renews the lease until the block ends: work that outlasts the lease keeps it."""

        async def renew() -> None:
            with contextlib.suppress(LostLease):  # the next transaction is refused
                while True:
                    await asyncio.sleep(self._lease / 3)
                    with contextlib.suppress(PyMongoError):  # the work meets the same error
                        await self._renew()

        renewal = asyncio.create_task(renew())
        try:
            yield
        finally:
            await end([renewal])

    async def number(self) -> int:
        """Gives the next numbers to at most a page of committed events, in one transaction. Returns their number."""
        if not await self._store.db.log.find_one({"seq": 0}, {"_id": 1}, sort=PENDING):
            return 0

        async def work(tx: Transaction) -> list[Recorded]:
            # First: from here to the commit MongoDB lets nobody else write the lease, however long that takes.
            lease = await self._renew(tx.session)
            head = int(lease["head"])
            # A snapshot that shows version 2 of an aggregate shows its version 1, which sorts before it.
            pending = self._store.db.log.find({"seq": 0}, session=tx.session)
            events = [document async for document in pending.sort(PENDING).limit(self._pace.size)]
            ids = [event["_id"] for event in events]
            last = ids[-1] if ids else lease["event"]
            await self._store.db.sequencer.update_one(
                {"_id": HEAD},
                [{"$set": {"head": head + len(ids), "event": last, "until": self._until}}],
                session=tx.session,
            )
            numbered = await tx.number(ids, head + 1)
            assert numbered == len(ids), "only the sequencer numbers events"  # noqa: S101
            before = [lease["event"], *ids]
            return [
                recorded({**event, "seq": seq}, previous)
                for seq, (event, previous) in enumerate(zip(events, before, strict=False), head + 1)
            ]

        with self._pace.one():
            self._fresh = await self._store.transaction(work)
        if self._fresh:
            self.head, self._event = self._fresh[-1].seq, self._fresh[-1].id
        return len(self._fresh)

    async def append(self) -> None:
        """Appends to the stream the events that the log has after the stream's tail."""
        if self._tail is None:
            self._tail = await self.find_tail()
        while self.problem is None and self._tail < self.head:
            events = await self._page(self._tail)
            await self.publish(events)
            self._tail = events[-1].seq

    async def _page(self, tail: int) -> list[Recorded]:
        """The events after `tail` in the log, from memory when they have just been numbered."""
        fresh = [event for event in self._fresh if event.seq > tail][:PAGE]
        if fresh and fresh[0].seq == tail + 1:
            return fresh
        _, events = await self._store.after(tail, PAGE)
        return events

    async def find_tail(self) -> int:
        try:
            tail = await streams.last(self._js, self._producer)
        except NotFoundError:
            telemetry.log.warning("stream is missing, created again from the log", head=self.head)
            await streams.make(self._js, self._producer)
            tail = 0
        problem = await self._disagreement(tail)
        if problem and problem != self.problem:
            telemetry.log.error("stream is not a copy of the log", why=problem)
        self.problem = problem
        return tail

    async def publish(self, events: Sequence[Recorded]) -> None:
        """Publishes all events together, each with the number it must follow. Raises when NATS refuses one.

        `TimeoutError` when NATS acknowledges none for `SILENCE` seconds. After any error the tail is read again.
        """
        loop = asyncio.get_running_loop()

        async def acknowledged(event: Recorded) -> None:
            await self._publish(event)
            silence.reschedule(loop.time() + SILENCE)

        # When NATS refuses one event it refuses all later ones too.
        async with asyncio.timeout(SILENCE) as silence:
            acks = await asyncio.gather(*map(acknowledged, events), return_exceptions=True)
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
        return self._js.publish(event.type, msgspec.json.encode(event), timeout=UNLIMITED, headers=headers)

    async def beat(self) -> None:
        if time.monotonic() >= self._beat_at:
            self._beat_at = time.monotonic() + self._heartbeat
            beat = Heartbeat(self.head, self._event, not self.problem, self.problem)
            await self._nats.publish(heartbeat_subject(self._producer), msgspec.json.encode(beat))

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
            return None  # purged, but the numbers go on
        if event and (message.headers or {}).get("danvan-event") == event["_id"]:
            return None
        return f"number {tail} is another event in the stream than in the log: delete the stream, it will be made anew"
