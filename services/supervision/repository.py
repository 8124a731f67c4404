"""Supervision sessions in MongoDB."""

from services.kernel import directory, pages
from services.kernel.pages import NEWEST
from services.kernel.store import (
    ASCENDING,
    Access,
    Aggregates,
    Indexes,
    IndexModel,
    Noun,
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


async def page(access: Access, *, unit: str | None, first: int, after: str | None) -> list[SessionRow]:
    return await pages.page(access, COLLECTION, SessionRow, first=first, after=after, within=unit)
