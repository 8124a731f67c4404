"""Reviews in MongoDB."""

from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.mongo.repository import Repository
from services.kernel.rows import Columns
from services.review.domain import Review
from services.review.messages import REVIEW, ReviewRow

COLLECTION = "reviews"

INDEXES: Indexes = {COLLECTION: [IndexModel([("model", ASCENDING)], unique=True)]}


class Reviews(Repository[Review]):
    collection = COLLECTION
    kind = REVIEW
    columns = Columns(ReviewRow, REVIEW)
    state = Review

    async def of_model(self, model: str) -> Review:
        """The review of a model that was registered."""
        found = await self.find({"model": model})
        if not found:
            raise LookupError(f"there is no review of {model}")
        return found[0]
