"""Applies a producer's events once each, in order: the cursor moves in the transaction of their effects.

Of several processes with the same reader one works, the holder of the cursor's lease; the others stand by. An event
whose handler fails, or that cannot be read, is parked with its error. Only later events of the same record wait for it.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from nats.aio.client import Client

from services.kernel import telemetry
from services.kernel.calendar import moment
from services.kernel.log.cursor import Cursor, LostCursor
from services.kernel.log.feed import BATCH, AnotherLog, Feed, ask
from services.kernel.log.pace import Pace
from services.kernel.log.parking import Failure, Parking
from services.kernel.log.position import Position
from services.kernel.log.pulse import Pulse
from services.kernel.messages import Event, Recorded, Unavailable, unreadable
from services.kernel.mongo.driver import PyMongoError, is_transient
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction

ASK_AGAIN = 2.0
"""Seconds after which a reader whose position the log does not have asks for it again."""
PASSING = 1.0
"""Seconds for which events without a handler pass before the cursor moves."""
RETRIES = 20
"""Parked events that are tried again between two batches: many of them do not hold up new events."""


@dataclass(frozen=True, slots=True)
class Heard:
    recorded: Recorded
    event: Event


Handler = Callable[[Sequence[Heard], Transaction], Awaitable[None]]
Types = Mapping[str, type[Event]]


class Inbox:
    """Follows one producer. `name` is the cursor's owner: a projection can be rebuilt beside the one in use."""

    def __init__(
        self,
        store: Store,
        producer: str,
        types: Types,
        handle: Handler,
        *,
        name: str,
        limit: int = BATCH,
        pause: float = 0.0,
        ready: Callable[[int], Awaitable[object]] | None = None,
    ) -> None:
        """`limit`: events in one transaction, at most. `pause`: seconds after a transaction in which events gather for
        the next one. `ready` is awaited before each transaction, with the number of its last event: a handler
        must not wait inside the transaction.
        """
        self._store = store
        self._types = types
        self._handle = handle
        self._cursor = Cursor(store, f"{name}/{producer}")
        self._parking = Parking(store, name, producer)
        self._pulse: Pulse | None = None
        self._pace = Pace(limit)
        self._pause = pause
        self._ready = ready
        self._stuck: set[str] = set()
        """Keys whose parked events have failed again since this process began to read."""
        self._retried: int | None = 0
        """The number of the last parked event that was tried again; None when all were."""
        self.name = self._cursor.name
        self.producer = producer
        self._at = Position()
        self._standby = False
        self._problem: str | None = None
        self._unsure_since: datetime | None = moment()
        """Since when this reader does not know that the producer's log has the event of its position."""
        self._epoch: str | None = None
        """The producer's epoch in which it knew that last."""

    @property
    def position(self) -> int:
        """The number of the last event that was applied, parked or ignored. The stored cursor may be behind it."""
        return self._at.seq

    @property
    def stored(self) -> int:
        """The number in the cursor, as this process knows it."""
        return self._cursor.position.seq

    @property
    def lag(self) -> int | None:
        """Number of the producer's events that this reader has not passed; None if it is unknown."""
        if self._pulse is None or self.unknown_since:
            return None
        return max(0, self._pulse.head - self.position)

    @property
    def unknown_since(self) -> datetime | None:
        """Since when the lag is unknown: the producer is silent, or its log is another one."""
        if self._unsure_since or self._pulse is None:
            return self._unsure_since
        changed_at = self._pulse.epoch_at if self._pulse.epoch != self._epoch else None
        return self._pulse.unknown_since or changed_at

    @property
    def problem(self) -> str | None:
        """Why its events may not be those of the producer's log. An operator must act."""
        return self._problem

    @property
    def standby(self) -> bool:
        """Whether another process reads for this cursor."""
        return self._standby

    async def run(self, nats: Client) -> None:
        """Follows the producer for ever. While the database is away it waits, then continues from the cursor."""
        async with Pulse(nats, self.producer) as pulse:
            self._pulse = pulse
            try:
                while True:
                    try:
                        await self._take_turn(pulse)
                    except LostCursor as lost:
                        telemetry.log.warning("reader begins again", inbox=self.name, why=str(lost))
                    except AnotherLog as error:
                        self._doubt(str(error))
                        await asyncio.sleep(ASK_AGAIN)
                    except PyMongoError as error:
                        if not is_transient(error):
                            raise
                        telemetry.log.warning("inbox waits", inbox=self.name, why=type(error).__name__)
                        await asyncio.sleep(0.5)
            finally:
                await self._cursor.release()

    def _doubt(self, problem: str) -> None:
        if not self._problem:
            telemetry.log.error("reader is ahead of its producer", inbox=self.name, why=problem)
        self._problem, self._unsure_since = problem, self._unsure_since or moment()

    def _trust(self, epoch: str | None) -> None:
        """The log has the event of the position. `epoch`: the producer's when that was asked."""
        self._problem = self._unsure_since = None
        self._epoch = epoch

    async def _take_turn(self, pulse: Pulse) -> None:
        """Reads while it holds the lease. Waits for a third of a lease if another process holds it."""
        self._standby = not await self._cursor.hold()
        self._at = self._cursor.position
        if self._standby:
            await self._stand_by(pulse)
        else:
            await self._cursor.while_held(self._follow(pulse))

    async def _stand_by(self, pulse: Pulse) -> None:
        if pulse.is_fresh:  # a silent producer would not answer
            epoch = pulse.epoch
            with contextlib.suppress(Unavailable):
                await ask(pulse, self._at)
                self._trust(epoch)
        await asyncio.sleep(self._cursor.lease / 3)

    async def _follow(self, pulse: Pulse) -> None:
        self._stuck, self._retried = set(), 0
        await self._be_ready(0)
        # A reader with small transactions is slow: it takes batches from the log, not all that waits in the stream.
        feed = Feed(pulse, self._at, sparing=self._pace.most < BATCH)
        async with contextlib.aclosing(feed.batches(self._pace.most)) as batches:
            async for events in batches:
                if not feed.confirmed:
                    continue
                self._trust(feed.epoch)
                await self._retry_some()
                if any(map(self._concerns, events)):
                    await self._apply_all(events)
                    await asyncio.sleep(self._pause)
                else:
                    await self._pass_over(events)

    def _concerns(self, event: Recorded) -> bool:
        """Whether it has a handler, or may have had one: an unreadable event may be of any type."""
        return event.type in self._types or event.type == unreadable(self.producer)

    async def _apply_all(self, events: Sequence[Recorded]) -> None:
        """Applies all events, as many in one transaction as it has time for."""
        while events:
            batch = events[: self._pace.size]
            await self._apply_batch(batch)
            events = events[len(batch) :]

    async def _apply_batch(self, events: Sequence[Recorded]) -> None:
        """Applies all events in one transaction; when it fails, one by one, so that only the culprit is parked."""
        assert events[0].seq == self.position + 1, "a feed has no holes"  # noqa: S101
        await self._be_ready(events[-1].seq)
        try:
            with self._pace.one():
                await self._in_one(events)
        except LostCursor:
            raise
        except Exception as error:
            if is_transient(error):
                raise
            await self._apart(events)

    async def _be_ready(self, seq: int) -> None:
        if self._ready:
            await self._ready(seq)

    async def _pass_over(self, events: Sequence[Recorded]) -> None:
        """Ignores events without a handler. The cursor moves in a quiet moment, or once a second."""
        self._at = Position(events[-1].seq, events[-1].id) if events else self._at
        is_due = not events or time.monotonic() > self._cursor.moved_at + PASSING
        if self._at.seq > self._cursor.position.seq and is_due:
            await self._cursor.move(self._at)
            self._cursor.moved(self._at)

    async def _in_one(self, events: Sequence[Recorded], failure: str = "") -> None:
        """Moves the cursor past the events, in one transaction with their effects. `failure`: parks them instead."""
        to = Position(events[-1].seq, events[-1].id)

        async def work(tx: Transaction) -> None:
            # This write comes first: from here to the commit, MongoDB lets no other process take the lease.
            parked = await self._cursor.move(to, tx)
            if parked is None:
                return
            ours = [event for event in events if self._concerns(event)]
            blocked = await self._parking.keys({event.key for event in ours}, tx) if parked else set()
            heard, failures = self._read(ours, blocked, failure)
            if failures:
                await self._parking.add(failures, tx)
                await self._cursor.count_parked(len(failures), tx)
            await self._apply(heard, tx)

        await self._store.transaction(work)
        self._cursor.moved(to)
        self._at = to

    def _read(
        self, events: Sequence[Recorded], blocked: set[str], failure: str
    ) -> tuple[list[Heard], list[Failure]]:
        """The events that can be applied, and those to park. `blocked`: keys with a parked event."""
        heard: list[Heard] = []
        failures: list[Failure] = []
        for event in events:
            why = failure
            if not why and event.key and event.key in blocked:
                why = "an earlier event of the same aggregate is parked"
            if not why:
                try:
                    heard.append(self._heard(event))
                    continue
                except (msgspec.ValidationError, LookupError) as error:
                    why = repr(error)
            telemetry.log.error("event parked", inbox=self.name, type=event.type, seq=event.seq, why=why)
            failures.append(Failure(event, why))
            blocked.add(event.key)
        return heard, failures

    def _heard(self, event: Recorded) -> Heard:
        if event.type not in self._types:
            raise LookupError(event.data.get("why", "it cannot be read"))
        return Heard(event, event.read(self._types[event.type]))

    async def _apart(self, events: Sequence[Recorded]) -> None:
        for event in events:
            try:
                await self._in_one([event])
            except LostCursor:
                raise
            except Exception as error:
                if is_transient(error):
                    raise
                telemetry.log.exception("event fails", type=event.type, seq=event.seq, key=event.key)
                await self._in_one([event], failure=repr(error))

    async def _retry_some(self) -> None:
        """Applies some parked events again, in order: a newer program may be able to."""
        if self._retried is None:
            return
        events = await self._parking.after(self._retried, RETRIES)
        for event in events:
            if event.key in self._stuck or not await self._unpark(event):
                self._stuck.add(event.key)
            self._retried = event.seq
        if len(events) < RETRIES:
            self._retried = None

    async def _unpark(self, event: Recorded) -> bool:
        async def work(tx: Transaction) -> None:
            if await self._parking.remove(event, tx):
                await self._cursor.count_parked(-1, tx)
                await self._apply([self._heard(event)], tx)

        try:
            await self._store.transaction(work)
        except LostCursor:
            raise
        except Exception as error:
            if is_transient(error):
                raise
            return False
        telemetry.log.info("parked event applied", type=event.type, seq=event.seq)
        return True

    async def _apply(self, heard: Sequence[Heard], tx: Transaction) -> None:
        if heard:
            traced = [(e.recorded.type, e.recorded.seq, e.recorded.trace) for e in heard]
            with telemetry.heard(traced, self.name):
                await self._handle(heard, tx)


def each(handlers: Mapping[type[Event], Callable[..., Awaitable[None]]]) -> Handler:
    """A handler for each type, as `async def follow_model(event, tx)`. Its events continue the trace of the event."""

    async def handle(heard: Sequence[Heard], tx: Transaction) -> None:
        for one in heard:
            with tx.because(one.recorded):
                await handlers[type(one.event)](one.event, tx)

    return handle
