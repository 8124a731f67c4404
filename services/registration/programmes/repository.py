"""Programmes in MongoDB."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from services.kernel import pages, store
from services.kernel.pages import NEWEST
from services.kernel.rows import Columns, Computed, Page, Rows
from services.kernel.store import (
    ASCENDING,
    Access,
    Aggregates,
    Documents,
    Indexes,
    IndexModel,
    Noun,
    Unscoped,
    from_document,
    not_found,
)
from services.kernel.text import folded
from services.kernel.units import UnitOnDay, UnitPath
from services.registration.documents import repository as documents
from services.registration.documents.repository import GoverningDocuments
from services.registration.programmes.domain import Programme
from services.registration.programmes.events import DocumentsOfProgrammes, ProgrammeRow, ProgrammesPage

COLLECTION = "programmes"
EVERYBODYS = Unscoped(
    COLLECTION, "a programme is read by all whom it is for, and they are below its own unit"
)

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("identity", ASCENDING)], unique=True),
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("years", ASCENDING), NEWEST]),
        IndexModel([("name_folded", ASCENDING)]),
    ]
}


class Programmes(Aggregates[Programme]):
    collection = COLLECTION
    noun = Noun("programme", "phong trào, chương trình", "programme")
    columns = Columns(ProgrammeRow, unit=Computed(("unit", "started_on"), UnitOnDay.of))
    state = Programme

    def _document(self, state: Programme, recorded_at: datetime) -> store.Document:
        kept = super()._document(state, recorded_at)
        return {**kept, "identity": identity(state), "name_folded": folded(state.name)}


def identity(programme: Programme) -> str:
    unit = UnitPath(programme.unit).unit
    return f"{unit}/{programme.first_year}/{programme.last_year}/{folded(programme.name)}"


def shown(access: Access) -> Documents:
    return access.unscoped(EVERYBODYS)


async def of_identity(access: Access, identity: str) -> Programme | None:
    found = await shown(access).find_one({"identity": identity})
    return from_document(found, Programme) if found else None


async def known(access: Access, programme: str) -> Programme:
    """Whoever's it is."""
    found = await shown(access).find_one({"_id": programme})
    if found is None:
        raise not_found(Programmes.noun, programme)
    return from_document(found, Programme)


async def called(access: Access, ids: Collection[str], names: Collection[str]) -> list[Programme]:
    """Those of these ids, and those of these names, which several may have."""
    found: list[Programme] = []
    for field, values in (("_id", ids), ("name_folded", {folded(name) for name in names})):
        if values:
            documents = shown(access).find({field: {"$in": sorted(values)}})
            found += [from_document(document, Programme) async for document in documents]
    return list({one.id: one for one in found}.values())


async def page(access: Access, query: ProgrammesPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    within, year = equal.pop("unit"), equal.pop("year")
    return await pages.page(shown(access), Programmes.columns, query, within=within, years=year)


async def documents_of(access: Access, query: DocumentsOfProgrammes) -> Rows:
    pages.page_size(query)
    found = shown(access).find({"_id": {"$in": list(query.keys)}}, {"documents": 1})
    cited = {one["_id"]: one["documents"] async for one in found}
    wanted = sorted({id_ for ids in cited.values() for id_ in ids})
    view = GoverningDocuments.columns.view(query, access.sees)
    rows = documents.shown(access).find({"_id": {"$in": wanted}}, {**view.projection, "_id": 1})
    by_id = {one["_id"]: one async for one in rows}
    places = []
    for key in query.keys:
        ids = cited.get(key, [])
        part, has_next, has_previous = pages.cut(ids, query)
        for id_ in ids[part]:
            view.add(by_id[id_])
        places.append(Page(ids[part], has_next, has_previous))
    return view.rows(places)
