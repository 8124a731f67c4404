"""What mutations and filters are given: the fields of the services' commands, described for those who send them."""

from datetime import date
from decimal import Decimal

import strawberry
from strawberry import ID

import gateway.words  # noqa: F401 - before any type uses a word
from services.registration.events import BodyKind, ContributionKind, Field, Level, SubjectKind
from services.registration.models.events import ModelState
from services.review.events import Verdict
from services.supervision.events import SessionKind, SupervisingBody

OnDay = "Ngày việc ấy diễn ra; bỏ trống là hôm nay."


@strawberry.input(description="Lọc mô hình; bỏ trống là không lọc.")
class ModelsFilter:
    unit: ID | None = strawberry.field(default=None, description="Trong đơn vị này và cấp dưới.")
    owner: ID | None = strawberry.field(default=None, description="Của tổ chức chủ trì này.")
    field: Field | None = strawberry.field(default=None, description="Thuộc lĩnh vực này.")
    level: Level | None = strawberry.field(default=None, description="Đăng ký ở cấp này.")
    subject_kind: SubjectKind | None = strawberry.field(
        default=None, description="Của tập thể hay của cá nhân."
    )
    state: ModelState | None = strawberry.field(default=None, description="Đang ở trạng thái này.")


@strawberry.input(description="Tổ chức cần ghi nhận.")
class RegisterOrganisationInput:
    name: str
    kind: BodyKind
    unit: ID
    on: date | None = strawberry.field(
        default=None, description="Một ngày mà đơn vị tồn tại; bỏ trống là hôm nay."
    )


@strawberry.input(description="Bản nháp của một mô hình.")
class DraftModelInput:
    owner: ID = strawberry.field(description="Mã tổ chức chủ trì.")
    title: str
    field: str = strawberry.field(
        description="Mã hoặc tên lĩnh vực, kể cả các cách viết quen dùng như “An ninh quốc phòng”."
    )
    subject_kind: SubjectKind
    summary: str = ""
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Một mô hình và ngày của việc làm với nó.")
class ModelInput:
    model: ID
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Mô hình cần trả lại và lý do.")
class ReturnModelInput:
    model: ID
    reason: str
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Nguồn lực đã huy động cho một mô hình đã đăng ký.")
class RecordContributionInput:
    model: ID
    kind: ContributionKind
    amount: Decimal = strawberry.field(
        description="Số dương chính xác, ví dụ “1155.3”: đất có tối đa 2 chữ số thập phân, "
        "ngày công 1, kinh phí 0."
    )
    note: str = strawberry.field(default="", description="Giá trị này bao gồm những gì.")
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Kết quả thẩm định và lý do.")
class DecideReviewInput:
    review: ID
    verdict: Verdict
    reason: str
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Hồ sơ được đề nghị biểu dương, khen thưởng.")
class NominateReviewInput:
    review: ID
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Một cuộc giám sát, phản biện, kiểm tra hoặc khảo sát.")
class RecordSupervisionSessionInput:
    kind: SessionKind
    body: SupervisingBody
    unit: ID
    title: str
    on: date | None = strawberry.field(default=None, description=OnDay)
