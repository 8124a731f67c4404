"""Supervision sessions in MongoDB."""

from collections.abc import Sequence

from services.kernel import directory, pages
from services.kernel.pages import NEWEST
from services.kernel.store import (
    ASCENDING,
    Access,
    Aggregates,
    Indexes,
    IndexModel,
    Noun,
    from_document,
)
from services.supervision.domain import Session
from services.supervision.events import SessionRow

COLLECTION = "sessions"

INDEXES: Indexes = {
    **directory.INDEXES,
    COLLECTION: [IndexModel([("within", ASCENDING), NEWEST])],
}


class Sessions(Aggregates[Session]):
    collection = COLLECTION
    noun = Noun("session", "cuộc giám sát", "supervision session")
    state = Session


async def rows_by_id(access: Access, ids: Sequence[str]) -> list[SessionRow]:
    found = access.db[COLLECTION].find({"_id": {"$in": list(ids)}, **access.scope.filter()})
    return [from_document(document, SessionRow) async for document in found]


async def page(access: Access, *, unit: str | None, first: int, after: str | None) -> list[SessionRow]:
    return await pages.page(access, COLLECTION, SessionRow, first=first, after=after, within=unit)
