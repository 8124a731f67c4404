"""Relations in MongoDB, and the data of models that are compared."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from services.directory.unit_names import Names
from services.kernel.kinds import Noun
from services.kernel.messages import Event
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.mongo.repository import Repository
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import ByOwners, Columns, Computed, Row, Rows
from services.kernel.units import UnitPath
from services.registration.models.repository import Models
from services.registration.organisations.repository import Organisations, kept
from services.registration.relations.domain import Relation, Side, pair_of
from services.registration.relations.messages import (
    RELATION,
    RelationRow,
    RelationsPage,
    RelationState,
)

COLLECTION = "relations"

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("state", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("kind", ASCENDING), NEWEST]),
        IndexModel([("models", ASCENDING), NEWEST]),
        IndexModel([("pair", ASCENDING)], unique=True),
    ]
}
READ = dict.fromkeys(("title", "owner", "unit", "year", "drafted_on"), 1)


class OtherModels(Models):
    """Models as the second side of a relation: refusals name the input field `other`."""

    noun = Noun("other", "mô hình kia", "other model")


class Relations(Repository[Relation]):
    collection = COLLECTION
    kind = RELATION
    columns = Columns(RelationRow, RELATION, unit=Computed(("unit",), lambda path: UnitPath(path).unit))
    state = Relation

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)
        self._fresh: list[Document] = []

    async def of(self, models: Iterable[str]) -> dict[str, Relation]:
        """All relations of these models, by pair."""
        found = await self.find({"models": {"$in": sorted(models)}})
        return {relation.pair: relation for relation in found}

    async def between(self, model: str, other: str) -> list[Relation]:
        """The relation between the two, if any."""
        return await self.find({"pair": pair_of(model, other)})

    async def put(self, relation: Relation, event: Event) -> Row:
        """Adds the relation, or saves its next version."""
        return await (self.add if relation.version == 1 else self.save)(relation, event)

    async def put_later(self, relation: Relation, event: Event) -> None:
        """Like `put`, but `flush` writes all new relations in one command."""
        if relation.version == 1:
            self._fresh.append(self._document(relation, self._tx.at))
            self._recorded[relation.id] = self._tx.at
            self._tx.log(event)
        else:
            await self.flush()
            await self.put(relation, event)

    async def flush(self) -> None:
        fresh, self._fresh = self._fresh, []
        await self._documents.insert_many(fresh)


class Sides:
    """Reads the data by which models are compared, each model once."""

    def __init__(self, access: Access, names: Names) -> None:
        self._models = Models.seen(access)
        self._organisations = Organisations.seen(access)
        self._names = names
        self._access = access
        self._kinds: dict[str, str] = {}
        self._kept: dict[str, str] = {}
        """Owner that is a second entry → the organisation into which it was merged."""
        self._sides: dict[str, Side] = {}

    async def read(self, models: Iterable[str]) -> Mapping[str, Side]:
        """Reads those of the models that exist. Returns all that were read so far, by id."""
        if unread := sorted(set(models) - self._sides.keys()):
            documents = [document async for document in self._models.find({"_id": {"$in": unread}}, READ)]
            await self._read_owners({document["owner"] for document in documents})
            self._sides |= {document["_id"]: self._side(document) for document in documents}
        return self._sides

    async def _read_owners(self, owners: set[str]) -> None:
        if unread := sorted(owners - self._kinds.keys()):
            self._kept |= await kept(self._access, unread)
            found = self._organisations.find({"_id": {"$in": unread}}, {"kind": 1})
            self._kinds |= {document["_id"]: document["kind"] async for document in found}

    def _side(self, document: Document) -> Side:
        owner: str = document["owner"]
        return Side(
            id=document["_id"],
            owner=self._kept.get(owner, owner),
            owner_kind=self._kinds.get(owner, ""),
            unit=document["unit"],
            title=document["title"],
            on=date.fromisoformat(document["drafted_on"]),
            year=document["year"],
            places=self._names.along(document["unit"]),
            follows=self._names.predecessors(UnitPath(document["unit"]).unit),
        )


async def page(access: Access, query: RelationsPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    return await pages.page(
        Relations.seen(access), Relations.columns, query, within=equal.pop("unit"), **equal
    )


async def page_of_each(access: Access, query: ByOwners, state: RelationState) -> Rows:
    return await pages.page_of_each(Relations.seen(access), Relations.columns, query, "models", state=state)
