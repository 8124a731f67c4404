"""Supervision sessions in MongoDB."""

from services.directory import units as directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.units import UnitOnDay
from services.supervision.domain import Session
from services.supervision.messages import SESSION, SessionRow, SessionsPage

COLLECTION = "sessions"

INDEXES: Indexes = {
    **directory.INDEXES,
    COLLECTION: [IndexModel([("within", ASCENDING), NEWEST])],
}


class Sessions(Aggregates[Session]):
    collection = COLLECTION
    kind = SESSION
    columns = Columns(SessionRow, SESSION, unit=Computed(("unit", "held_on"), UnitOnDay.of))
    state = Session


async def page(access: Access, query: SessionsPage) -> Rows:
    return await pages.page(Sessions.seen(access), Sessions.columns, query, within=query.unit)
