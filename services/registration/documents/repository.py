"""Governing documents in MongoDB."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.kernel import pages, store
from services.kernel.pages import NEWEST
from services.kernel.rows import Columns, Computed, Rows
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
from services.kernel.units import UnitOnDay
from services.registration.documents.domain import Document, bare
from services.registration.documents.events import DocumentRow, DocumentsPage

COLLECTION = "documents"
EVERYBODYS = Unscoped(
    COLLECTION, "what is issued is read by all whom it is issued for, whatever unit they are in"
)

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("identity", ASCENDING)], unique=True),
        IndexModel([("kind", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("issuer", ASCENDING), NEWEST]),
        IndexModel([("bare", ASCENDING), NEWEST]),
    ]
}


class GoverningDocuments(Aggregates[Document]):
    collection = COLLECTION
    noun = Noun("document", "văn bản", "document")
    columns = Columns(DocumentRow, unit=Computed(("unit", "issued_on"), UnitOnDay.of))
    state = Document

    def _document(self, state: Document, recorded_at: datetime) -> store.Document:
        kept = super()._document(state, recorded_at)
        return {**kept, "identity": state.identity, "bare": bare(state.number)}


def shown(access: Access) -> Documents:
    return access.unscoped(EVERYBODYS)


async def of_identity(access: Access, identity: str) -> Document | None:
    found = await shown(access).find_one({"identity": identity})
    return from_document(found, Document) if found else None


async def require(access: Access, ids: Sequence[str]) -> None:
    """There is a document of each id."""
    found = shown(access).find({"_id": {"$in": list(ids)}}, {"_id": 1})
    known = {document["_id"] async for document in found}
    for id_ in ids:
        if id_ not in known:
            raise not_found(GoverningDocuments.noun, id_)


async def page(access: Access, query: DocumentsPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    number = equal.pop("number")
    equal["within"] = equal.pop("unit")
    equal["bare"] = bare(number) if number else None
    return await pages.page(shown(access), GoverningDocuments.columns, query, **equal)
