"""A producer's heartbeats, as a reader hears them. A reader that hears none does not know how far behind it is."""

import contextlib
import time
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import msgspec
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from services.kernel import telemetry
from services.kernel.calendar import moment
from services.kernel.log.streams import Heartbeat, heartbeat_subject

SHORTEST_SILENCE = 5.0
"""Seconds without a heartbeat that mean nothing: a slow machine."""
MISSED = 5
"""Heartbeats in a row that may be missing, if that takes longer."""


class Pulse:
    """Listens inside `async with`."""

    def __init__(self, nats: Client, producer: str) -> None:
        self.nats = nats
        self.producer = producer
        self.last: Heartbeat | None = None
        self.head = 0
        """The producer's last number, by its last word: a heartbeat or a page of its log."""
        self.heard_at = moment()
        """When the last heartbeat came; before the first one, when this reader began to listen."""
        self.epoch_at = moment()
        """When the first heartbeat of the producer's present epoch came."""
        self._fresh_until = 0.0
        self._subscription: Subscription | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether a heartbeat came lately."""
        return time.monotonic() < self._fresh_until

    @property
    def epoch(self) -> str | None:
        """The producer's epoch, by its last heartbeat; None before the first one."""
        return self.last.epoch if self.last else None

    @property
    def vouches_for_stream(self) -> bool:
        """Whether the producer said lately that its stream is a copy of its log."""
        return self.is_fresh and self.last is not None and self.last.stream_agrees

    @property
    def unknown_since(self) -> datetime | None:
        """The moment since which the end of the log is unknown: the producer is silent, or numbers no event."""
        if not self.is_fresh:
            return self.heard_at
        return self.last.stalled if self.last else None

    async def __aenter__(self) -> Self:
        self._subscription = await self.nats.subscribe(
            heartbeat_subject(self.producer), cb=self._on_heartbeat
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(NatsError):  # without a connection there is no subscription
            if self._subscription:
                await self._subscription.unsubscribe()

    async def _on_heartbeat(self, message: Any) -> None:
        try:
            beat = msgspec.json.decode(message.data, type=Heartbeat)
        except msgspec.DecodeError as error:
            telemetry.log.warning("heartbeat cannot be read", producer=self.producer, why=str(error))
            return
        if beat.epoch != self.epoch:
            self.epoch_at = moment()
        self.last, self.head, self.heard_at = beat, beat.last, moment()
        self._fresh_until = time.monotonic() + max(SHORTEST_SILENCE, MISSED * beat.every)
