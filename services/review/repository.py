"""Reviews in MongoDB."""

from collections.abc import Sequence

from services.kernel.store import (
    ASCENDING,
    Access,
    Aggregates,
    Indexes,
    IndexModel,
    Noun,
    from_document,
)
from services.review.domain import Review
from services.review.events import ReviewRow

COLLECTION = "reviews"

INDEXES: Indexes = {COLLECTION: [IndexModel([("model", ASCENDING)], unique=True)]}


class Reviews(Aggregates[Review]):
    collection = COLLECTION
    noun = Noun("review", "hồ sơ thẩm định", "review")
    state = Review


async def rows_by(access: Access, name: str, values: Sequence[str]) -> list[ReviewRow]:
    found = access.db[COLLECTION].find({name: {"$in": list(values)}, **access.scope.filter()})
    return [from_document(document, ReviewRow) async for document in found]
