"""Keeps a producer's stream in NATS a copy of its log. The numbering of events never waits for it.

The stream's tail is the only checkpoint: there is no "published" flag that could be wrong. Each message names the
number that it must follow: NATS refuses the events of a former sequencer, and those that the stream has.
"""

import asyncio
import contextlib
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
from services.kernel.log.recent import Recent
from services.kernel.messages import Recorded
from services.kernel.mongo.driver import PyMongoError
from services.kernel.mongo.store import Store

PAGE = 500
"""Most events published together."""
SILENCE = 5.0
"""Seconds without any acknowledgement after which the stream's tail is read again, and `/readyz` shows a problem."""
NO_ANSWER = "NATS does not answer. If its disk was full, make room and restart nats-server"
UNLIMITED = 86_400.0
"""Seconds. The driver requires a time limit for each acknowledgement; `SILENCE` is the real limit."""


class Copy:
    """The stream of one producer. It is appended to only while `active`: while this process has the lease."""

    def __init__(self, store: Store, nats: Client, *, heartbeat: float) -> None:
        self._store = store
        self._js: JetStreamContext = nats.jetstream(timeout=5)
        self._producer = store.service
        self._heartbeat = heartbeat
        self.recent = Recent()
        self._more = asyncio.Event()
        self._head = 0
        self._tail: int | None = None
        """The stream's last number; None while it is not known."""
        self._look_at = 0.0
        self._why = ""
        self._moved_at = 0.0
        self._disagreement: str | None = None
        self._is_compared = False
        self.active = False

    @property
    def agrees(self) -> bool:
        """Whether the stream's last message was found to be the log's event of that number."""
        return self._is_compared and not self._disagreement

    @property
    def problem(self) -> str | None:
        """Why the stream lacks events of the log. An operator must act."""
        if not self.active:
            return None  # the active one reports it
        waited = time.monotonic() - self._moved_at
        if self._disagreement or waited < SILENCE:
            return self._disagreement
        return f"no event was appended for {waited:.0f} s: {self._why or NO_ANSWER}"

    def follow(self, head: int, events: Sequence[Recorded] = ()) -> None:
        """Tells it the log's last number, and the events that were just numbered."""
        if head < self._head or (events and events[0].seq != self._head + 1):
            # The log was restored: compare the stream with it before anything is appended.
            self.recent.clear()
            self._look_at, self._is_compared = 0.0, False
        self.recent.add(events)
        self._head = head
        if not self.active:
            self.active, self._tail, self._is_compared = True, None, False
            self._progress()
        self._more.set()

    def rest(self) -> None:
        """Tells it that another process has the lease."""
        self.active = False

    async def run(self) -> None:
        while True:
            try:
                await self.fill()
            except (TimeoutError, PyMongoError, NatsError, OSError) as error:
                self._tail = None
                self._why = NO_ANSWER if isinstance(error, TimeoutError) else str(error)
                telemetry.log.warning("stream waits", producer=self._producer, why=repr(error))
                await asyncio.sleep(0.2)
                continue
            # Not wait_for: in Python 3.11 it ignores a cancellation that comes together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._heartbeat):
                    await self._more.wait()
            self._more.clear()

    async def fill(self) -> None:
        """Appends to the stream the events that the log has after the stream's tail."""
        if not self.active:
            return
        while True:
            if self._tail is None or time.monotonic() >= self._look_at:
                # Once per heartbeat: the stream may have been deleted.
                self._look_at = time.monotonic() + self._heartbeat
                self._tail = await self.find_tail()
            if not (self.active and self.agrees and self._tail < self._head):
                break
            events = await self._page(self._tail)
            if not events:
                return
            await self.publish(events)
            self._tail = events[-1].seq
        self._progress()

    def _progress(self) -> None:
        self._moved_at, self._why = time.monotonic(), ""

    async def _page(self, tail: int) -> list[Recorded]:
        """The events after `tail` in the log, from memory when they have just been numbered."""
        if recent := self.recent.after(tail, PAGE):
            return recent
        _, events = await self._store.after(tail, PAGE)
        return events

    async def find_tail(self) -> int:
        try:
            tail = await streams.last(self._js, self._producer)
        except NotFoundError:
            telemetry.log.warning("stream is missing, created again from the log", head=self._head)
            await streams.make(self._js, self._producer)
            tail = 0
        found = await disagreement(self._js, self._store, tail)
        if found and found != self._disagreement:
            telemetry.log.error("stream is not a copy of the log", why=found)
        self._disagreement, self._is_compared = found, True
        return tail

    async def publish(self, events: Sequence[Recorded]) -> None:
        """Publishes all events together, each with the number it must follow. Raises when NATS refuses one.

        `TimeoutError` when NATS acknowledges none for `SILENCE` seconds. After any error the tail is read again.
        """
        loop = asyncio.get_running_loop()

        async def acknowledged(event: Recorded) -> None:
            await self._publish(event)
            self._progress()
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


async def disagreement(js: JetStreamContext, log: Store, tail: int) -> str | None:
    """Why a stream with this last number is not a copy of the log; None when its last message is the log's event."""
    # Read after the tail: events come into the stream after they came into the log.
    head = await log.head()
    if tail > head:
        return f"the stream ends at {tail}, the log at {head}: was the database restored? Run `danvan settle`"
    if tail == 0:
        return None
    try:
        message = await js.get_msg(streams.name(log.service), seq=tail)
    except NotFoundError:
        return None  # purged, but the numbers go on
    if (message.headers or {}).get("danvan-event") == await log.event_at(tail):
        return None
    return f"number {tail} is another event in the stream than in the log: run `danvan settle`"
