"""Reviews in MongoDB."""

from services.kernel.rows import Columns
from services.kernel.store import ASCENDING, Aggregates, Indexes, IndexModel, Noun
from services.review.domain import Review
from services.review.events import ReviewRow

COLLECTION = "reviews"

INDEXES: Indexes = {COLLECTION: [IndexModel([("model", ASCENDING)], unique=True)]}


class Reviews(Aggregates[Review]):
    collection = COLLECTION
    noun = Noun("review", "hồ sơ thẩm định", "review")
    columns = Columns(ReviewRow)
    state = Review
