"""Corrections in MongoDB. A service declares the repository of its own, with its kind."""

import msgspec

from services.corrections.domain import Correction
from services.corrections.messages import (
    CorrectionCounts,
    CorrectionRow,
    CorrectionsPage,
    CorrectionState,
    CountsRow,
)
from services.directory.homed import HomedRepository
from services.kernel.kinds import Kind
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.units import UnitPath

COLLECTION = "corrections"

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("state", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("fact", ASCENDING), NEWEST]),
        IndexModel([("record", ASCENDING), NEWEST]),
    ]
}
COUNTS = Columns(CountsRow)
OF_HANDED_OVER = Unscoped(COLLECTION, "the corrections of a record move with it when it is handed over")


class Corrections(HomedRepository[Correction]):
    collection = COLLECTION
    state = Correction

    async def waiting(self, record: str) -> list[Correction]:
        """The corrections of this record that wait for approval."""
        return await self.find({"record": record, "state": CorrectionState.WAITING.value})


def columns(kind: Kind) -> Columns:
    return Columns(CorrectionRow, kind, unit=Computed(("unit",), lambda path: UnitPath(path).unit))


async def page(access: Access, columns: Columns, query: CorrectionsPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    return await pages.page(Corrections.seen(access), columns, query, within=equal.pop("unit"), **equal)


async def counts(access: Access, query: CorrectionCounts) -> Rows:
    wanted = {} if query.unit is None else {"within": query.unit}
    numbers = dict.fromkeys((state.lower() for state in CorrectionState), 0)
    for group, many in await Corrections.seen(access).grouped(wanted, {"state": "$state"}):
        numbers[group["state"].lower()] = many
    view = COUNTS.view(query, access.sees)
    view.add({"_id": "counts", **numbers})
    return view.rows()
