"""Publishes a service's public events: numbers them in the order of the log, and copies them to their stream.

Every process of the service fills the stream. NATS accepts each number once, so several processes can do so at once.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError

from services.kernel import telemetry
from services.kernel.log.inbox import Heard
from services.kernel.messages import Recorded
from services.kernel.mongo.driver import PyMongoError
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.public import cloudevents, published, stream
from services.kernel.public.events import PublicEvent

PAGE = 500
"""Most events sent to NATS together."""
LOOK = 1.0
"""Seconds between two comparisons of the stream with the database. The stream may have been deleted."""
SOON = 0.005
"""Seconds between two reads while a transaction with new events is about to be committed."""
AGAIN = 0.2
"""Seconds between two attempts while NATS or the database does not answer."""
SILENCE = 5.0
"""Seconds without progress after which `/readyz` shows a problem."""
_AWAY = (TimeoutError, NatsError, JetStreamError, PyMongoError, OSError)

Tell = Callable[[Sequence[Heard], Transaction], Awaitable[Sequence[tuple[Recorded, PublicEvent]]]]


class Publisher:
    """`tell`: makes the public events from internal ones. The publisher is also a `Reader`, for `/readyz`."""

    def __init__(self, store: Store, tell: Tell) -> None:
        self._store = store
        self._tell = tell
        self._service = store.service
        self._js: JetStreamContext | None = None
        self._more = asyncio.Event()
        self._expected = 0
        self._head = 0
        self._tail: int | None = None
        self._look_at = 0.0
        self._filled_at = time.monotonic()
        self._why = ""
        self._disagreement: str | None = None
        self.name = f"public stream/{self._service}"
        self.unknown_since: datetime | None = None
        self.standby = False

    @property
    def lag(self) -> int | None:
        """Number of public events that the stream lacks; None while NATS or the database does not answer."""
        return None if self._tail is None else max(0, max(self._head, self._expected) - self._tail)

    @property
    def problem(self) -> str | None:
        """Why the stream lacks events. An operator must act."""
        waited = time.monotonic() - self._filled_at
        if self._disagreement or not self._js or waited < SILENCE:
            return self._disagreement
        return f"the public stream was not filled for {waited:.0f} s: {self._why or 'NATS does not answer'}"

    async def publish(self, heard: Sequence[Heard], tx: Transaction) -> None:
        """Handles the service's internal events: makes, numbers and keeps their public events."""
        if told := await self._tell(heard, tx):
            self._expected = await published.publish(told, self._service, tx)
            self._more.set()

    async def ready(self, _: int) -> None:
        """Waits until events can be numbered: a restored database first gets back the events in the stream."""
        while True:
            try:
                if self._js and await self._agree(self._js, await stream.last(self._js, self._service)):
                    return
            except _AWAY as error:
                telemetry.log.warning("public events wait", why=repr(error))
            await asyncio.sleep(AGAIN)

    async def run(self, nats: Client) -> None:
        """Keeps the stream filled, until it is cancelled."""
        self._js = stream.reached(nats)
        while True:
            try:
                await self._fill(self._js)
            except _AWAY as error:
                self._tail, self._why = None, repr(error)
                telemetry.log.warning("public stream waits", why=self._why)
                await asyncio.sleep(AGAIN)
                continue
            # Not wait_for: in Python 3.11 it ignores a cancellation that comes together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._more.wait()
            self._more.clear()

    async def _fill(self, js: JetStreamContext) -> None:
        """Appends the events after the stream's tail, and those whose transaction is about to be committed."""
        if self._tail is None or time.monotonic() >= self._look_at:
            tail = await stream.last(js, self._service)
            if tail != self._tail and not await self._agree(js, tail):
                return
            self._tail, self._look_at = tail, time.monotonic() + LOOK
        while True:
            events = await published.after(self._store.ours(), self._tail, PAGE)
            if events:
                await self._append(js, events)
                self._tail = self._head = events[-1].id
                self._filled_at = time.monotonic()
            elif self._expected > self._tail and time.monotonic() < self._look_at:
                await asyncio.sleep(SOON)
            else:
                self._filled_at = time.monotonic()
                return

    async def _append(self, js: JetStreamContext, events: Sequence[published.Published]) -> None:
        def sent(event: published.Published) -> Awaitable[Any]:
            headers = cloudevents.headers(event, self._service)
            headers["Nats-Expected-Last-Sequence"] = str(event.id - 1)
            return js.publish(event.type, cloudevents.body(event), headers=headers)

        for ack in await asyncio.gather(*map(sent, events), return_exceptions=True):
            if isinstance(ack, BaseException):
                raise ack

    async def _agree(self, js: JetStreamContext, tail: int) -> bool:
        """Whether the database has the stream's last event under its number. `tail`: that number.

        A restored database gets back the events that it lacks.
        """
        head = await published.last(self._store.ours())
        if head == tail == self._tail:
            return True  # nothing was added or lost since it agreed
        if tail > head:
            await self._take_back(js, head, tail)
        kept = await published.at(self._store.ours(), tail) if tail else None
        told = await self._told(js, tail) if tail else None
        agrees = not tail or bool(kept and (told is None or kept.event == told.event))
        self._disagreement = (
            None
            if agrees
            else f"number {tail} of the public stream is not the event of that number in the database: "
            "delete the stream, it is filled again"
        )
        self._head = max(head, tail)
        return agrees

    async def _take_back(self, js: JetStreamContext, head: int, tail: int) -> None:
        telemetry.log.warning("public events restored from their stream", after=head, until=tail)
        for first in range(head + 1, tail + 1, PAGE):
            numbers = range(first, min(first + PAGE, tail + 1))
            events = [event for number in numbers if (event := await self._told(js, number))]
            await self._store.transaction(partial(published.keep, events))

    async def _told(self, js: JetStreamContext, number: int) -> published.Published | None:
        """The event with this number in the stream; None if it was purged, or if Danvan did not send it."""
        with contextlib.suppress(JetStreamError, KeyError, ValueError):
            message = await js.get_msg(stream.name(self._service), seq=number)
            return cloudevents.read(number, message.headers or {}, message.data or b"")
        return None
