"""Models in the schema."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from gateway.fields.batches import BatchResult, does_each
from gateway.fields.declare import RootQuery, does, one, pages, root
from gateway.fields.relay import (
    VERSION,
    After,
    Before,
    Connection,
    First,
    Last,
    Node,
    Refusal,
    described,
)
from gateway.fields.rows import shows
from gateway.schema.registration.organisations import Organisation
from gateway.schema.registration.programmes import Programme
from gateway.schema.registration.units import Home, Unit
from services.kernel.days import Days
from services.movement.words import ContributionKind, Covers, Field, Level, OutlierRule, SubjectKind
from services.registration.corrections.messages import CORRECTIONS
from services.registration.formality.messages import QuestionsOfModels
from services.registration.models.messages import (
    AcceptModel,
    BeginModel,
    CarryOverModel,
    ChangeModelLevel,
    ChangeModelOwner,
    DiscontinueModel,
    DraftModel,
    HistoryRow,
    ModelHistory,
    ModelNotes,
    ModelRow,
    ModelsFilter,
    ModelsPage,
    ModelState,
    ModelStep,
    NoteProgress,
    RecordContribution,
    ReturnModel,
    ReviseModel,
    SelfAssessModel,
    SelfRating,
    SubmitModel,
    WithdrawModel,
)
from services.registration.organisations.messages import OrganisationsById
from services.registration.programmes.messages import ProgrammesById
from services.registration.relations.messages import LookalikesOfModels, RelationsOfModels
from services.registration.units.messages import UnitsOnDay
from services.review.messages import ReviewsByModel

if TYPE_CHECKING:
    from gateway.schema.corrections import Correction
    from gateway.schema.registration.formality import Question
    from gateway.schema.registration.relations import Relation
    from gateway.schema.review.reviews import Review


@strawberry.type(description="Một số liệu bất thường, quy tắc nào cho thấy, và vì sao.")
class Flag:
    rule: OutlierRule = strawberry.field(description="Quy tắc nào.")
    message_vi: str = strawberry.field(
        description="Câu giải thích bằng tiếng Việt, có ngưỡng và nguồn của ngưỡng."
    )
    message_en: str = strawberry.field(description="Câu giải thích bằng tiếng Anh.")


@strawberry.type(description="Nguồn lực huy động được cho một mô hình.")
class Contribution:
    version: int = strawberry.field(
        description="Phiên bản của mô hình khi ghi nhận; dùng để nêu lần ghi nhận này khi đính chính."
    )
    kind: ContributionKind = strawberry.field(description="Loại nguồn lực, kèm đơn vị tính.")
    amount: Decimal = strawberry.field(description="Số thập phân chính xác, theo đơn vị tính của `kind`.")
    on: date = strawberry.field(description="Ngày huy động.")
    note: str = strawberry.field(description="Ghi chú; có thể rỗng.")
    covers: Covers | None = strawberry.field(
        description="Số tiền bao gồm những gì; null khi không phải kinh phí."
    )
    flags: list[OutlierRule] = strawberry.field(
        description="Những quy tắc cho thấy số này bất thường; `Model.flags` giải thích."
    )
    corrected_version: int | None = strawberry.field(
        description="Phiên bản của mô hình đã đính chính lần ghi nhận này gần nhất; null khi chưa."
    )
    reversed_version: int | None = strawberry.field(
        description="Phiên bản của mô hình đã hủy bỏ lần ghi nhận này, từ đó không tính nữa; null khi chưa."
    )


@strawberry.type(
    description="Một kết quả nêu khi đăng ký; được ghi nhận là nguồn lực khi mô hình được chấp nhận."
)
class StatedResult:
    kind: ContributionKind = strawberry.field(description="Loại nguồn lực, kèm đơn vị tính.")
    amount: Decimal = strawberry.field(description="Số thập phân chính xác, theo đơn vị tính của `kind`.")
    on: date = strawberry.field(description="Kết quả tính đến ngày.")


@strawberry.type(description="Đơn vị chủ trì tự đánh giá mô hình của mình.")
class SelfAssessment:
    rating: SelfRating = strawberry.field(description="Kết quả so với chỉ tiêu.")
    text: str = strawberry.field(description="Nội dung tự đánh giá.")
    on: date = strawberry.field(description="Ngày tự đánh giá.")


@strawberry.type(description="Một trường của mô hình đã đổi, trước và sau.")
class ModelChange:
    field: str = strawberry.field(description="Tên trường trong lược đồ này.")
    name: str = strawberry.field(description="Tên tiếng Việt của trường.")
    before: str | None = strawberry.field(description="Giá trị trước đó, là mã nếu có mã; null khi chưa có.")
    after: str | None = strawberry.field(description="Giá trị sau đó, là mã nếu có mã; null khi không còn.")


@shows(HistoryRow, "Một việc đã làm với mô hình: ai, ngày nào, vì sao, đổi những gì.")
class ModelFact:
    version: int = strawberry.field(description="Phiên bản của mô hình sau việc ấy.")
    step: ModelStep = strawberry.field(description="Việc gì.")
    name: str = strawberry.field(description="Tên tiếng Việt của việc ấy.")
    on: date = strawberry.field(description="Ngày việc ấy diễn ra.")
    recorded_at: datetime = strawberry.field(description="Lúc việc ấy được ghi vào hệ thống.")
    by: ID | None = strawberry.field(
        description="Mã người làm; null với người không phải cán bộ đăng ký, người thẩm định hay lãnh đạo ở đơn vị ấy."
    )
    asked_by: ID | None = strawberry.field(
        description="Mã người đề nghị, khi là đính chính; null với người không phải cán bộ đăng ký, "
        "người thẩm định hay lãnh đạo ở đơn vị ấy."
    )
    reason: str | None = strawberry.field(
        description="Lý do, nếu việc ấy cần lý do; null với người không phải cán bộ đăng ký, "
        "người thẩm định hay lãnh đạo ở đơn vị ấy."
    )
    document: str | None = strawberry.field(description="Văn bản căn cứ, nếu việc ấy cần.")
    text: str | None = strawberry.field(
        description="Nội dung đã ghi: tiến độ, tự đánh giá, ghi chú nguồn lực."
    )
    changes: list[ModelChange] = strawberry.field(description="Những gì đã đổi.")


@shows(ModelRow, "Mô hình “Dân vận khéo”.")
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
    submitted_on: date | None = strawberry.field(description="Ngày gửi lần gần nhất, theo khai báo.")
    submission_recorded_on: date | None = strawberry.field(
        description="Ngày hệ thống ghi nhận lần gửi gần nhất; sau `submittedOn` là ghi lại việc đã qua."
    )
    recorded_months_later: int | None = strawberry.field(
        description="Lần gửi gần nhất được ghi nhận sau ngày khai bao nhiêu tháng trọn; null khi chưa gửi."
    )
    registered_on: date | None = strawberry.field(description="Ngày được tính là đã đăng ký.")
    return_reason: str | None = strawberry.field(
        description="Vì sao bị trả lại, khi đang bị trả lại; null với người không phải cán bộ đăng ký, "
        "người thẩm định hay lãnh đạo ở đơn vị ấy."
    )
    state_since: date = strawberry.field(description="Ở bước ấy từ ngày nào.")
    begun_on: date | None = strawberry.field(description="Ngày bắt đầu triển khai.")
    implemented_years: list[int] = strawberry.field(
        description="Những năm được tính là đã triển khai: năm bắt đầu và mỗi năm chuyển tiếp."
    )
    self_assessment: SelfAssessment | None = strawberry.field(description="Lần tự đánh giá gần nhất.")
    ended_on: date | None = strawberry.field(description="Ngày rút hoặc dừng thực hiện.")
    end_reason: str | None = strawberry.field(
        description="Vì sao rút hoặc dừng; null với người không phải cán bộ đăng ký, người thẩm định "
        "hay lãnh đạo ở đơn vị ấy."
    )
    notes: int = strawberry.field(description="Số lần ghi tiến độ; nội dung ở `progressNotes`.")
    stated: list[StatedResult] = strawberry.field(
        description="Kết quả nêu khi đăng ký mà chưa được chấp nhận; tối đa 3, mỗi loại một."
    )
    contributions: list[Contribution] = strawberry.field(
        description="Các lần ghi nhận nguồn lực, tối đa 500."
    )
    flags: list[Flag] = strawberry.field(
        description="Những số liệu nguồn lực bất thường; không số nào bị sửa hay bị từ chối."
    )
    owner: Organisation | None = one(OrganisationsById, "owner", "Tổ chức chủ trì.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị vào ngày lập mô hình.")
    lives_under: Unit | None = one(
        UnitsOnDay,
        "lives_under",
        "Đơn vị mà mô hình nay thuộc về: đơn vị lúc lập, hoặc đơn vị đã nhận bàn giao.",
    )
    homes: list[Home] = strawberry.field(description="Các lần bàn giao cho đơn vị kế thừa, lần đầu trước.")
    programme: Programme | None = one(
        ProgrammesById, "programme", "Phong trào, chương trình mà mô hình thuộc về; null khi không thuộc."
    )
    corrections: Connection[Annotated["Correction", strawberry.lazy("gateway.schema.corrections")]] = pages(
        CORRECTIONS.CorrectionsOfRecords, "id", "Các đính chính của mô hình, mới nhất trước."
    )
    history: Connection[ModelFact] = pages(
        ModelHistory, "id", "Mọi việc đã làm với mô hình, việc đầu tiên trước; con trỏ là phiên bản."
    )
    progress_notes: Connection[ModelFact] = pages(
        ModelNotes, "id", "Các lần ghi tiến độ, lần đầu tiên trước; tối đa 500 lần cho một mô hình."
    )
    review: Annotated["Review", strawberry.lazy("gateway.schema.review.reviews")] | None = one(
        ReviewsByModel, "id", "Hồ sơ thẩm định; có sau khi mô hình được chấp nhận."
    )
    questions: Connection[Annotated["Question", strawberry.lazy("gateway.schema.registration.formality")]] = (
        pages(QuestionsOfModels, "id", "Những câu hỏi về dấu hiệu hình thức của mô hình, mới nhất trước.")
    )
    lookalikes: Connection[
        Annotated["Relation", strawberry.lazy("gateway.schema.registration.relations")]
    ] = pages(
        LookalikesOfModels,
        "id",
        "Những mô hình có thể trùng, tiếp nối hay nhân rộng mô hình này (hoặc ngược lại), chờ người xem.",
    )
    relations: Connection[Annotated["Relation", strawberry.lazy("gateway.schema.registration.relations")]] = (
        pages(
            RelationsOfModels,
            "id",
            "Quan hệ đã được xác nhận với mô hình khác: trùng lặp, tiếp tục, nhân rộng.",
        )
    )


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
    registered: Annotated[Days | None, described("Được tính là đã đăng ký trong những ngày này.")] = None,
) -> RootQuery:
    return RootQuery(
        ModelsPage(
            filter=filter or ModelsFilter(),
            registered=registered or Days(),
            first=first,
            after=after,
            last=last,
            before=before,
        )
    )


@strawberry.type
class ModelsQuery:
    models: Connection[Model] = root(_models, "Mô hình, mới nhất trước, mỗi trang tối đa 100.", ModelsPage)


@strawberry.type
class ModelsMutation:
    draft_model: ModelResult = does(DraftModel, Model, "Lập bản nháp một mô hình.")
    revise_model: ModelResult = does(
        ReviseModel, Model, "Sửa nội dung một bản nháp hoặc một mô hình bị trả lại."
    )
    submit_model: ModelResult = does(SubmitModel, Model, "Gửi mô hình để thẩm định việc đăng ký.")
    return_model: ModelResult = does(ReturnModel, Model, "Trả lại để bổ sung, nêu rõ còn thiếu gì.")
    accept_model: ModelResult = does(
        AcceptModel,
        Model,
        "Chấp nhận đăng ký; từ ngày này mô hình được tính là đã đăng ký.",
    )
    return_models: BatchResult = does_each(
        ReturnModel, "model", "models", "Trả lại nhiều mô hình với cùng một lý do; có thể xem trước."
    )
    accept_models: BatchResult = does_each(
        AcceptModel, "model", "models", "Chấp nhận đăng ký nhiều mô hình vào cùng một ngày; có thể xem trước."
    )
    withdraw_model: ModelResult = does(WithdrawModel, Model, "Rút mô hình khi chưa triển khai, nêu rõ lý do.")
    begin_models: BatchResult = does_each(
        BeginModel, "model", "models", "Bắt đầu triển khai nhiều mô hình vào cùng một ngày; có thể xem trước."
    )
    begin_model: ModelResult = does(
        BeginModel, Model, "Bắt đầu triển khai; từ ngày này mô hình được tính là đã triển khai."
    )
    note_progress: ModelResult = does(NoteProgress, Model, "Ghi tiến độ của một mô hình đang triển khai.")
    record_contribution: ModelResult = does(
        RecordContribution,
        Model,
        "Ghi nhận đất hiến, ngày công hoặc kinh phí huy động được.",
    )
    self_assess_model: ModelResult = does(
        SelfAssessModel, Model, "Tự đánh giá kết quả của một mô hình đang triển khai."
    )
    carry_over_models: BatchResult = does_each(
        CarryOverModel, "model", "models", "Chuyển tiếp nhiều mô hình sang năm của `on`; có thể xem trước."
    )
    carry_over_model: ModelResult = does(
        CarryOverModel,
        Model,
        "Chuyển tiếp mô hình sang năm của `on`; trong năm ấy mô hình lại được tính là đã triển khai, mỗi năm một lần.",
    )
    change_model_level: ModelResult = does(
        ChangeModelLevel,
        Model,
        "Đổi cấp của mô hình; những gì đã tính thì vẫn tính theo cấp cũ.",
    )
    change_model_owner: ModelResult = does(
        ChangeModelOwner,
        Model,
        "Đổi tổ chức chủ trì; mô hình vẫn thuộc đơn vị cũ.",
    )
    change_model_owners: BatchResult = does_each(
        ChangeModelOwner,
        "model",
        "models",
        "Chuyển nhiều mô hình cho một tổ chức, chẳng hạn tổ chức kế thừa một tổ chức đã kết thúc; có thể xem trước.",
    )
    discontinue_model: ModelResult = does(
        DiscontinueModel, Model, "Dừng một mô hình đang triển khai, nêu rõ lý do."
    )
