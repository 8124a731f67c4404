"""Applies a producer's events once each, in order: the cursor moves in the transaction of their effects.

An event whose handler fails is set aside (parked) with its error. Only later events of the same aggregate wait for it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from nats.aio.client import Client

from services.kernel import telemetry
from services.kernel.log.feed import BATCH, Feed
from services.kernel.log.pace import Pace
from services.kernel.messages import Event, Recorded
from services.kernel.mongo.codec import from_document, to_document
from services.kernel.mongo.driver import Document, PyMongoError, is_transient
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction


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
        self.name = f"{name}/{producer}"
        self._cursor = {"_id": self.name}
        self._parked = {"producer": producer, "reader": name}
        self._feed: Feed | None = None
        self._pace = Pace(limit)
        self._pause = pause
        self._ready = ready
        self.producer = producer
        self.position = 0
        """The number of the last event that was applied, parked or ignored. The stored cursor may be behind it."""
        self._kept = 0

    @property
    def lag(self) -> int:
        """Number of the producer's events that this reader knows of and has not passed."""
        return max(0, self._feed.head - self.position) if self._feed else 0

    @property
    def problem(self) -> str | None:
        return self._feed.problem if self._feed else None

    async def run(self, nats: Client) -> None:
        """Follows the producer for ever. While the database is away it waits, then goes on from the cursor."""
        while True:
            try:
                await self._follow(nats)
            except PyMongoError as error:
                if not is_transient(error):
                    raise
                telemetry.log.warning("inbox waits", inbox=self.name, why=type(error).__name__)
                await asyncio.sleep(0.5)

    async def _follow(self, nats: Client) -> None:
        await self._be_ready(0)
        await self.retry_parked()
        cursor = await self._store.db.cursors.find_one(self._cursor)
        self.position = self._kept = cursor["seq"] if cursor else 0
        # A reader with small transactions is slow: it takes batches from the log, not all that waits in the stream.
        self._feed = Feed(nats, self.producer, self.position, sparing=self._pace.most < BATCH)
        async with contextlib.aclosing(self._feed.batches(self._pace.most)) as batches:
            async for events in batches:
                if any(event.type in self._types for event in events):
                    await self.apply(events)
                    await asyncio.sleep(self._pause)
                else:
                    await self._pass_over(events)

    async def apply(self, events: Sequence[Recorded]) -> None:
        """Applies all events, as many in one transaction as it has time for."""
        while events:
            batch = events[: self._pace.size]
            await self._apply_batch(batch)
            events = events[len(batch) :]

    async def _apply_batch(self, events: Sequence[Recorded]) -> None:
        """Applies all events in one transaction; when it fails, one by one, so that only the culprit is parked."""
        await self._be_ready(events[-1].seq)
        try:
            with self._pace.one():
                await self._in_one(events)
        except PyMongoError as error:
            if is_transient(error):
                raise
            await self._apart(events)
        except Exception:
            await self._apart(events)
        self.position = self._kept = events[-1].seq

    async def _be_ready(self, seq: int) -> None:
        if self._ready:
            await self._ready(seq)

    async def _pass_over(self, events: Sequence[Recorded]) -> None:
        """Ignores events without a handler. The cursor moves only in a quiet moment or after many of them."""
        self.position = events[-1].seq if events else self.position
        if self.position > self._kept and (not events or self.position - self._kept > BATCH):
            await self._store.db.cursors.update_one(
                self._cursor, {"$max": {"seq": self.position}}, upsert=True
            )
            self._kept = self.position

    async def retry_parked(self) -> int:
        """Applies parked events again, in order: a newer program may be able to. Returns the number still parked."""
        parked = self._store.db.parked.find(self._parked).sort("seq", 1)
        stuck: set[str] = set()
        left = 0
        async for document in parked:
            event = from_document(document["event"], Recorded)
            if event.key not in stuck and await self._unpark(document, event):
                continue
            stuck.add(event.key)
            left += 1
        return left

    async def _in_one(self, events: Sequence[Recorded]) -> None:
        async def work(tx: Transaction) -> None:
            cursor = await self._store.db.cursors.find_one(self._cursor, session=tx.session)
            passed = cursor["seq"] if cursor else 0
            fresh = [event for event in events if event.seq > passed]
            if not fresh:
                return
            assert fresh[0].seq == max(passed, self.position) + 1, "a feed has no holes"  # noqa: S101
            blocked = await self._blocked(tx)
            for event in fresh:
                if event.key in blocked and event.type in self._types:
                    await self._park(tx, event, "an earlier event of the same aggregate is parked")
            await self._apply(tx, [event for event in fresh if event.key not in blocked])
            await self._move(tx, fresh[-1].seq)

        await self._store.transaction(work)

    async def _apart(self, events: Sequence[Recorded]) -> None:
        for event in events:
            try:
                await self._in_one([event])
            except Exception as error:
                if is_transient(error):
                    raise
                telemetry.log.exception("event parked", type=event.type, seq=event.seq, key=event.key)
                await self._pass_by(event, repr(error))

    async def _pass_by(self, event: Recorded, error: str) -> None:
        async def work(tx: Transaction) -> None:
            cursor = await self._store.db.cursors.find_one(self._cursor, session=tx.session)
            if cursor is None or cursor["seq"] < event.seq:
                await self._park(tx, event, error)
                await self._move(tx, event.seq)

        await self._store.transaction(work)

    async def _unpark(self, document: Document, event: Recorded) -> bool:
        async def work(tx: Transaction) -> None:
            gone = await self._store.db.parked.delete_one({"_id": document["_id"]}, session=tx.session)
            if gone.deleted_count:
                await self._apply(tx, [event])

        try:
            await self._store.transaction(work)
        except Exception as error:
            if is_transient(error):
                raise
            return False
        telemetry.log.info("parked event applied", type=event.type, seq=event.seq)
        return True

    async def _move(self, tx: Transaction, seq: int) -> None:
        await self._store.db.cursors.update_one(
            self._cursor, {"$set": {"seq": seq, "at": tx.at}}, upsert=True, session=tx.session
        )

    async def _blocked(self, tx: Transaction) -> set[str]:
        return {
            d["key"] async for d in self._store.db.parked.find(self._parked, {"key": 1}, session=tx.session)
        }

    async def _park(self, tx: Transaction, event: Recorded, error: str) -> None:
        document = {
            "_id": f"{self.name}/{event.seq}",
            **self._parked,
            "seq": event.seq,
            "key": event.key,
            "error": error[:2000],
            "at": tx.at,
            "event": to_document(event),
        }
        await self._store.db.parked.insert_one(document, session=tx.session)

    async def _apply(self, tx: Transaction, events: Sequence[Recorded]) -> None:
        heard = [Heard(e, e.read(self._types[e.type])) for e in events if e.type in self._types]
        if heard:
            traced = [(e.recorded.type, e.recorded.seq, e.recorded.trace) for e in heard]
            with telemetry.heard(traced, self.name):
                await self._handle(heard, tx)


def each(handlers: Mapping[type[Event], Callable[..., Awaitable[None]]]) -> Handler:
    """A handler for each type, as `async def open_review(event, tx)`. Its events continue the trace of the event."""

    async def handle(heard: Sequence[Heard], tx: Transaction) -> None:
        for one in heard:
            with tx.because(one.recorded):
                await handlers[type(one.event)](one.event, tx)

    return handle
