"""Models in MongoDB."""

import msgspec

from services.kernel import pages
from services.kernel.pages import NEWEST
from services.kernel.store import (
    ASCENDING,
    Access,
    Aggregates,
    Indexes,
    IndexModel,
    Noun,
)
from services.registration.models.domain import Model
from services.registration.models.events import ModelFilter, ModelRow

COLLECTION = "models"

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("state", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("field", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("level", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("subject_kind", ASCENDING), NEWEST]),
        IndexModel([("owner", ASCENDING), NEWEST]),
    ]
}


class Models(Aggregates[Model]):
    collection = COLLECTION
    noun = Noun("model", "mô hình", "model")
    state = Model


async def page(access: Access, wanted: ModelFilter, *, first: int, after: str | None) -> list[ModelRow]:
    equal = msgspec.structs.asdict(wanted)
    return await pages.page(
        access, COLLECTION, ModelRow, first=first, after=after, within=equal.pop("unit"), **equal
    )
