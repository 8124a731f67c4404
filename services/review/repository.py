"""Reviews in MongoDB."""

from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel
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

    async def of_model(self, model: str) -> Review | None:
        """The review of a model, if it was registered."""
        found = await self.find({"model": model})
        return found[0] if found else None

    async def of_models(self, models: Document) -> dict[str, Review]:
        """Model → its review. `models`: a filter for ids of models."""
        return {review.model: review for review in await self.find({"model": models})}
