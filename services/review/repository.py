"""Reviews in MongoDB."""

from collections.abc import Callable

from services.kernel.messages import Event
from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.rows import Columns
from services.review.domain import Review
from services.review.messages import REVIEW, ReviewRow

COLLECTION = "reviews"

INDEXES: Indexes = {COLLECTION: [IndexModel([("model", ASCENDING)], unique=True)]}


class Reviews(Aggregates[Review]):
    collection = COLLECTION
    kind = REVIEW
    columns = Columns(ReviewRow, REVIEW)
    state = Review

    async def update_of(self, model: str, change: Callable[[Review], tuple[Review, Event] | None]) -> None:
        """`change` may find that there is nothing to do. A model that was registered has a review."""
        found = await self.seen(self._tx).find_one({"model": model})
        if found is None:
            raise LookupError(f"there is no review of {model}")
        changed = change(from_document(found, Review))
        if changed:
            await self.update(found["_id"], lambda _: changed)
