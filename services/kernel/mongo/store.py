"""One service's database: its connection, its indexes, and transactions that are safe to repeat.

Each transaction writes a mark that shows whether it was committed: an answer under an idempotency key, a moved cursor,
or a moved head. When the result of a commit is unknown, the transaction runs again and finds its mark.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from services.kernel.backdating import Backdating
from services.kernel.calendar import moment
from services.kernel.caller import EVERYTHING, OURSELVES, Caller, Scope
from services.kernel.config import Settings
from services.kernel.messages import Recorded
from services.kernel.mongo import driver
from services.kernel.mongo.access import CURSORS, Access, Unscoped
from services.kernel.mongo.codec import CODECS
from services.kernel.mongo.driver import (
    ASCENDING,
    NAMESPACE_EXISTS,
    SNAPSHOT_UNAVAILABLE,
    Database,
    Document,
    DuplicateKeyError,
    Indexes,
    IndexModel,
    OperationFailure,
    PyMongoError,
    is_transient,
)
from services.kernel.mongo.logged import id_of, recorded
from services.kernel.mongo.transaction import PENDING, Transaction

T = TypeVar("T")

PATIENCE = 8.0
"""Seconds for which a transaction is retried, at most; less than a caller waits."""

LOG_INDEXES: Indexes = {
    "log": [
        IndexModel([("seq", ASCENDING)], unique=True, partialFilterExpression={"seq": {"$gt": 0}}),
        IndexModel(PENDING, partialFilterExpression={"seq": 0}),
        IndexModel([("key", ASCENDING), ("version", ASCENDING)], unique=True),
    ],
    "answers": [IndexModel([("until", ASCENDING)], expireAfterSeconds=0)],
    "parked": [
        IndexModel([("reader", ASCENDING), ("producer", ASCENDING), ("seq", ASCENDING)]),
        IndexModel([("reader", ASCENDING), ("producer", ASCENDING), ("key", ASCENDING)]),
    ],
}


class Fill(NamedTuple):
    """A field that documents of an older program lack, and the expression that computes it from their other fields."""

    collection: str
    field: str
    value: Any


class Store:
    """One service's database. `user`: the MongoDB user, if not the service's own."""

    def __init__(self, settings: Settings, service: str, *, user: str = "") -> None:
        self._client = driver.connect(settings, user=user or service, application=f"danvan-{service}")
        self.service = service
        self._backdating = Backdating(settings.backdated_years, settings.backdated_years_above)
        self.lease = settings.lease
        """Seconds of a lease on a document of the database."""
        self.db = driver.database(self._client, f"{settings.mongo_prefix}_{service}", CODECS)

    def beside(self, service: str) -> Database:
        """Another service's database, for operators: services have no right to it."""
        name = self.db.name.removesuffix(self.service) + service
        return Database(self._client, name, codec_options=CODECS)

    def close(self) -> None:
        self._client.close()

    async def provision(
        self, indexes: Indexes, fills: Sequence[Fill] = (), collections: Iterable[str] = ()
    ) -> None:
        """Creates the indexes and `collections`, and fills fields.

        A backup has only collections that exist, and a restore leaves those alone that the backup does not have.
        """
        for collection in {CURSORS.name, *collections} - {*await self.collections()}:
            try:
                await self.db.command("create", collection)
            except OperationFailure as error:
                if error.code != NAMESPACE_EXISTS:  # another process has just created it
                    raise
        for collection, models in {**LOG_INDEXES, **indexes}.items():
            await self.db[collection].create_indexes(list(models))
        for fill in fills:
            change = [{"$set": {fill.field: fill.value}}]
            await self.db[fill.collection].update_many({fill.field: {"$exists": False}}, change)
        epoch = datetime.fromtimestamp(0, UTC)
        await self.db.sequencer.update_one(
            {"_id": "head"},
            {"$setOnInsert": {"head": 0, "event": "", "holder": None, "until": epoch}},
            upsert=True,
        )

    async def head(self) -> int:
        """Sequence number of the last numbered event of the log; 0 if there is none."""
        found = await self.db.sequencer.find_one({"_id": "head"})
        return int(found["head"]) if found else 0

    async def sequencer_lease(self) -> Document | None:
        """The sequencer's lease, with the last number and its event. `over`: whether it has run out."""
        over = {"$lt": ["$until", "$$NOW"]}
        return await self.db.sequencer.find_one(
            {"_id": "head"}, {"head": 1, "event": 1, "holder": 1, "over": over}
        )

    async def after(self, seq: int, limit: int) -> tuple[str, list[Recorded]]:
        """The id of the log's event with the number `seq`, empty if there is none, and at most `limit` later events."""
        found = self.db.log.find({"seq": {"$gte": max(1, seq)}}).sort("seq", ASCENDING).limit(limit + 1)
        documents = [document async for document in found]
        at = id_of(documents.pop(0)) if documents and documents[0]["seq"] == seq else ""
        before = [at, *map(id_of, documents)]
        return at, [recorded(*both, self.service) for both in zip(documents[:limit], before, strict=False)]

    async def has_after(self, seq: int) -> bool:
        """Whether the log has events after that number, or events without a number."""
        pending = await self.db.log.find_one({"seq": 0}, {"_id": 1}, hint=PENDING)
        return bool(pending or await self.db.log.find_one({"seq": {"$gt": seq}}, {"_id": 1}))

    async def event_at(self, seq: int) -> str:
        """Id of the log's event with this number; empty if there is none. Two logs differ in these ids."""
        found = await self.db.log.find_one({"seq": seq}, {"_id": 1}) if seq else None
        return id_of(found) if found else ""

    async def about(self, collection: str) -> int:
        """Approximate number of documents."""
        return await self.db[collection].estimated_document_count()

    async def collections(self) -> list[str]:
        """The names of all collections."""
        return list(await self.db.list_collection_names())

    async def index(self, what: Unscoped, indexes: Sequence[IndexModel]) -> None:
        """Creates missing indexes, and the collection if there is none."""
        await self.db[what.name].create_indexes(list(indexes))

    async def drop(self, what: Unscoped) -> None:
        await self.db[what.name].drop()

    def ours(self) -> Access:
        """Reading in the name of the service itself: all documents."""
        return self.reading(OURSELVES, EVERYTHING, moment())

    def reading(self, caller: Caller, scope: Scope, at: datetime) -> Access:
        return Access(self.db, caller, scope, at)

    async def snapshot(self, access: Access, read: Callable[[Access], Awaitable[T]]) -> T:
        """The result of `read`, which sees the database as of one moment. It may run several times."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                async with await self._client.start_session(snapshot=True) as session:
                    return await read(replace(access, session=session))
            except OperationFailure as error:
                # Right after a collection was created or dropped, MongoDB cannot read earlier moments of it.
                if error.code != SNAPSHOT_UNAVAILABLE or time.monotonic() > until:
                    raise
            await asyncio.sleep(0.01)

    async def transaction(
        self,
        work: Callable[[Transaction], Awaitable[T]],
        *,
        at: datetime | None = None,
        caller: Caller = OURSELVES,
        scope: Scope = EVERYTHING,
        patience: float = PATIENCE,
    ) -> T:
        """Runs `work` and commits with majority and journal. If `work` raises, nothing is written.

        `work` may run several times: after a write conflict, and when the result of a commit is unknown.
        """
        until = time.monotonic() + patience
        pause = 0.002
        while True:
            try:
                return await self._once(work, at or moment(), caller, scope)
            except DuplicateKeyError:
                raise
            except PyMongoError as error:
                if not is_transient(error) or time.monotonic() > until:
                    raise
            await asyncio.sleep(pause * random.random())  # noqa: S311 - spreads colliding writers
            pause = min(pause * 2, 0.5)

    async def _once(
        self, work: Callable[[Transaction], Awaitable[T]], at: datetime, caller: Caller, scope: Scope
    ) -> T:
        session = driver.begin(self._client)
        tx = Transaction(self.db, caller, scope, at, session, backdating=self._backdating)
        try:
            result = await work(tx)
        except BaseException:
            await driver.abort(session)
            raise
        await driver.commit(session, [(self.db.answers, tx.answers), (self.db.log, tx.events)])
        return result
