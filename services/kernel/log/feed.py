"""The events of one producer after a position: in order, without holes, for ever, and none that its log does not have.

The log is the truth; the stream brings its events sooner and cheaper. The feed begins with a page of the log, which
shows that the log is still the one of the position. It takes events from the stream while the producer's heartbeats say
that the stream is a copy of the log. When something does not fit, the feed asks the log.

FastStream is not used here. It would keep acknowledgements in NATS, which loses them with its store, and it would wait
for a full batch. Here the reader keeps its own position, and the consumer in NATS begins there.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import Error as JetStreamError

from services.kernel import telemetry
from services.kernel.log import arrivals, streams
from services.kernel.log.position import Position
from services.kernel.log.pulse import Pulse
from services.kernel.log.replay import Page, Replay, replay
from services.kernel.log.streams import Heartbeat
from services.kernel.messages import Recorded, Unavailable

BATCH = 2000
"""Most events applied in one transaction: counting 500 at a time is a third slower."""
QUIET = 0.5
"""Seconds without an event after which the feed compares its position with the producer's last number."""


class AnotherLog(Exception):  # noqa: N818
    """The producer's log does not have the event of the position: its database is older than the reader's."""

    def __init__(self, producer: str, at: Position, head: int) -> None:
        super().__init__(
            f"at event {at.seq} ({at.event}), which the log of {producer} does not have; that log ends at {head}: "
            "its database was restored to an earlier moment. Run `danvan settle`"
        )


class Feed:
    def __init__(self, pulse: Pulse, after: Position, *, sparing: bool = False) -> None:
        """`sparing`: for a slow reader, one of many. It asks the log for a batch at a time: a stream would send up to
        128 MB ahead.
        """
        self.position = after
        self.confirmed = False
        """Whether the producer's log was found to have the event of the position."""
        self.epoch: str | None = None
        """The producer's epoch in which that was found."""
        self._pulse = pulse
        self._producer = pulse.producer
        self._js: JetStreamContext = pulse.nats.jetstream(timeout=5)
        self._sparing = sparing
        self._compared: Heartbeat | None = None
        self._at_heartbeat = 0
        self._asked_at: Heartbeat | None = None
        """The last heartbeat before the last page of the log."""
        self._waits_because = ""

    async def batches(self, limit: int = BATCH) -> AsyncGenerator[list[Recorded], None]:
        """Batches of at most `limit` events, for ever. Each batch follows the one before it.

        An empty batch means that the log has no more, or that no event came for `QUIET` seconds. Raises `AnotherLog`,
        always before the first batch if the log is another one by then.
        """
        while True:
            began, before = time.monotonic(), self.position
            try:
                for source in (self._log, self._stream):
                    async with contextlib.aclosing(source(limit)) as found:
                        async for events in found:
                            self._waits_because = ""
                            yield events
            except (TimeoutError, NatsError, JetStreamError, Unavailable, OSError) as error:
                self._log_wait(repr(error))
            if self.position == before and time.monotonic() - began < QUIET:
                await asyncio.sleep(QUIET)
                yield []

    def _log_wait(self, why: str) -> None:
        if why != self._waits_because:
            self._waits_because = why
            telemetry.log.warning("feed waits", producer=self._producer, at=self.position.seq, why=why)

    async def _log(self, limit: int) -> AsyncGenerator[list[Recorded], None]:
        """The events of the producer's log after the position: a page, then all that the stream cannot bring."""
        while True:
            page = await self._page(limit)
            if not page.events:
                yield []
                return
            telemetry.log.info(
                "replayed", producer=self._producer, after=self.position.seq, events=len(page.events)
            )
            yield self._passed(page.events)
            if not self._sparing and self._pulse.vouches_for_stream:
                return

    async def _page(self, limit: int) -> Page:
        self._asked_at, epoch = self._pulse.last, self._pulse.epoch
        page = await ask(self._pulse, self.position, limit)
        self.confirmed, self.epoch = True, epoch
        if len(self._following(page.events)) < len(page.events):
            raise Unavailable(f"the page of {self._producer} after {self.position.seq} has a hole")
        return page

    async def _stream(self, limit: int) -> AsyncGenerator[list[Recorded], None]:
        """Events from the stream, as long as they can be trusted and none is missing."""
        if self._doubts():
            return
        subscription = await self._js.subscribe(
            streams.subjects(self._producer),
            stream=streams.name(self._producer),
            manual_ack=True,
            pending_bytes_limit=-1,
            config=ConsumerConfig(
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=self.position.seq + 1,
                ack_policy=AckPolicy.NONE,
                mem_storage=True,
                num_replicas=1,
                flow_control=True,
                idle_heartbeat=5,
                inactive_threshold=30,
            ),
        )
        try:
            while not (self._sparing and subscription.pending_msgs > limit):
                try:
                    messages = await arrivals.batch(subscription, limit, within=QUIET)
                except TimeoutError:
                    if self._pulse.head > self.position.seq or self._doubts():
                        return
                    yield []
                    continue
                if self._doubts():
                    return
                if self._pulse.last is self._asked_at:
                    # No heartbeat has said since the page that the stream agrees with this log.
                    if (page := await self._page(limit)).events:
                        yield self._passed(page.events)
                    continue
                events = [self._event(message) for message in messages]
                if follows := self._following(events):
                    yield self._passed(follows)
                if events[-1] is None or events[-1].seq > self.position.seq:
                    telemetry.log.warning("hole in stream", producer=self._producer, after=self.position.seq)
                    return
        finally:
            # Without a connection it fails, and NATS drops an inactive consumer itself.
            with contextlib.suppress(NatsError, JetStreamError, asyncio.TimeoutError):
                await subscription.unsubscribe()

    def _doubts(self) -> bool:
        """Whether the log or the stream may be another one than it was."""
        beat = self._pulse.last
        if not self._pulse.vouches_for_stream or beat is None or beat.epoch != self.epoch:
            return True
        if beat is self._compared:
            return False
        # A heartbeat may be older than the newest event, but not older than the position at the heartbeat before.
        went_back = beat.last < self._at_heartbeat
        differs = beat.last == self.position.seq and beat.event != self.position.event
        self._compared, self._at_heartbeat = beat, self.position.seq
        return went_back or differs

    def _event(self, message: Any) -> Recorded | None:
        """The event of a message; None for anything else than an event of the producer at its place."""
        try:
            event = msgspec.json.decode(message.data, type=Recorded)
        except msgspec.DecodeError:
            return None
        announced = (message.headers or {}).get("danvan-event")
        at_its_place = message.metadata.sequence.stream == event.seq and message.subject == event.type
        return event if announced == event.id and at_its_place else None

    def _following(self, events: Sequence[Recorded | None]) -> list[Recorded]:
        """The events that follow the position, up to the first hole; repeated events are skipped."""
        follows: list[Recorded] = []
        at = self.position
        for event in events:
            if event is None or event.seq > at.seq + 1:
                break
            if event.seq == at.seq + 1:
                if event.previous != at.event:
                    break
                follows.append(event)
                at = Position(event.seq, event.id)
        return follows

    def _passed(self, events: list[Recorded]) -> list[Recorded]:
        self.position = Position(events[-1].seq, events[-1].id)
        return events


async def ask(pulse: Pulse, after: Position, limit: int = 0) -> Page:
    """A page of the producer's log. Raises `AnotherLog` if the log does not have the event of the position."""
    page = await replay(pulse.nats, pulse.producer, Replay(after.seq, limit))
    pulse.head = page.head
    if page.at != after.event:
        raise AnotherLog(pulse.producer, after, page.head)
    return page
