"""Supervision activities in MongoDB."""

from services.directory import units as directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.mongo.repository import Repository
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.units import UnitOnDay
from services.supervision.domain import Activity
from services.supervision.messages import ACTIVITY, ActivitiesPage, ActivityRow

COLLECTION = "activities"

INDEXES: Indexes = {
    **directory.INDEXES,
    COLLECTION: [IndexModel([("within", ASCENDING), NEWEST])],
}


class Activities(Repository[Activity]):
    collection = COLLECTION
    kind = ACTIVITY
    columns = Columns(ActivityRow, ACTIVITY, unit=Computed(("unit", "held_on"), UnitOnDay.of))
    state = Activity


async def page(access: Access, query: ActivitiesPage) -> Rows:
    return await pages.page(Activities.seen(access), Activities.columns, query, within=query.unit)
