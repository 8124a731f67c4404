"""Reviews in MongoDB."""

from services.kernel.store import (
    ASCENDING,
    Aggregates,
    Indexes,
    IndexModel,
    Noun,
)
from services.review.domain import Review

COLLECTION = "reviews"

INDEXES: Indexes = {COLLECTION: [IndexModel([("model", ASCENDING)], unique=True)]}


class Reviews(Aggregates[Review]):
    collection = COLLECTION
    noun = Noun("review", "hồ sơ thẩm định", "review")
    state = Review
