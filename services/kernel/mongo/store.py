"""One service's database: its connection, its indexes, and transactions that are safe to repeat.

Every transaction carries its own proof of having happened (an answer under an idempotency key, a moved cursor, a moved
head), so an unknown commit result is settled by running it once more.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from services.kernel.calendar import moment
from services.kernel.caller import EVERYTHING, OURSELVES, Caller, Scope
from services.kernel.config import Settings
from services.kernel.mongo import driver
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.codec import CODECS
from services.kernel.mongo.driver import (
    ASCENDING,
    MAJORITY,
    SNAPSHOT,
    SNAPSHOT_UNAVAILABLE,
    Database,
    DuplicateKeyError,
    Indexes,
    IndexModel,
    OperationFailure,
    PyMongoError,
    passing,
)
from services.kernel.mongo.transaction import PENDING, Transaction

T = TypeVar("T")

PATIENCE = 8.0
"""Seconds a transaction may go on being retried; less than what a caller waits."""

LOG_INDEXES: Indexes = {
    "log": [
        IndexModel([("seq", ASCENDING)], unique=True, partialFilterExpression={"seq": {"$gt": 0}}),
        IndexModel(PENDING, partialFilterExpression={"seq": 0}),
        IndexModel([("key", ASCENDING), ("version", ASCENDING)], unique=True),
    ],
    "parked": [IndexModel([("producer", ASCENDING), ("seq", ASCENDING)])],
}


class Store:
    """One service's database, opened by the service itself, or else by `user`."""

    def __init__(self, settings: Settings, service: str, *, user: str = "") -> None:
        self._client = driver.connect(settings, user=user or service, application=f"danvan-{service}")
        self.service = service
        self.db = driver.database(self._client, f"{settings.mongo_prefix}_{service}", CODECS)

    def beside(self, service: str) -> Database:
        """Another service's database, for operators: services have no right to it."""
        name = self.db.name.removesuffix(self.service) + service
        return Database(self._client, name, codec_options=CODECS)

    def close(self) -> None:
        self._client.close()

    async def provision(self, indexes: Indexes) -> None:
        for collection, models in {**LOG_INDEXES, **indexes}.items():
            await self.db[collection].create_indexes(list(models))
        epoch = datetime.fromtimestamp(0, UTC)
        await self.db.sequencer.update_one(
            {"_id": "head"}, {"$setOnInsert": {"head": 0, "holder": None, "until": epoch}}, upsert=True
        )

    async def head(self) -> int:
        """The last number that an event of the log has."""
        found = await self.db.sequencer.find_one({"_id": "head"})
        return int(found["head"]) if found else 0

    async def event_at(self, seq: int) -> str:
        """The id of the log's event of that number: tells whether two logs are one. Empty if there is none."""
        found = await self.db.log.find_one({"seq": seq}, {"_id": 1}) if seq else None
        return str(found["_id"]) if found else ""

    async def about(self, collection: str) -> int:
        """How many documents there are, more or less."""
        return await self.db[collection].estimated_document_count()

    async def make(self, what: Unscoped, indexes: Sequence[IndexModel]) -> None:
        """Empty, whatever was there."""
        await self.drop(what)
        await self.db[what.name].create_indexes(list(indexes))

    async def drop(self, what: Unscoped) -> None:
        await self.db[what.name].drop()

    def ours(self) -> Access:
        """Reading in our own name: everything."""
        return self.reading(OURSELVES, EVERYTHING, moment())

    def reading(self, caller: Caller, scope: Scope, at: datetime) -> Access:
        return Access(self.db, caller, scope, at)

    async def snapshot(self, access: Access, read: Callable[[Access], Awaitable[T]]) -> T:
        """All that `read` reads shows one moment of the database. It may be run twice."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                async with await self._client.start_session(snapshot=True) as session:
                    return await read(replace(access, session=session))
            except OperationFailure as error:
                # Where a collection has just been made or dropped, moments before that cannot be read.
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
        """Commits `work` with majority and journal. Raises what `work` raised, then nothing was written.

        `work` may run several times: on a write conflict, and when the result of a commit is unknown.
        """
        until = time.monotonic() + patience
        pause = 0.002
        while True:
            try:
                return await self._once(work, at or moment(), caller, scope)
            except DuplicateKeyError:
                raise
            except PyMongoError as error:
                if not passing(error) or time.monotonic() > until:
                    raise
            await asyncio.sleep(pause * random.random())  # noqa: S311 - spreads colliding writers
            pause = min(pause * 2, 0.5)

    async def _once(
        self, work: Callable[[Transaction], Awaitable[T]], at: datetime, caller: Caller, scope: Scope
    ) -> T:
        async with (
            await self._client.start_session() as session,
            session.start_transaction(read_concern=SNAPSHOT, write_concern=MAJORITY),
        ):
            tx = Transaction(self.db, caller, scope, at, session)
            result = await work(tx)
            if tx.events:
                await self.db.log.insert_many(tx.events, session=session)
            return result
