"""The events of one producer after a position: in order, without holes, for ever.

FastStream is not used here. It would keep acknowledgements in NATS, which loses them with its store, and it would wait
for a full batch. Here the reader keeps its own position, and the consumer in NATS begins there. When events are
missing, the feed drops the consumer and asks the producer, whose log is the truth.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import Error as JetStreamError

from services.kernel import telemetry
from services.kernel.log import arrivals, streams
from services.kernel.log.replay import Replay, replay
from services.kernel.log.streams import Heartbeat, heartbeat_subject
from services.kernel.messages import Recorded, Unavailable

BATCH = 2000
"""Most events applied in one transaction: counting 500 at a time is a third slower."""
QUIET = 0.5
"""Seconds without an event after which the feed compares its position with the producer's heartbeat."""

AHEAD = "at event {}, ahead of {}, whose log ends at {}: its database is older than ours, rebuild the reader's data"


class Feed:
    def __init__(self, nats: Client, producer: str, after: int, *, sparing: bool = False) -> None:
        """`sparing`: for a slow reader, one of many. It asks the log for a batch at a time: a stream would send up to
        128 MB ahead.
        """
        self._nats = nats
        self._js: JetStreamContext = nats.jetstream(timeout=5)
        self._producer = producer
        self._sparing = sparing
        self.position = after
        self.head = after
        """The producer's last number that this reader knows of."""
        self.problem: str | None = None
        """Why the position cannot be right. An operator must act."""
        self._at_heartbeat = 0

    async def batches(self, limit: int = BATCH) -> AsyncGenerator[list[Recorded], None]:
        """Batches of at most `limit` events, for ever. Each batch follows the one before it.

        An empty batch means that no event came for `QUIET` seconds.
        """
        heard = await self._nats.subscribe(heartbeat_subject(self._producer), cb=self._on_heartbeat)
        sources = (self._log, self._stream) if self._sparing else (self._stream, self._log)
        try:
            while True:
                try:
                    for source in sources:
                        async with contextlib.aclosing(source(limit)) as found:
                            async for events in found:
                                yield events
                except (TimeoutError, NatsError, JetStreamError, Unavailable, OSError) as error:
                    telemetry.log.warning(
                        "feed waits", producer=self._producer, at=self.position, why=repr(error)
                    )
                    await asyncio.sleep(0.2)
        finally:
            with contextlib.suppress(NatsError):
                await heard.unsubscribe()

    async def _on_heartbeat(self, message: Any) -> None:
        last = msgspec.json.decode(message.data, type=Heartbeat).last
        self.head = max(self.head, last)
        # A heartbeat may be older than the newest event, but not older than the position at the heartbeat before.
        ahead = self._at_heartbeat > last
        if ahead and not self.problem:
            telemetry.log.error("reader is ahead of its producer", producer=self._producer, at=self.position)
        self.problem = AHEAD.format(self.position, self._producer, last) if ahead else None
        self._at_heartbeat = self.position

    async def _stream(self, limit: int) -> AsyncGenerator[list[Recorded], None]:
        """Events from the stream, until one is missing or the stream is silent though the producer has newer ones."""
        subscription = await self._js.subscribe(
            streams.subjects(self._producer),
            stream=streams.name(self._producer),
            manual_ack=True,
            pending_bytes_limit=-1,
            config=ConsumerConfig(
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=self.position + 1,
                ack_policy=AckPolicy.NONE,
                mem_storage=True,
                num_replicas=1,
                flow_control=True,
                idle_heartbeat=5,
                inactive_threshold=30,
            ),
        )
        try:
            info = await subscription.consumer_info()
            if info.delivered:
                self.head = max(self.head, info.delivered.stream_seq + (info.num_pending or 0))
            while not (self._sparing and subscription.pending_msgs > limit):
                try:
                    messages = await arrivals.batch(subscription, limit, within=QUIET)
                except TimeoutError:
                    if self.head > self.position:
                        return
                    yield []
                    continue
                events = [msgspec.json.decode(m.data, type=Recorded) for m in messages]
                follows = self._following(events)
                if follows:
                    yield self._passed(follows)
                if events[-1].seq > self.position:
                    telemetry.log.warning("hole in stream", producer=self._producer, after=self.position)
                    return
        finally:
            # Without a connection it fails, and NATS drops an inactive consumer itself.
            with contextlib.suppress(NatsError, JetStreamError, asyncio.TimeoutError):
                await subscription.unsubscribe()

    async def _log(self, limit: int) -> AsyncGenerator[list[Recorded], None]:
        """The events of the producer's log after the position."""
        while True:
            page = await replay(self._nats, self._producer, Replay(self.position, limit))
            events = page.events
            if not events:
                return
            telemetry.log.info("replayed", producer=self._producer, after=self.position, events=len(events))
            yield self._passed(events)

    def _following(self, events: Sequence[Recorded]) -> list[Recorded]:
        """The events that follow the position without a hole; repeated events are skipped."""
        follows: list[Recorded] = []
        for event in events:
            if event.seq == self.position + len(follows) + 1:
                follows.append(event)
        return follows

    def _passed(self, events: list[Recorded]) -> list[Recorded]:
        self.position = events[-1].seq
        self.head = max(self.head, self.position)
        return events
