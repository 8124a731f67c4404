"""Reviews in the schema, and the subscription to their events."""

from collections.abc import AsyncGenerator
from datetime import date, datetime
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.batches import BatchResult, does_each
from gateway.fields.columns import ASKS
from gateway.fields.declare import AnyInfo, RootQuery, SubscriptionField, does, one, pages, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.corrections import Correction
from gateway.schema.registration.models import Model
from gateway.schema.review import events
from gateway.schema.review.events import ReviewEventKind
from services.movement.words import Field, Level, SubjectKind
from services.registration.models.messages import ModelsById
from services.review.messages import (
    CORRECTIONS,
    Closing,
    DecideReview,
    NominateReview,
    ReviewRow,
    ReviewsById,
    ReviewsFilter,
    ReviewsPage,
    Verdict,
)

DECIDED_VERSION = "Phiên bản của hồ sơ đã ghi kết quả; đính chính và thu hồi nêu kết quả bằng số này."
REVOKED_ON = "Công nhận bị thu hồi từ ngày nào; null khi không."
NOMINATION_REVOKED_ON = "Đề nghị biểu dương, khen thưởng bị thu hồi từ ngày nào; null khi không."


@strawberry.type(description="Kết quả thẩm định của một năm trước khi mô hình chuyển tiếp.")
class EarlierDecision:
    year: int | None = strawberry.field(description="Của năm nào.")
    verdict: Verdict = strawberry.field(description="Kết quả.")
    decided_on: date = strawberry.field(description="Ngày có kết quả.")
    decided_version: int = strawberry.field(description=DECIDED_VERSION)
    nominated_on: date | None = strawberry.field(
        description="Ngày được đề nghị biểu dương, khen thưởng; null khi không."
    )
    revoked_on: date | None = strawberry.field(description=REVOKED_ON)
    nomination_revoked_on: date | None = strawberry.field(description=NOMINATION_REVOKED_ON)


@shows(ReviewRow, "Hồ sơ thẩm định một mô hình.")
class Review(Node):
    version: int = strawberry.field(description=VERSION)
    title: str = strawberry.field(description="Tên mô hình được thẩm định.")
    opened_on: date = strawberry.field(description="Ngày mở hồ sơ.")
    verdict: Verdict | None = strawberry.field(description="Kết quả, khi đã có.")
    reason: str | None = strawberry.field(
        description="Lý do của kết quả, khi đã có; null với người chỉ báo cáo hay vận hành ở đơn vị ấy."
    )
    decided_on: date | None = strawberry.field(description="Ngày có kết quả.")
    decided_version: int | None = strawberry.field(description=DECIDED_VERSION)
    nominated_on: date | None = strawberry.field(description="Ngày được đề nghị biểu dương, khen thưởng.")
    revoked_on: date | None = strawberry.field(description=REVOKED_ON)
    nomination_revoked_on: date | None = strawberry.field(description=NOMINATION_REVOKED_ON)
    closed_on: date | None = strawberry.field(
        description="Ngày hồ sơ khép lại vì mô hình không còn; null khi chưa. Kết quả đã có vẫn giữ."
    )
    closed_because: Closing | None = strawberry.field(description="Vì sao khép lại; null khi chưa.")
    year: int | None = strawberry.field(
        description="Thẩm định cho năm nào; mô hình chuyển tiếp được thẩm định lại cho năm sau."
    )
    begun_on: date | None = strawberry.field(
        description="Mô hình triển khai từ ngày nào; null khi chưa. Chỉ mô hình đã triển khai mới được công nhận."
    )
    earlier: list[EarlierDecision] = strawberry.field(
        description="Kết quả của các năm trước, cũ nhất trước.", metadata={"size": 5}
    )
    model: Model | None = one(ModelsById, "model", "Mô hình được thẩm định.")
    corrections: Connection[Correction] = pages(
        CORRECTIONS.CorrectionsOfRecords, "id", "Các đính chính và thu hồi, mới nhất trước."
    )


@strawberry.type(description="Một sự kiện thẩm định, theo đúng thứ tự.")
class ReviewEvent:
    cursor: str = strawberry.field(description="Đưa lại vào `after` để nghe tiếp từ sau sự kiện này.")
    id: ID = strawberry.field(description="Mã của sự kiện.")
    kind: ReviewEventKind = strawberry.field(description="Điều đã xảy ra.")
    at: datetime = strawberry.field(description="Thời điểm được ghi nhận.")
    on: date = strawberry.field(description="Ngày diễn ra.")
    title: str = strawberry.field(description="Tên mô hình, lúc ấy.")
    year: int | None = strawberry.field(description="Thẩm định cho năm nào.")
    field: Field = strawberry.field(description="Lĩnh vực, lúc ấy.")
    level: Level = strawberry.field(description="Cấp, lúc ấy.")
    subject_kind: SubjectKind = strawberry.field(description="Của tập thể hay của cá nhân.")
    verdict: Verdict | None = strawberry.field(
        description="Kết quả của năm `year` sau sự kiện này; null khi chưa có, hoặc khép lại vì mô hình dừng thực hiện."
    )
    closed_because: Closing | None = strawberry.field(description="Vì sao khép lại, khi `kind` là CLOSED.")
    version: int = strawberry.field(description="Phiên bản của hồ sơ sau sự kiện này.")
    review: Review | None = one(ReviewsById, "review", "Hồ sơ thẩm định, như hiện nay.")
    model: Model | None = one(ModelsById, "model", "Mô hình, như hiện nay.")


ReviewResult = Annotated[
    Review | Refusal,
    strawberry.union(
        "ReviewResult", description="Hồ sơ thẩm định sau khi thực hiện, hoặc vì sao không thực hiện."
    ),
]


def _reviews(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[ReviewsFilter | None, described("Chỉ những hồ sơ thỏa mọi điều kiện.")] = None,
) -> RootQuery:
    return RootQuery(
        ReviewsPage(filter=filter or ReviewsFilter(), first=first, after=after, last=last, before=before)
    )


@strawberry.type
class ReviewsQuery:
    reviews: Connection[Review] = root(
        _reviews, "Hồ sơ thẩm định, mới nhất trước, mỗi trang tối đa 100.", ReviewsPage
    )


@strawberry.type
class ReviewsMutation:
    decide_review: ReviewResult = does(
        DecideReview, Review, "Quyết định kết quả thẩm định, một lần, có lý do."
    )
    decide_reviews: BatchResult = does_each(
        DecideReview, "review", "reviews", "Quyết định cùng một kết quả cho nhiều hồ sơ; có thể xem trước."
    )
    nominate_review: ReviewResult = does(
        NominateReview,
        Review,
        "Đề nghị cấp trên biểu dương, khen thưởng một mô hình đã được công nhận.",
    )


@strawberry.type
class ReviewsSubscription:
    @strawberry.subscription(
        description="Các sự kiện thẩm định theo đúng thứ tự, không sót và không lặp. Cần WebSocket hoặc SSE.",
        metadata={ASKS: SubscriptionField(events.HEARD_BY)},
    )
    async def review_events(
        self,
        info: AnyInfo,
        after: Annotated[
            str | None,
            described("`cursor` đã nhận: nghe tiếp sau đó; “0” là từ đầu; bỏ trống là từ bây giờ."),
        ] = None,
        unit: Annotated[ID | None, described("Chỉ của đơn vị này và cấp dưới.")] = None,
        types: Annotated[
            list[events.ReviewEventKind] | None,
            described("Chỉ những loại sự kiện này; bỏ trống là mọi loại."),
        ] = None,
    ) -> AsyncGenerator[ReviewEvent, None]:
        async for event in events.review_events(info, after=after, unit=unit, types=types):
            yield event  # type: ignore[misc] # a row
