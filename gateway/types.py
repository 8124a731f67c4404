"""What the schema is made of: declarations over the rows that services answer."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Optional

import strawberry
from strawberry import ID

import gateway.words  # before any type uses a word
from gateway.fields import one, pages
from gateway.relay import Connection, Node, Refusal
from gateway.reports import Report
from services.kernel.messages import Role
from services.kernel.units import SuccessionKind, UnitLevel
from services.kernel.words import Word
from services.registration.events import BodyKind, ContributionKind, Field, Level, SubjectKind
from services.registration.models.events import ModelsById, ModelState
from services.registration.organisations.events import OrganisationsById
from services.registration.units.events import ChildUnits, UnitsOnDay
from services.review.events import (
    ReviewDecided,
    ReviewNominated,
    ReviewOpened,
    ReviewsById,
    ReviewsByModel,
    Verdict,
)
from services.supervision.events import SessionKind, SupervisingBody

VERSION = "Số lần thay đổi, từ 1."


@strawberry.type(
    description="Một quan hệ kế thừa: đơn vị `unit` trở thành (một phần của) đơn vị này từ ngày `on`."
)
class Predecessor:
    kind: SuccessionKind = strawberry.field(description="Nhập trọn vẹn hay một phần.")
    on: date = strawberry.field(description="Ngày có hiệu lực.")
    main: bool = strawberry.field(description="Đơn vị kế thừa chính của đơn vị cũ.")
    document: str | None = strawberry.field(description="Văn bản, nếu biết.")
    unit: Optional["Unit"] = one(UnitsOnDay, "unit", "Đơn vị cũ, như ngay trước ngày ấy.")


@strawberry.type(
    description="Đơn vị hành chính vào một ngày: tên, mã, cấp, đơn vị cha có thời hạn; `id` không bao giờ dùng lại."
)
class Unit(Node):
    name: str = strawberry.field(description="Tên vào ngày ấy.")
    code: str = strawberry.field(
        description="Mã quốc gia vào ngày ấy; mã được dùng lại nên không phải là khóa."
    )
    kind: str = strawberry.field(description="Tỉnh, Thành phố, Huyện, Phường, Xã…")
    level: UnitLevel = strawberry.field(description="Cấp vào ngày ấy.")
    since: date | None = strawberry.field(description="Từ ngày (null: không rõ).")
    until: date | None = strawberry.field(description="Đến trước ngày (null: đang tồn tại).")
    parent: Optional["Unit"] = one(UnitsOnDay, "parent", "Đơn vị ngay bên trên vào ngày ấy.")
    children: Connection["Unit"] = pages(
        ChildUnits, "on_day", "Các đơn vị ngay bên dưới vào ngày ấy, theo mã; mỗi trang tối đa 100."
    )
    predecessors: list[Predecessor] = strawberry.field(description="Các đơn vị mà đơn vị này kế thừa.")


@strawberry.type(description="Tổ chức, đơn vị chủ trì mô hình.")
class Organisation(Node):
    name: str = strawberry.field(description="Tên đầy đủ.")
    kind: BodyKind = strawberry.field(description="Loại tổ chức.")
    version: int = strawberry.field(description=VERSION)
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị hành chính mà tổ chức thuộc về, như hôm nay.")


@strawberry.type(description="Nguồn lực huy động được cho một mô hình.")
class Contribution:
    kind: ContributionKind = strawberry.field(description="Loại nguồn lực, kèm đơn vị tính.")
    amount: Decimal = strawberry.field(description="Số thập phân chính xác, theo đơn vị tính của `kind`.")
    on: date = strawberry.field(description="Ngày huy động.")
    note: str = strawberry.field(description="Giá trị này bao gồm những gì; có thể rỗng.")


@strawberry.type(description="Mô hình “Dân vận khéo”.")
class Model(Node):
    version: int = strawberry.field(description=VERSION)
    title: str = strawberry.field(description="Tên mô hình.")
    summary: str = strawberry.field(description="Tóm tắt cách làm; có thể rỗng.")
    field: Field = strawberry.field(description="Lĩnh vực.")
    subject_kind: SubjectKind = strawberry.field(description="Của tập thể hay của cá nhân.")
    level: Level = strawberry.field(description="Đăng ký ở cấp nào.")
    state: ModelState = strawberry.field(description="Đang ở bước nào.")
    drafted_on: date = strawberry.field(description="Ngày lập bản nháp.")
    submitted_on: date | None = strawberry.field(description="Ngày gửi lần gần nhất.")
    registered_on: date | None = strawberry.field(description="Ngày được tính là đã đăng ký.")
    return_reason: str | None = strawberry.field(
        description="Vì sao bị trả lại, khi đang bị trả lại; null với người không phải cán bộ đăng ký, "
        "người thẩm định hay lãnh đạo ở đơn vị ấy."
    )
    contributions: list[Contribution] = strawberry.field(
        description="Các lần ghi nhận nguồn lực, tối đa 500."
    )
    owner: Organisation | None = one(OrganisationsById, "owner", "Tổ chức chủ trì.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị vào ngày lập mô hình.")
    review: Optional["Review"] = one(
        ReviewsByModel, "id", "Hồ sơ thẩm định; có sau khi mô hình được chấp nhận."
    )


@strawberry.type(description="Hồ sơ thẩm định một mô hình.")
class Review(Node):
    version: int = strawberry.field(description=VERSION)
    title: str = strawberry.field(description="Tên mô hình được thẩm định.")
    opened_on: date = strawberry.field(description="Ngày mở hồ sơ.")
    verdict: Verdict | None = strawberry.field(description="Kết quả, khi đã có.")
    reason: str | None = strawberry.field(
        description="Lý do của kết quả, khi đã có; null với người chỉ báo cáo hay vận hành ở đơn vị ấy."
    )
    decided_on: date | None = strawberry.field(description="Ngày có kết quả.")
    nominated_on: date | None = strawberry.field(description="Ngày được đề nghị biểu dương, khen thưởng.")
    model: Model | None = one(ModelsById, "model", "Mô hình được thẩm định.")


@strawberry.type(description="Một vai trò được ủy quyền: có ngày hết hạn, không vượt quyền người ủy quyền.")
class Delegation(Node):
    version: int = strawberry.field(description=VERSION)
    giver: ID = strawberry.field(description="Mã người ủy quyền.")
    receiver: ID = strawberry.field(description="Mã người được ủy quyền.")
    role: Role = strawberry.field(description="Vai trò được ủy quyền.")
    since: date = strawberry.field(description="Từ ngày.")
    until: date = strawberry.field(description="Đến hết ngày.")
    revoked_on: date | None = strawberry.field(description="Ngày bị chấm dứt trước hạn, nếu có.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Trong đơn vị này và cấp dưới.")


@strawberry.type(description="Cuộc giám sát, phản biện xã hội, kiểm tra hoặc khảo sát.")
class SupervisionSession(Node):
    version: int = strawberry.field(description=VERSION)
    kind: SessionKind = strawberry.field(description="Loại cuộc.")
    body: SupervisingBody = strawberry.field(description="Chủ thể thực hiện.")
    title: str = strawberry.field(description="Nội dung của cuộc.")
    held_on: date = strawberry.field(description="Ngày tiến hành.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Nơi tiến hành, như vào ngày ấy.")


class ReviewEventKind(Word):
    """Điều đã xảy ra với một hồ sơ thẩm định."""

    OPENED = ReviewOpened.subject, "Được mở, khi mô hình được chấp nhận đăng ký"
    DECIDED = ReviewDecided.subject, "Có kết quả thẩm định"
    NOMINATED = ReviewNominated.subject, "Được đề nghị biểu dương, khen thưởng"


gateway.words.word(ReviewEventKind)


@strawberry.type(description="Một sự kiện thẩm định, theo đúng thứ tự.")
class ReviewEvent:
    cursor: str = strawberry.field(description="Đưa lại vào `after` để nghe tiếp từ sau sự kiện này.")
    id: ID = strawberry.field(description="Mã của sự kiện.")
    kind: ReviewEventKind = strawberry.field(description="Điều đã xảy ra.")
    at: datetime = strawberry.field(description="Thời điểm được ghi nhận.")
    on: date = strawberry.field(description="Ngày diễn ra.")
    title: str = strawberry.field(description="Tên mô hình.")
    verdict: Verdict | None = strawberry.field(description="Kết quả, khi `kind` là DECIDED.")
    review: Review | None = one(ReviewsById, "review", "Hồ sơ thẩm định, như hiện nay.")
    model: Model | None = one(ModelsById, "model", "Mô hình, như hiện nay.")


ModelResult = Annotated[
    Model | Refusal,
    strawberry.union("ModelResult", description="Mô hình sau khi thực hiện, hoặc vì sao không thực hiện."),
]
OrganisationResult = Annotated[
    Organisation | Refusal,
    strawberry.union("OrganisationResult", description="Tổ chức đã ghi nhận, hoặc vì sao không ghi nhận."),
]
ReviewResult = Annotated[
    Review | Refusal,
    strawberry.union(
        "ReviewResult", description="Hồ sơ thẩm định sau khi thực hiện, hoặc vì sao không thực hiện."
    ),
]
SupervisionSessionResult = Annotated[
    SupervisionSession | Refusal,
    strawberry.union("SupervisionSessionResult", description="Cuộc đã ghi nhận, hoặc vì sao không ghi nhận."),
]
DelegationResult = Annotated[
    Delegation | Refusal,
    strawberry.union(
        "DelegationResult", description="Việc ủy quyền sau khi thực hiện, hoặc vì sao không thực hiện."
    ),
]
ReportResult = Annotated[
    Report | Refusal, strawberry.union("ReportResult", description="Báo cáo, hoặc vì sao không có.")
]
