"""Documents in MongoDB: transactions that are safe to repeat, the log of events, and nothing of any feature.

The one module that imports the driver. Every transaction carries its own proof of having happened (an answer under an
idempotency key, a moved cursor, a moved head), so an unknown commit result is settled by running it once more.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from bson import Decimal128, ObjectId
from bson.codec_options import CodecOptions, TypeCodec, TypeRegistry
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne, ReadPreference, ReplaceOne, UpdateOne
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from services.kernel import telemetry
from services.kernel.aggregate import Aggregate
from services.kernel.calendar import VIETNAM, day_of, moment
from services.kernel.caller import EVERYTHING, OURSELVES, Caller, Scope
from services.kernel.config import Settings
from services.kernel.credentials import mongo_login
from services.kernel.kinds import Kind, Noun
from services.kernel.messages import Event, Recorded, Refused, Role
from services.kernel.rows import Columns, Row

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "PENDING",
    "DuplicateKeyError",
    "IndexModel",
    "InsertOne",
    "PyMongoError",
    "ReplaceOne",
    "UpdateOne",
    "passing",
]

Document = dict[str, Any]
Database = AsyncIOMotorDatabase[Document]
Session = AsyncIOMotorClientSession
Write = InsertOne[Document] | ReplaceOne[Document] | UpdateOne
T = TypeVar("T")
S = TypeVar("S", bound=Aggregate)

SNAPSHOT_UNAVAILABLE, DUPLICATE_KEY = 246, 11000
"""MongoDB's error codes."""
PATIENCE = 8.0
"""Seconds a transaction may go on being retried; less than what a caller waits."""

MOST_TOLD = 10
"""Changes that a refusal tells of, the newest; there may have been more."""

Indexes = Mapping[str, Sequence[IndexModel]]

PENDING = [("recorded_at", ASCENDING), ("version", ASCENDING)]
"""The order in which committed events are numbered, and their index: without naming it no query of them finds it."""

LOG_INDEXES: Indexes = {
    "log": [
        IndexModel([("seq", ASCENDING)], unique=True, partialFilterExpression={"seq": {"$gt": 0}}),
        IndexModel(PENDING, partialFilterExpression={"seq": 0}),
        IndexModel([("key", ASCENDING), ("version", ASCENDING)], unique=True),
    ],
    "parked": [IndexModel([("producer", ASCENDING), ("seq", ASCENDING)])],
}


class _Decimals(TypeCodec):
    python_type = Decimal
    bson_type = Decimal128

    def transform_python(self, value: Any) -> Any:
        return Decimal128(value)

    def transform_bson(self, value: Any) -> Any:
        return value.to_decimal()


CODECS: CodecOptions[Document] = CodecOptions(tz_aware=True, type_registry=TypeRegistry([_Decimals()]))


def new_id(kind: Kind) -> str:
    """An id that no other record has. Later ids of a kind sort after earlier ones, to the second."""
    return kind.id(str(ObjectId()))


def to_document(value: msgspec.Struct) -> Document:
    """Moments and decimals as MongoDB's own types, days as ISO text, which sorts as they do."""
    document: Document = msgspec.to_builtins(value, builtin_types=(datetime, Decimal))
    if "id" in document:
        document = {"_id": document.pop("id"), **document}
    return document


def from_document(document: Document, type_: type[T]) -> T:
    if "_id" in document:
        document = {"id": document["_id"], **document}
    return msgspec.convert(document, type_)


@dataclass(frozen=True, slots=True)
class Unscoped:
    """A collection that is not of this or that unit: declared where it is kept, with the reason."""

    name: str
    because: str


class Documents:
    """A collection as far as its asker may see it: what lies outside is not there, and nothing is put there."""

    def __init__(self, access: "Access", name: str, seen: Document) -> None:
        self.access = access
        self._collection: AsyncIOMotorCollection[Document] = access._db[name]
        self._seen = seen
        self._session = access.session

    def narrowed(self, filter_: Document) -> Document:
        # Both may ask for `within`: hence $and.
        return {"$and": [filter_, self._seen]} if self._seen else filter_

    def find(
        self,
        filter_: Document,
        projection: Mapping[str, int] | None = None,
        *,
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
    ) -> AsyncIterator[Document]:
        return self._collection.find(
            self.narrowed(filter_), projection, sort=sort, limit=limit, session=self._session
        )

    async def find_one(self, filter_: Document) -> Document | None:
        return await self._collection.find_one(self.narrowed(filter_), session=self._session)

    async def count(self, filter_: Document) -> int:
        return await self._collection.count_documents(self.narrowed(filter_), session=self._session)

    async def grouped(self, filter_: Document, by: Document) -> list[tuple[Document, int]]:
        """How many there are of each kind. `by`: what makes a kind, names → expressions over stored fields."""
        steps = [{"$match": self.narrowed(filter_)}, {"$group": {"_id": by, "many": {"$sum": 1}}}]
        groups = self._collection.aggregate(steps, session=self._session)
        return [(group["_id"], group["many"]) async for group in groups]

    async def histories(
        self, keys: Sequence[str], wanted: Document, *, sort: Sequence[tuple[str, int]], limit: int
    ) -> list[tuple[Document | None, list[Recorded]]]:
        """Of each that may be seen, its unit and its events that are `wanted`; nothing of any other."""
        found = self.find({"_id": {"$in": list(keys)}}, {"unit": 1, "within": 1})
        seen = {document["_id"]: document async for document in found}
        histories: list[tuple[Document | None, list[Recorded]]] = []
        for key in keys:
            events: list[Recorded] = []
            if key in seen:
                log = self.access._db.log.find(
                    {"key": key, **wanted}, sort=sort, limit=limit, session=self._session
                )
                events = [from_document(event, Recorded) async for event in log]
            histories.append((seen.get(key), events))
        return histories

    async def insert(self, document: Document) -> None:
        self.access.scope.require(document["unit"])
        await self._collection.insert_one(document, session=self._session)

    async def insert_many(self, documents: Sequence[Document]) -> None:
        for unit in {document["unit"] for document in documents}:
            self.access.scope.require(unit)
        if not documents:
            return
        try:
            await self._collection.insert_many(documents, session=self._session)
        except BulkWriteError as error:
            # One insert says so by a class of its own, many do not.
            first = (error.details or {}).get("writeErrors", [{}])[0]
            if first.get("code") != DUPLICATE_KEY:
                raise
            raise DuplicateKeyError(first["errmsg"], DUPLICATE_KEY, first) from error

    async def replace(self, filter_: Document, document: Document) -> int:
        """How many there were to replace, 1 or 0. A document stays in its unit."""
        seen = self.narrowed({**filter_, "unit": document["unit"]})
        replaced = await self._collection.replace_one(seen, document, session=self._session)
        return replaced.modified_count


class Open(Documents):
    """A collection that was declared `Unscoped`."""

    async def write(self, writes: Sequence[Write], *, ordered: bool = True) -> None:
        await self._collection.bulk_write(writes, ordered=ordered, session=self._session)

    async def delete(self, filter_: Document) -> None:
        await self._collection.delete_many(filter_, session=self._session)


CURSORS = Unscoped("cursors", "how far a reader has come says nothing of any unit")
PARKED = Unscoped("parked", "of what a reader could not apply only the number is told")


@dataclass(frozen=True, slots=True)
class Access:
    """Reading on behalf of a caller. Whatever can be had from it is in the caller's scope, or declared to need none."""

    _db: Database
    caller: Caller
    scope: Scope
    at: datetime
    session: Session | None = None

    @property
    def today(self) -> date:
        return day_of(self.at)

    def documents(self, name: str) -> Documents:
        """Those made under a unit of the scope; each keeps its unit's path in `within`."""
        return Documents(self, name, self.scope.filter())

    def personal(self, name: str, *overseers: Role) -> Documents:
        """Those that name the caller in `persons`, and those in units where the caller is one of the overseers."""
        if self.scope.units is None:
            return self.documents(name)
        own: Document = {"persons": self.caller.id}
        units = self.caller.units(overseers, self.today)
        return Documents(self, name, {"$or": [own, Scope(units).filter()]} if units else own)

    def unscoped(self, what: Unscoped) -> Open:
        return Open(self, what.name, {})

    def sees(self, roles: frozenset[Role]) -> bool | frozenset[str]:
        """Where the caller holds one of the roles: in the whole scope, nowhere, or in these units."""
        if self.scope.units is None:
            return True
        units = self.caller.units(roles, self.today)
        return self.scope.units <= units or (units or False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction(Access):
    """Reading and writing, all or nothing. It may be run twice: what uses it keeps no state of its own."""

    events: list[Document] = field(default_factory=list)
    cause: list[Recorded] = field(default_factory=list)

    def log(self, event: Event, *, not_before: datetime | None = None) -> None:
        """Announces `event`, in this transaction. `not_before`: when the aggregate's previous event was recorded."""
        cause = self.cause[-1] if self.cause else None
        recorded_at = max(self.at, not_before or self.at)
        self.events.append(
            {
                "_id": str(ObjectId()),
                "seq": 0,
                "key": event.key,
                "version": event.version,
                "type": event.subject,
                # Versions of one aggregate rise with (recorded_at, version) whatever the clocks of two processes say:
                # the sequencer numbers in that order.
                "recorded_at": recorded_at,
                "caller": cause.caller if cause else self.caller.id,
                "trace": telemetry.traceparent(),
                "cause": cause.id if cause else None,
                "data": msgspec.to_builtins(event),
            }
        )

    async def number(self, ids: Sequence[str], first: int) -> int:
        """The only edit an event ever sees: its sequence number. Returns how many had none."""
        if not ids:
            return 0
        # One update for all of them: 500 single ones take 94 ms, this 37.
        seq = {"$add": [{"$indexOfArray": [list(ids), "$_id"]}, first]}
        numbered = await self._db.log.update_many(
            {"_id": {"$in": list(ids)}, "seq": 0}, [{"$set": {"seq": seq}}], session=self.session
        )
        return numbered.modified_count

    @contextmanager
    def because(self, recorded: Recorded) -> Iterator[None]:
        """What is logged inside was caused by this event, and goes on with its trace."""
        self.cause.append(recorded)
        try:
            with telemetry.resumed(recorded.trace):
                yield
        finally:
            self.cause.pop()


class Store:
    """One service's database, opened by the service itself, or else by `user`."""

    def __init__(self, settings: Settings, service: str, *, user: str = "") -> None:
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            settings.mongo,
            **mongo_login(settings, user or service),
            tz_aware=True,
            appname=f"danvan-{service}",
            serverSelectionTimeoutMS=2000,
            connectTimeoutMS=2000,
            # A half-open connection to a killed server must not hold a request for minutes.
            socketTimeoutMS=20000,
            maxPoolSize=64,
        )
        self.service = service
        self.db: Database = self._client.get_database(
            f"{settings.mongo_prefix}_{service}",
            codec_options=CODECS,
            write_concern=WriteConcern("majority", j=True),
            read_concern=ReadConcern("majority"),
            read_preference=ReadPreference.PRIMARY,
        )

    def beside(self, service: str) -> Database:
        """Another service's database, for operators: services have no right to it."""
        return self._client.get_database(self.db.name.removesuffix(self.service) + service, CODECS)

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
            session.start_transaction(
                read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True)
            ),
        ):
            tx = Transaction(self.db, caller, scope, at, session)
            result = await work(tx)
            if tx.events:
                await self.db.log.insert_many(tx.events, session=session)
            return result


def not_found(noun: Noun, key: str) -> Refused:
    return Refused(
        f"{noun.field}-not-found",
        noun.field,
        vi=f"Không tìm thấy {noun.vi} “{key[:60]}”.",
        en=f"There is no {noun.en} “{key[:60]}”.",
    )


class Aggregates(Generic[S]):
    """One kind of aggregate, written with its event. None of the methods decides anything."""

    collection: ClassVar[str]
    kind: ClassVar[Kind]
    noun: ClassVar[Noun | None] = None
    """Set where an input field does not call it by its kind."""
    columns: ClassVar[Columns]
    """What is shown of it."""
    state: type[S]

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._documents = self.seen(tx)

    @classmethod
    def seen(cls, access: Access) -> Documents:
        """Those of the kind that may be seen."""
        return access.documents(cls.collection)

    @classmethod
    def missing(cls, key: str) -> Refused:
        """How a caller is told that there is none; the same whether it is absent or out of scope."""
        return not_found(cls.noun or cls.kind, key)

    async def add(self, state: S, event: Event) -> Row:
        document = self._document(state, self._tx.at)
        await self._documents.insert(document)
        self._tx.log(event)
        return self.columns.whole(document, self._tx.sees)

    async def add_many(self, items: Iterable[tuple[S, Sequence[Event]]]) -> None:
        """New ones, each with the events that led to it, from its first: all of them or, when one is refused, none.

        They show nothing by which a transaction of unknown outcome could be told to have happened: whoever adds many
        writes a mark of their own in the same transaction, and looks for it first. Some 1,000 at a time is enough:
        MongoDB ends a transaction after a minute.
        """
        documents = []
        for state, events in items:
            if [(e.key, e.version) for e in events] != [(state.id, v + 1) for v in range(state.version)]:
                raise ValueError(f"{state.id}: these events do not lead to version {state.version}")
            documents.append(self._document(state, self._tx.at))
            for event in events:
                self._tx.log(event)
        await self._documents.insert_many(documents)

    async def get(self, key: str) -> S:
        return from_document(await self._load(key), self.state)

    async def update(
        self, key: str, change: Callable[[S], tuple[S, Event]], *, expected: int | None = None
    ) -> Row:
        """Load, `change`, save. MongoDB may ask for a second run, so `change` must be pure.

        `expected`: the version whose change is wanted. Should it be another by now, the refusal tells what happened.
        """
        document = await self._load(key)
        if expected is not None and expected != document["version"]:
            raise await self._changed_meanwhile(key, document["version"], expected)
        state, event = change(from_document(document, self.state))
        recorded_at = max(self._tx.at, document["recorded_at"])
        changed = self._document(state, recorded_at)
        replaced = await self._documents.replace({"_id": key, "version": document["version"]}, changed)
        assert replaced == 1, "a snapshot cannot change under its transaction"  # noqa: S101
        self._tx.log(event, not_before=recorded_at)
        return self.columns.whole(changed, self._tx.sees)

    def told(self, recorded: Recorded) -> tuple[str, str]:
        """What an event did, in Vietnamese and in English, for whoever may change the aggregate."""
        return recorded.type, recorded.type

    async def _changed_meanwhile(self, key: str, version: int, expected: int) -> Refused:
        since = {"version": {"$gt": expected}}
        newest = [("version", DESCENDING)]
        ((_, events),) = await self._documents.histories([key], since, sort=newest, limit=MOST_TOLD)
        done = [(event, *self.told(event)) for event in reversed(events)]
        told_vi = "; ".join(f"{vi}, do {e.caller}, lúc {_local(e.recorded_at)}" for e, vi, _ in done)
        told_en = "; ".join(f"{en}, by {e.caller}, at {e.recorded_at:%Y-%m-%d %H:%M}Z" for e, _, en in done)
        vi = f"Đang ở phiên bản {version}, không phải {expected}"
        en = f"It is at version {version}, not {expected}"
        return Refused(
            "changed-meanwhile",
            "expectedVersion",
            vi=f"{vi}. Từ đó đã có: {told_vi}." if done else f"{vi}.",
            en=f"{en}. Since then: {told_en}." if done else f"{en}.",
        )

    async def _load(self, key: str) -> Document:
        document = await self._documents.find_one({"_id": key})
        if document is None:
            raise self.missing(key)
        return document

    def _document(self, state: S, recorded_at: datetime) -> Document:
        within = state.unit.strip("/").split("/")
        return {**to_document(state), "within": within, "recorded_at": recorded_at}


def _local(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"


def passing(error: BaseException) -> bool:
    """The database's trouble, not the request's: worth doing again as it is."""
    return isinstance(error, ConnectionFailure) or (
        isinstance(error, PyMongoError)
        and (
            error.has_error_label("TransientTransactionError")
            or error.has_error_label("UnknownTransactionCommitResult")
        )
    )


def recorded(document: Mapping[str, Any]) -> Recorded:
    return from_document(dict(document), Recorded)
