"""Models in the schema."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from gateway.fields import Wish, does, one, pages, root
from gateway.relay import VERSION, After, Before, Connection, First, Last, Node, OnDay, Refusal, described
from gateway.schema.organisations import Organisation
from gateway.schema.units import Unit
from services.registration.events import ContributionKind, Field, Level, SubjectKind
from services.registration.models.events import (
    AcceptModel,
    DraftModel,
    ModelFilter,
    ModelsPage,
    ModelState,
    RecordContribution,
    ReturnModel,
    SubmitModel,
)
from services.registration.organisations.events import OrganisationsById
from services.registration.relations.events import LookalikesOfModels, RelationsOfModels
from services.registration.units.events import UnitsOnDay
from services.review.events import ReviewsByModel

if TYPE_CHECKING:
    from gateway.schema.relations import Relation
    from gateway.schema.reviews import Review


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
    place: str = strawberry.field(description="Địa điểm thực hiện; có thể rỗng.")
    target: str = strawberry.field(description="Kết quả, chỉ tiêu dự kiến; có thể rỗng.")
    year: int = strawberry.field(description="Đăng ký cho năm nào.")
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
    review: Annotated["Review", strawberry.lazy("gateway.schema.reviews")] | None = one(
        ReviewsByModel, "id", "Hồ sơ thẩm định; có sau khi mô hình được chấp nhận."
    )
    lookalikes: Connection[Annotated["Relation", strawberry.lazy("gateway.schema.relations")]] = pages(
        LookalikesOfModels,
        "id",
        "Những mô hình có thể trùng, tiếp nối hay nhân rộng mô hình này (hoặc ngược lại), chờ người xem.",
    )
    relations: Connection[Annotated["Relation", strawberry.lazy("gateway.schema.relations")]] = pages(
        RelationsOfModels,
        "id",
        "Quan hệ đã được xác nhận với mô hình khác: trùng lặp, tiếp tục, nhân rộng.",
    )


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
    programme: ID | None = strawberry.field(default=None, description="Thuộc phong trào, chương trình này.")
    year: int | None = strawberry.field(default=None, description="Đăng ký cho năm này.")


@strawberry.input(description="Bản nháp của một mô hình.")
class DraftModelInput:
    owner: ID = strawberry.field(description="Mã tổ chức chủ trì.")
    title: str = strawberry.field(description="Tên mô hình, tối đa 300 ký tự.")
    field: str = strawberry.field(
        description="Mã hoặc tên lĩnh vực, kể cả các cách viết quen dùng như “An ninh quốc phòng”."
    )
    subject_kind: SubjectKind = strawberry.field(description="Của tập thể hay của cá nhân.")
    summary: str = strawberry.field(default="", description="Tóm tắt cách làm, tối đa 4000 ký tự.")
    place: str = strawberry.field(default="", description="Địa điểm thực hiện, tối đa 300 ký tự.")
    target: str = strawberry.field(
        default="", description="Kết quả, chỉ tiêu dự kiến, tối đa 1000 ký tự; ghi số cụ thể nếu có."
    )
    programme: ID | None = strawberry.field(
        default=None, description="Mã phong trào, đề án, chương trình mà mô hình thuộc về."
    )
    year: int | None = strawberry.field(
        default=None,
        description="Đăng ký cho năm nào, muộn nhất là năm sau; mặc định là năm của `on`.",
    )
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


ModelResult = Annotated[
    Model | Refusal,
    strawberry.union("ModelResult", description="Mô hình sau khi thực hiện, hoặc vì sao không thực hiện."),
]


def _models(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[ModelsFilter | None, described("Chỉ những mô hình thỏa mọi điều kiện.")] = None,
) -> Wish:
    wanted = ModelFilter(**vars(filter)) if filter else ModelFilter()
    return Wish(ModelsPage(filter=wanted, first=first, after=after, last=last, before=before))


@strawberry.type
class ModelsQuery:
    models: Connection[Model] = root(_models, "Mô hình, mới nhất trước, mỗi trang tối đa 100.", ModelsPage)


@strawberry.type
class ModelsMutation:
    draft_model: ModelResult = does(DraftModel, DraftModelInput, Model, "Lập bản nháp một mô hình.")
    submit_model: ModelResult = does(SubmitModel, ModelInput, Model, "Gửi mô hình để thẩm định việc đăng ký.")
    return_model: ModelResult = does(
        ReturnModel, ReturnModelInput, Model, "Trả lại để bổ sung, nêu rõ còn thiếu gì."
    )
    accept_model: ModelResult = does(
        AcceptModel,
        ModelInput,
        Model,
        "Chấp nhận đăng ký; từ ngày này mô hình được tính là đã đăng ký.",
    )
    record_contribution: ModelResult = does(
        RecordContribution,
        RecordContributionInput,
        Model,
        "Ghi nhận đất hiến, ngày công hoặc kinh phí huy động được.",
    )
