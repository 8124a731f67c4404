"""Reading on behalf of a caller: collections in which the caller finds only documents of the caller's scope."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from services.kernel.calendar import day_of
from services.kernel.caller import Caller, Scope
from services.kernel.messages import Recorded, Role
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import (
    DUPLICATE_KEY,
    SNAPSHOT,
    BulkWriteError,
    Collection,
    Database,
    Document,
    DuplicateKeyError,
    Session,
    Write,
)


@dataclass(frozen=True, slots=True)
class Unscoped:
    """A collection that is read without a scope: declared beside its repository, with the reason."""

    name: str
    because: str


class History(NamedTuple):
    """`document`: the unit of the record; None if it is out of scope. `total`: number of events, if counted."""

    document: Document | None
    events: list[Recorded]
    total: int | None


class Documents:
    """The documents of one collection that a caller may see. Documents out of scope are neither found nor written."""

    def __init__(self, access: "Access", name: str, seen: Document) -> None:
        self.access = access
        self._collection: Collection = access._db[name]
        self._seen = seen
        self._session = access.session

    def narrowed(self, filter_: Document) -> Document:
        # Both filters may have the key `within`: hence $and.
        return {"$and": [filter_, self._seen]} if self._seen else filter_

    def find(
        self,
        filter_: Document,
        projection: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
        snapshot: bool = False,
    ) -> AsyncIterator[Document]:
        """`snapshot`: all documents as of one moment, also when others move numbers from one to another meanwhile."""
        collection = self._collection
        if snapshot and self._session is None:  # every session of ours sees one moment
            collection = collection.with_options(read_concern=SNAPSHOT)
        return collection.find(
            self.narrowed(filter_), projection, sort=sort, limit=limit, session=self._session
        )

    async def find_one(self, filter_: Document) -> Document | None:
        return await self._collection.find_one(self.narrowed(filter_), session=self._session)

    async def count(self, filter_: Document) -> int:
        return await self._collection.count_documents(self.narrowed(filter_), session=self._session)

    async def grouped(self, filter_: Document, by: Document) -> list[tuple[Document, int]]:
        """Each group with the number of its documents. `by`: name → expression; a group has the same values of all."""
        steps = [{"$match": self.narrowed(filter_)}, {"$group": {"_id": by, "many": {"$sum": 1}}}]
        groups = self._collection.aggregate(steps, session=self._session)
        return [(group["_id"], group["many"]) async for group in groups]

    async def histories(
        self,
        keys: Sequence[str],
        wanted: Document,
        between: Document | None = None,
        *,
        sort: Sequence[tuple[str, int]],
        limit: int,
        counted: bool = False,
    ) -> "list[History]":
        """For each key, the document's events that match `wanted` and, with their version, `between`.

        `counted`: whether to count all that match `wanted`. A document out of scope has no events.
        """
        found = self.find({"_id": {"$in": list(keys)}}, {"unit": 1, "within": 1})
        seen = {document["_id"]: document async for document in found}
        log = self.access._db.log
        histories: list[History] = []
        for key in keys:
            if key not in seen:
                histories.append(History(None, [], 0))
                continue
            of_key = {"key": key, **wanted}
            part = of_key if between is None else {**of_key, "version": between}
            found = log.find(part, sort=sort, limit=limit, session=self._session)
            events = [from_document(event, Recorded) async for event in found]
            total = await log.count_documents(of_key, session=self._session) if counted else None
            histories.append(History(seen[key], events, total))
        return histories

    async def insert(self, document: Document) -> None:
        self.access.scope.require(_present(document))
        await self._collection.insert_one(document, session=self._session)

    async def insert_many(self, documents: Sequence[Document]) -> None:
        for unit in set(map(_present, documents)):
            self.access.scope.require(unit)
        if not documents:
            return
        try:
            await self._collection.insert_many(documents, session=self._session)
        except BulkWriteError as error:
            # `insert_one` raises a DuplicateKeyError, `insert_many` does not.
            first = (error.details or {}).get("writeErrors", [{}])[0]
            if first.get("code") != DUPLICATE_KEY:
                raise
            raise DuplicateKeyError(first["errmsg"], DUPLICATE_KEY, first) from error

    async def replace(self, filter_: Document, document: Document, *, moving: bool = False) -> int:
        """Number of replaced documents, 1 or 0. The unit of a document does not change.

        `moving`: it may change, to a unit in the scope.
        """
        if moving:
            self.access.scope.require(_present(document))
        else:
            filter_ = {**filter_, "unit": document["unit"]}
        seen = self.narrowed(filter_)
        replaced = await self._collection.replace_one(seen, document, session=self._session)
        return replaced.modified_count


class Open(Documents):
    """A collection that was declared `Unscoped`."""

    async def write(self, writes: Sequence[Write], *, ordered: bool = True) -> None:
        await self._collection.bulk_write(writes, ordered=ordered, session=self._session)

    async def delete(self, filter_: Document) -> int:
        """Number of deleted documents."""
        deleted = await self._collection.delete_many(filter_, session=self._session)
        return deleted.deleted_count


CURSORS = Unscoped("cursors", "the position of a reader says nothing about any unit")
PARKED = Unscoped("parked", "only the number of parked events is shown")


@dataclass(frozen=True, slots=True)
class Access:
    """Reading on behalf of a caller: scoped collections, and collections that are declared to need no scope."""

    _db: Database
    caller: Caller
    scope: Scope
    at: datetime
    session: Session | None = None

    @property
    def today(self) -> date:
        return day_of(self.at)

    def documents(self, name: str) -> Documents:
        """The documents of units in the scope. Each document keeps the segments of its unit's path in `within`."""
        return Documents(self, name, self.scope.filter())

    def personal(self, name: str, *overseers: Role) -> Documents:
        """The documents that name the caller in `persons`, and those of units where the caller is an overseer."""
        if self.scope.units is None:
            return self.documents(name)
        own: Document = {"persons": self.caller.id}
        units = self.caller.units(overseers, self.today)
        return Documents(self, name, {"$or": [own, Scope(units).filter()]} if units else own)

    def unscoped(self, what: Unscoped) -> Open:
        return Open(self, what.name, {})

    def sees(self, roles: frozenset[Role]) -> bool | frozenset[str]:
        """Where the caller holds one of the roles: True for the whole scope, False for nowhere, or these units."""
        if self.scope.units is None:
            return True
        units = self.caller.units(roles, self.today, reads=True)
        return self.scope.units <= units or (units or False)


def _present(document: Document) -> str:
    """Path of the unit under which the document's record lives: the last one to which it was handed over, if any."""
    homes = document.get("homes")
    return str(homes[-1]["path"] if homes else document["unit"])
