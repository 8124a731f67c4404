"""What mutations and filters are given: the fields of the services' commands, described for those who send them."""

from datetime import date
from decimal import Decimal

import strawberry
from strawberry import ID

import gateway.words  # noqa: F401 - before any type uses a word
from services.kernel.messages import Role
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
    name: str = strawberry.field(description="Tên đầy đủ, tối đa 300 ký tự.")
    kind: BodyKind = strawberry.field(description="Loại tổ chức.")
    unit: ID = strawberry.field(description="Mã đơn vị hành chính mà tổ chức thuộc về.")
    on: date | None = strawberry.field(
        default=None, description="Một ngày mà đơn vị tồn tại; bỏ trống là hôm nay."
    )


@strawberry.input(description="Bản nháp của một mô hình.")
class DraftModelInput:
    owner: ID = strawberry.field(description="Mã tổ chức chủ trì.")
    title: str = strawberry.field(description="Tên mô hình, tối đa 300 ký tự.")
    field: str = strawberry.field(
        description="Mã hoặc tên lĩnh vực, kể cả các cách viết quen dùng như “An ninh quốc phòng”."
    )
    subject_kind: SubjectKind = strawberry.field(description="Của tập thể hay của cá nhân.")
    summary: str = strawberry.field(default="", description="Tóm tắt cách làm, tối đa 4000 ký tự.")
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Một mô hình và ngày của việc làm với nó.")
class ModelInput:
    model: ID = strawberry.field(description="Mã mô hình.")
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Mô hình cần trả lại và lý do.")
class ReturnModelInput:
    model: ID = strawberry.field(description="Mã mô hình.")
    reason: str = strawberry.field(description="Còn thiếu những gì.")
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Nguồn lực đã huy động cho một mô hình đã đăng ký.")
class RecordContributionInput:
    model: ID = strawberry.field(description="Mã mô hình.")
    kind: ContributionKind = strawberry.field(description="Loại nguồn lực, kèm đơn vị tính.")
    amount: Decimal = strawberry.field(
        description="Số dương chính xác, ví dụ “1155.3”: đất có tối đa 2 chữ số thập phân, "
        "ngày công 1, kinh phí 0."
    )
    note: str = strawberry.field(default="", description="Giá trị này bao gồm những gì.")
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Kết quả thẩm định và lý do.")
class DecideReviewInput:
    review: ID = strawberry.field(description="Mã hồ sơ thẩm định.")
    verdict: Verdict = strawberry.field(description="Kết quả.")
    reason: str = strawberry.field(description="Vì sao có kết quả ấy.")
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Hồ sơ được đề nghị biểu dương, khen thưởng.")
class NominateReviewInput:
    review: ID = strawberry.field(description="Mã hồ sơ thẩm định.")
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Một cuộc giám sát, phản biện, kiểm tra hoặc khảo sát.")
class RecordSupervisionSessionInput:
    kind: SessionKind = strawberry.field(description="Loại cuộc.")
    body: SupervisingBody = strawberry.field(description="Chủ thể thực hiện.")
    unit: ID = strawberry.field(description="Mã đơn vị nơi tiến hành.")
    title: str = strawberry.field(description="Nội dung của cuộc, tối đa 300 ký tự.")
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(
    description="Một vai trò mà người gửi tự giữ, ủy quyền cho người khác đến hết ngày `until`."
)
class DelegateRoleInput:
    to: ID = strawberry.field(description="Mã người được ủy quyền (`sub` trong mã truy cập của người ấy).")
    role: Role = strawberry.field(description="Vai trò mà người gửi tự giữ.")
    unit: ID = strawberry.field(description="Trong đơn vị này và cấp dưới.")
    since: date | None = strawberry.field(default=None, description="Từ ngày; bỏ trống là hôm nay.")
    until: date = strawberry.field(
        description="Đến hết ngày; nếu quyền của người ủy quyền hết sớm hơn thì theo ngày ấy."
    )


@strawberry.input(description="Việc ủy quyền cần chấm dứt.")
class RevokeDelegationInput:
    delegation: ID = strawberry.field(description="Mã việc ủy quyền.")
