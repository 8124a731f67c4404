"""Governing documents in MongoDB."""

import msgspec

from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.units import UnitOnDay
from services.registration.documents.domain import Document, bare, known_already
from services.registration.documents.messages import DOCUMENT, DocumentRow, DocumentsPage
from services.registration.issued.repository import Issued

COLLECTION = "documents"
EVERYBODYS = Unscoped(COLLECTION, "a document is read by everybody for whom it is issued, in any unit")

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("identity", ASCENDING)], unique=True),
        IndexModel([("kind", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("issuer", ASCENDING), NEWEST]),
        IndexModel([("bare_number", ASCENDING), NEWEST]),
    ]
}


class GoverningDocuments(Issued[Document]):
    collection = COLLECTION
    everybodys = EVERYBODYS
    kind = DOCUMENT
    columns = Columns(DocumentRow, DOCUMENT, unit=Computed(("unit", "issued_on"), UnitOnDay.of))
    state = Document
    known_already = staticmethod(known_already)


async def page(access: Access, query: DocumentsPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    number = equal.pop("number")
    equal["within"] = equal.pop("unit")
    equal["bare_number"] = bare(number) if number else None
    return await pages.page(GoverningDocuments.shown(access), GoverningDocuments.columns, query, **equal)
