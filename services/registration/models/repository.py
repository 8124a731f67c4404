"""Models in MongoDB."""

import msgspec

from services.kernel import pages
from services.kernel.pages import NEWEST
from services.kernel.rows import Columns, Computed, Rows
from services.kernel.store import ASCENDING, Access, Aggregates, Indexes, IndexModel, Noun
from services.kernel.units import UnitOnDay
from services.registration.models.domain import Model
from services.registration.models.events import ModelRow, ModelsPage

COLLECTION = "models"

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("state", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("field", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("level", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("subject_kind", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("programme", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("year", ASCENDING), NEWEST]),
        IndexModel([("owner", ASCENDING), NEWEST]),
    ]
}


class Models(Aggregates[Model]):
    collection = COLLECTION
    noun = Noun("model", "mô hình", "model")
    columns = Columns(ModelRow, unit=Computed(("unit", "drafted_on"), UnitOnDay.of))
    state = Model


async def page(access: Access, query: ModelsPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    return await pages.page(Models.seen(access), Models.columns, query, within=equal.pop("unit"), **equal)
