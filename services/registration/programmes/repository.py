"""Programmes in MongoDB."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from services.directory.homed import LIVES_UNDER
from services.kernel.messages import Recorded
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.text import folded
from services.kernel.units import UnitOnDay
from services.registration.documents.repository import GoverningDocuments
from services.registration.issued.repository import Issued
from services.registration.programmes.domain import Programme, known_already
from services.registration.programmes.messages import (
    PROGRAMME,
    DocumentCited,
    DocumentsOfProgrammes,
    PlanItemAdded,
    PlanItemDropped,
    ProgrammeEnded,
    ProgrammeHandedOver,
    ProgrammeRow,
    ProgrammesPage,
    ProgrammeStarted,
    ThemeSet,
)

COLLECTION = "programmes"
EVERYBODYS = Unscoped(
    COLLECTION, "a programme is read by everybody for whom it is, and they are below its own unit"
)

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("identity", ASCENDING)], unique=True),
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("years", ASCENDING), NEWEST]),
        IndexModel([("name_folded", ASCENDING)]),
        LIVES_UNDER,
    ]
}


TOLD = {
    ProgrammeStarted.subject: ("Lập chương trình", "started"),
    DocumentCited.subject: ("Thêm văn bản căn cứ", "another document cited"),
    ThemeSet.subject: ("Đặt chủ đề", "a theme set"),
    PlanItemAdded.subject: ("Thêm nhiệm vụ", "a plan item added"),
    PlanItemDropped.subject: ("Bỏ nhiệm vụ", "a plan item dropped"),
    ProgrammeEnded.subject: ("Kết thúc chương trình", "ended"),
    ProgrammeHandedOver.subject: ("Bàn giao cho đơn vị kế thừa", "handed over to a successor"),
}
"""Type of event → its effect, in Vietnamese and in English."""


class Programmes(Issued[Programme]):
    collection = COLLECTION
    everybodys = EVERYBODYS
    kind = PROGRAMME
    columns = Columns(ProgrammeRow, PROGRAMME, unit=Computed(("unit", "started_on"), UnitOnDay.of))
    state = Programme
    known_already = staticmethod(known_already)

    def describe(self, recorded: Recorded) -> tuple[str, str]:
        return TOLD[recorded.type]

    def _document(self, state: Programme, recorded_at: datetime) -> Document:
        return {**super()._document(state, recorded_at), "name_folded": folded(state.name)}


async def called(access: Access, ids: Collection[str], names: Collection[str]) -> list[Programme]:
    """The programmes with one of these ids or names. Several can have one name."""
    found: list[Programme] = []
    for field, values in (("_id", ids), ("name_folded", {folded(name) for name in names})):
        if values:
            documents = Programmes.shown(access).find({field: {"$in": sorted(values)}})
            found += [from_document(document, Programme) async for document in documents]
    return list({one.id: one for one in found}.values())


async def page(access: Access, query: ProgrammesPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    within, year = equal.pop("unit"), equal.pop("year")
    return await pages.page(Programmes.shown(access), Programmes.columns, query, within=within, years=year)


async def documents_of(access: Access, query: DocumentsOfProgrammes) -> Rows:
    pages.page_size(query)
    found = Programmes.shown(access).find({"_id": {"$in": list(query.keys)}}, {"documents": 1})
    cited = {one["_id"]: one["documents"] async for one in found}
    wanted = sorted({id_ for ids in cited.values() for id_ in ids})
    view = GoverningDocuments.columns.view(query, access.sees)
    rows = GoverningDocuments.shown(access).find({"_id": {"$in": wanted}}, {**view.projection, "_id": 1})
    by_id = {one["_id"]: one async for one in rows}
    places = []
    for key in query.keys:
        ids = cited.get(key, [])
        part, place = pages.cut(ids, query)
        for id_ in ids[part]:
            view.add(by_id[id_])
        places.append(place)
    return view.rows(places)
