"""Relations between models in MongoDB, and the models as they are compared."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from services.kernel.kinds import Noun
from services.kernel.messages import Event
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.rows import ByOwners, Columns, Computed, Row, Rows
from services.kernel.units import UnitPath
from services.registration.models.repository import Models
from services.registration.organisations.repository import Organisations
from services.registration.relations.domain import Relation, Side, pair_of
from services.registration.relations.messages import (
    RELATION,
    RelationRow,
    RelationsPage,
    RelationState,
)
from services.registration.search.repository import Names

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
    """Models as what another is related to: called that in what a caller enters."""

    noun = Noun("other", "mô hình kia", "other model")


class Relations(Aggregates[Relation]):
    collection = COLLECTION
    kind = RELATION
    columns = Columns(RelationRow, RELATION, unit=Computed(("unit",), lambda path: UnitPath(path).unit))
    state = Relation

    async def of(self, models: Iterable[str]) -> dict[str, Relation]:
        """All of these models, by pair."""
        found = await self.find({"models": {"$in": sorted(models)}})
        return {relation.pair: relation for relation in found}

    async def between(self, model: str, other: str) -> list[Relation]:
        """At most one."""
        return await self.find({"pair": pair_of(model, other)})

    async def put(self, relation: Relation, event: Event) -> Row:
        """Adds the relation, or saves its next version."""
        return await (self.add if relation.version == 1 else self.save)(relation, event)


async def sides(models: Iterable[str], access: Access, names: Names) -> dict[str, Side]:
    """Of those that there are."""
    found = Models.seen(access).find({"_id": {"$in": sorted(models)}}, READ)
    documents = [document async for document in found]
    owners = {document["owner"] for document in documents}
    kinds: Mapping[str, str] = {
        document["_id"]: document["kind"]
        async for document in Organisations.seen(access).find({"_id": {"$in": sorted(owners)}}, {"kind": 1})
    }
    return {
        document["_id"]: Side(
            id=document["_id"],
            owner=document["owner"],
            owner_kind=kinds.get(document["owner"], ""),
            unit=document["unit"],
            title=document["title"],
            on=date.fromisoformat(document["drafted_on"]),
            year=document["year"],
            places=names.along(document["unit"]),
            follows=names.before(UnitPath(document["unit"]).unit),
        )
        for document in documents
    }


async def page(access: Access, query: RelationsPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    return await pages.page(
        Relations.seen(access), Relations.columns, query, within=equal.pop("unit"), **equal
    )


async def page_of_each(access: Access, query: ByOwners, state: RelationState) -> Rows:
    return await pages.page_of_each(Relations.seen(access), Relations.columns, query, "models", state=state)
