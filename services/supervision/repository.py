"""Supervision activities in MongoDB."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar

from services.directory import units as directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.mongo.repository import Repository
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.units import UnitOnDay
from services.supervision.domain import Activity
from services.supervision.messages import (
    ACTIVITY,
    ActivitiesPage,
    ActivityCorrected,
    ActivityKind,
    ActivityRecorded,
    ActivityRow,
)

COLLECTION = "activities"

INDEXES: Indexes = {
    **directory.INDEXES,
    COLLECTION: [
        IndexModel([("within", ASCENDING), NEWEST, ("held_on", ASCENDING)]),
        IndexModel([("within", ASCENDING), ("kind", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("reversed", ASCENDING), NEWEST]),
        IndexModel([("bodies.organisation", ASCENDING), NEWEST]),
        IndexModel([("unit", ASCENDING), ("held_on", ASCENDING), ("kind", ASCENDING)]),
    ],
}


class Activities(Repository[Activity]):
    collection = COLLECTION
    kind = ACTIVITY
    columns = Columns(ActivityRow, ACTIVITY, unit=Computed(("unit", "held_on"), UnitOnDay.of))
    state = Activity
    moving = True
    said: ClassVar[Mapping[str, tuple[str, str]]] = {
        ActivityRecorded.subject: ("Ghi nhận", "recorded"),
        ActivityCorrected.subject: ("Đính chính", "corrected"),
    }

    async def of_day(self, unit: str, kind: ActivityKind, day: date) -> list[Activity]:
        """The activities of a kind that were held in a unit on a day, oldest first."""
        found = await self.find({"unit": unit, "held_on": day.isoformat(), "kind": kind.value})
        return sorted(found, key=lambda activity: activity.id)

    def _document(self, state: Activity, recorded_at: datetime) -> Document:
        return {**super()._document(state, recorded_at), "reversed": state.reversed_on is not None}


async def page(access: Access, query: ActivitiesPage) -> Rows:
    wanted = query.filter
    return await pages.page(
        Activities.seen(access),
        Activities.columns,
        query,
        **{"bodies.organisation": wanted.body},
        within=wanted.unit,
        kind=wanted.kind,
        reversed=wanted.reversed,
        held_on=wanted.held and wanted.held.stored("filter.held"),
    )
