"""Reviews in MongoDB."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from services.directory.homed import HomedRepository
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST, OLDEST
from services.kernel.rows import Columns, Rows
from services.review import messages
from services.review.domain import Review
from services.review.messages import REVIEW, ReviewRow, ReviewsPage

COLLECTION = "reviews"
DAYS = ("opened_on", "decided_on", "nominated_on")
"""A list by days walks the index whose last key is the day, and reads only matching reviews."""

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("model", ASCENDING)], unique=True),
        IndexModel([("within", ASCENDING), NEWEST, *((day, ASCENDING) for day in DAYS)]),
        IndexModel([("within", ASCENDING), ("waiting", ASCENDING), NEWEST]),
        IndexModel(
            [("within", ASCENDING), ("waiting", ASCENDING), ("year", ASCENDING), OLDEST],
            partialFilterExpression={"waiting": True},
        ),
        IndexModel([("within", ASCENDING), ("verdict", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("owner", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("year", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("field", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("level", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), ("subject_kind", ASCENDING), NEWEST]),
    ]
}


class Reviews(HomedRepository[Review]):
    collection = COLLECTION
    kind = REVIEW
    columns = Columns(ReviewRow, REVIEW)
    state = Review
    said: ClassVar[Mapping[str, tuple[str, str]]] = {
        messages.ReviewOpened.subject: ("Mở hồ sơ", "opened"),
        messages.ReviewDecided.subject: ("Quyết định kết quả", "decided"),
        messages.ReviewNominated.subject: ("Đề nghị biểu dương, khen thưởng", "nominated"),
        messages.ReviewClosed.subject: ("Khép hồ sơ", "closed"),
        messages.ReviewedModelChanged.subject: ("Mô hình thay đổi", "the model changed"),
        messages.ReviewCorrected.subject: ("Đính chính", "corrected"),
        messages.ReviewRevoked.subject: ("Thu hồi", "revoked"),
        messages.ReviewHandedOver.subject: ("Bàn giao cho đơn vị kế thừa", "handed over"),
    }

    async def of_models(self, models: Document) -> dict[str, Review]:
        """Model → its review. `models`: a filter for ids of models."""
        return {review.model: review for review in await self.find({"model": models})}

    def _document(self, state: Review, recorded_at: datetime) -> Document:
        return {**super()._document(state, recorded_at), "waiting": state.waiting}


async def page(access: Access, query: ReviewsPage) -> Rows:
    wanted = query.filter
    return await pages.page(
        Reviews.seen(access),
        Reviews.columns,
        query,
        within=wanted.unit,
        owner=wanted.owner,
        year=wanted.year,
        waiting=wanted.undecided,
        verdict=wanted.verdict,
        field=wanted.field,
        level=wanted.level,
        subject_kind=wanted.subject_kind,
        opened_on=wanted.opened and wanted.opened.stored("filter.opened"),
        decided_on=wanted.decided and wanted.decided.stored("filter.decided"),
        nominated_on=wanted.nominated and wanted.nominated.stored("filter.nominated"),
    )
