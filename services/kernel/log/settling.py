"""Settles a reader that is ahead of its producer: brings its copies to what the producer's restored log says.

It reads the log record by record, corrects each stretch of records in a transaction of its own, and sets the cursor to
the end of the log at last. Records that do not differ stay as they are. For operators, who may read both databases. The
reader changes nothing meanwhile: the log does not have the event of its cursor.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from services.kernel.log.inbox import Handler, Heard
from services.kernel.log.parking import Failure, Parking
from services.kernel.log.position import Position
from services.kernel.messages import Event, Recorded, unreadable
from services.kernel.mongo.access import Unscoped
from services.kernel.mongo.driver import ASCENDING, Document, is_transient
from services.kernel.mongo.logged import recorded
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction

AT_ONCE = 500
"""Events corrected in one transaction; more if they are of one record."""
BY_KEY = [("key", ASCENDING), ("version", ASCENDING)]


class Moved(Exception):  # noqa: N818
    """The cursor is not where it was when this began: another process moved it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The producer's records with keys above `after`, up to `until` (None: to the last), with all their events.

    The events come record by record, in the order of versions; only those that the reader has a handler for.
    """

    after: str
    until: str | None
    heard: Sequence[Heard]

    @property
    def keys(self) -> Document:
        """A filter for the keys of the stretch, also of records that the log does not have."""
        return {"$gt": self.after, **({"$lte": self.until} if self.until is not None else {})}

    def records(self) -> Mapping[str, Sequence[Heard]]:
        """The events of each record."""
        found: dict[str, list[Heard]] = {}
        for one in self.heard:
            found.setdefault(one.event.key, []).append(one)
        return found


Settle = Callable[[Stretch, Transaction], Awaitable[int]]
"""Brings the reader's copies of a stretch to what its events say. Returns the number of corrected records."""


def replacing(*collections: Unscoped, handler: Handler) -> Settle:
    """For copies whose id is the record's key: writes them again from the events, and removes those without events.

    Returns the number of those that were removed.
    """

    async def settle(stretch: Stretch, tx: Transaction) -> int:
        known = list(stretch.records())
        lost = 0
        for what in collections:
            copies = tx.unscoped(what)
            lost += await copies.delete({"_id": {**stretch.keys, "$nin": known}})
            await copies.delete({"_id": {"$in": known}})
        await handler(stretch.heard, tx)
        return lost

    return settle


class Settlement:
    """`store`: the reader's database; `log`: the producer's. `reader`: the owner of the cursor."""

    def __init__(
        self, store: Store, log: Store, reader: str, types: Sequence[type[Event]], settle: Settle
    ) -> None:
        self._store = store
        self._log = log
        self._types = {type_.subject: type_ for type_ in types}
        self._settle = settle
        self._id = f"{reader}/{log.service}"
        self._parking = Parking(store, reader, log.service)
        self._left: Document = {}
        self._failures: list[Failure] = []
        self._failed: set[str] = set()
        self.corrected = 0
        self.parked = 0

    async def run(self, progress: Callable[[int, int], None] = lambda done, total: None) -> Position:
        """Returns the position from which the reader continues. `progress`: events read, and all events."""
        stored = await self._store.db.cursors.find_one({"_id": self._id}) or {}
        # As it is stored: an older program noted no event.
        self._left = {"_id": self._id} | {name: stored.get(name) for name in ("seq", "event")}
        lease = await self._log.sequencer_lease()
        end = Position(lease["head"], lease["event"]) if lease else Position()
        async for stretch in self._stretches(end.seq, progress):
            await self._correct(stretch)
        await self._store.transaction(partial(self._finish, end))
        self.parked = len(self._failures)
        return end

    async def _stretches(self, head: int, progress: Callable[[int, int], None]) -> AsyncIterator[Stretch]:
        """Cuts the log into stretches. Notes the events that cannot be read."""
        after, key, heard = "", "", list[Heard]()
        done = 0
        found = self._log.db.log.find({"seq": {"$gt": 0, "$lte": head}}).sort(BY_KEY).hint(BY_KEY)
        async for document in found:
            done += 1
            if done % AT_ONCE == 0:
                progress(done, head)
            one = self._read(recorded(document, "", self._log.service))
            if one is None:
                continue
            if one.event.key != key and len(heard) >= AT_ONCE:
                yield Stretch(after, key, heard)
                after, heard = key, []
            key = one.event.key
            heard.append(one)
        yield Stretch(after, None, heard)
        progress(head, head)

    def _read(self, event: Recorded) -> Heard | None:
        """None if it does not concern the reader, or cannot be read, or comes after such an event of its record."""
        if event.type == unreadable(self._log.service):
            self._fail(event, event.data.get("why", "it cannot be read"))
        elif event.type not in self._types:
            return None
        elif event.key in self._failed:
            self._fail(event, "an earlier event of the same aggregate is parked")
        else:
            try:
                return Heard(event, event.read(self._types[event.type]))
            except msgspec.ValidationError as error:
                self._fail(event, repr(error))
        return None

    def _fail(self, event: Recorded, why: str) -> None:
        self._failures.append(Failure(event, why))
        self._failed.add(event.key)

    async def _correct(self, stretch: Stretch) -> None:
        """When it fails, corrects record by record, so that only the events of the culprit are parked."""

        async def work(tx: Transaction) -> int:
            await self._hold(tx)
            return await self._settle(stretch, tx)

        try:
            self.corrected += await self._store.transaction(work)
        except Moved:
            raise
        except Exception as error:
            if is_transient(error):
                raise
            records = stretch.records()
            if len(records) > 1:
                for part in _apart(stretch):
                    await self._correct(part)
                return
            for one in stretch.heard:
                self._fail(one.recorded, repr(error))

    async def _hold(self, tx: Transaction, **changes: object) -> None:
        """Requires that the cursor is where it was, and collides with any process that moves it."""
        kept = {"$set": {"at": tx.at, **changes}}
        held = await self._store.db.cursors.update_one(self._left, kept, session=tx.session)
        if not held.matched_count:
            raise Moved(self._id)

    async def _finish(self, end: Position, tx: Transaction) -> None:
        await self._hold(tx, seq=end.seq, event=end.event, parked=len(self._failures))
        await self._parking.clear(tx)
        if self._failures:
            await self._parking.add(sorted(self._failures, key=lambda one: one.event.seq), tx)


def _apart(stretch: Stretch) -> Sequence[Stretch]:
    """A stretch for each record; the last one reaches as far as the whole."""
    found, after = list[Stretch](), stretch.after
    records = stretch.records()
    for key, heard in records.items():
        until = stretch.until if len(found) + 1 == len(records) else key
        found.append(Stretch(after, until, heard))
        after = key
    return found
