"""Corrections of facts in the schema: proposed by one person, approved by another where figures change."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, does, one, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.models import Model
from gateway.schema.registration.organisations import Organisation
from gateway.schema.registration.units import Unit
from services.corrections.messages import (
    CorrectedFact,
    CorrectionMessages,
    CorrectionRow,
    CorrectionsFilter,
    CorrectionState,
    CountsRow,
)
from services.kernel.messages import Command
from services.registration.corrections.messages import CORRECTIONS as OF_MODELS
from services.registration.corrections.messages import (
    CorrectContribution,
    CorrectModel,
    CorrectModelStep,
    ReverseContribution,
    ReverseMerge,
)
from services.registration.models.messages import ModelsById
from services.registration.organisations.messages import OrganisationsById
from services.registration.units.messages import UnitsOnDay
from services.review.messages import CORRECTIONS as OF_VERDICTS
from services.review.messages import (
    CorrectVerdict,
    ReverseRevocation,
    ReverseVerdict,
    ReviewsById,
    RevokeNomination,
    RevokeRecognition,
)
from services.supervision.messages import CORRECTIONS as OF_ACTIVITIES
from services.supervision.messages import ActivitiesById, CorrectActivity, ReverseActivity

if TYPE_CHECKING:
    from gateway.schema.review.reviews import Review
    from gateway.schema.supervision.activities import Activity

INVOLVED = (
    "; null với người không phải cán bộ đăng ký, người thẩm định, người giám sát hay lãnh đạo ở đơn vị ấy."
)


@strawberry.type(description="Một giá trị được đính chính, trước và sau.")
class CorrectedValue:
    field: str = strawberry.field(description="Tên trường trong lược đồ này.")
    name: str = strawberry.field(description="Tên tiếng Việt của trường.")
    before: str | None = strawberry.field(description="Giá trị trước đính chính; null khi không có.")
    after: str | None = strawberry.field(description="Giá trị sau đính chính; null khi không còn.")


@shows(
    CorrectionRow,
    "Một đính chính hay hủy bỏ một dữ kiện đã được chấp nhận; giá trị cũ và mới đều được giữ.",
)
class Correction(Node):
    version: int = strawberry.field(description=VERSION)
    fact: CorrectedFact = strawberry.field(description="Loại dữ kiện.")
    fact_version: int = strawberry.field(
        description="Phiên bản đã ghi dữ kiện ấy, ví dụ của lần ghi nhận nguồn lực; 0 khi là nội dung mô hình."
    )
    state: CorrectionState = strawberry.field(description="Đang chờ duyệt hay đã được quyết định.")
    reverses: bool = strawberry.field(description="Là hủy bỏ: không có gì thay vào dữ kiện ấy.")
    figures: bool = strawberry.field(description="Làm thay đổi số liệu, nên cần người thứ hai duyệt.")
    values: list[CorrectedValue] = strawberry.field(description="Các giá trị trước và sau.")
    reason: str | None = strawberry.field(description="Vì sao đính chính" + INVOLVED)
    document: str | None = strawberry.field(description="Văn bản căn cứ, nếu có.")
    proposed_on: date = strawberry.field(description="Ngày đề nghị.")
    proposed_by: ID | None = strawberry.field(description="Mã người đề nghị" + INVOLVED)
    decided_on: date | None = strawberry.field(
        description="Ngày có hiệu lực, không được duyệt hay được rút lại."
    )
    decided_by: ID | None = strawberry.field(
        description="Mã người quyết định; null khi không cần người thứ hai" + INVOLVED
    )
    decline_reason: str | None = strawberry.field(description="Vì sao không duyệt" + INVOLVED)
    model: Model | None = one(ModelsById, "record", "Mô hình có dữ kiện ấy; null khi không phải của mô hình.")
    review: Annotated["Review", strawberry.lazy("gateway.schema.review.reviews")] | None = one(
        ReviewsById, "record", "Hồ sơ thẩm định có kết quả ấy; null khi không phải của hồ sơ."
    )
    activity: Annotated["Activity", strawberry.lazy("gateway.schema.supervision.activities")] | None = one(
        ActivitiesById, "record", "Cuộc giám sát được đính chính; null khi không phải của cuộc nào."
    )
    organisation: Organisation | None = one(
        OrganisationsById, "record", "Tổ chức đã được gộp nhầm; null khi không phải về việc gộp."
    )
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị của mô hình, của tổ chức hay của cuộc giám sát.")


CorrectionResult = Annotated[
    Correction | Refusal,
    strawberry.union(
        "CorrectionResult", description="Đính chính sau khi thực hiện, hoặc vì sao không thực hiện."
    ),
]


@shows(CountsRow, "Số đính chính theo trạng thái.")
class CorrectionNumbers:
    waiting: int = strawberry.field(description="Chờ người thứ hai duyệt.")
    applied: int = strawberry.field(description="Đã có hiệu lực.")
    declined: int = strawberry.field(description="Không được duyệt.")
    recalled: int = strawberry.field(description="Người đề nghị đã rút lại.")


OWNERS = (OF_MODELS, OF_VERDICTS, OF_ACTIVITIES)
"""The messages of each service that has corrections."""


def _owned(command: Any) -> Command:
    """The command for the service that owns the correction."""
    owner = next((one for one in OWNERS if one.kind.names(command.correction)), OF_MODELS)
    named: type[Command] = getattr(owner, type(command).__name__)
    return named(**msgspec.structs.asdict(command))


def _listed(of: CorrectionMessages, description: str) -> Any:
    def corrections(
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[
            CorrectionsFilter | None, described("Chỉ những đính chính thỏa mọi điều kiện.")
        ] = None,
    ) -> RootQuery:
        wanted = filter or CorrectionsFilter()
        return RootQuery(
            of.CorrectionsPage(filter=wanted, first=first, after=after, last=last, before=before)
        )

    return root(corrections, description, of.CorrectionsPage)


def _counted(of: CorrectionMessages, description: str) -> Any:
    def counts(
        unit: Annotated[ID | None, described("Trong đơn vị này và cấp dưới.")] = None,
    ) -> RootQuery:
        return RootQuery(of.CorrectionCounts(unit=unit))

    return root(counts, description, of.CorrectionCounts)


@strawberry.type
class CorrectionsQuery:
    corrections: Connection[Correction] = _listed(
        OF_MODELS, "Đính chính, mới nhất trước; lọc WAITING là những đính chính chờ người thứ hai duyệt."
    )
    correction_counts: CorrectionNumbers = _counted(
        OF_MODELS, "Số đính chính theo trạng thái, trong phạm vi của người hỏi."
    )
    verdict_corrections: Connection[Correction] = _listed(
        OF_VERDICTS,
        "Đính chính kết quả thẩm định, mới nhất trước; lọc WAITING là những đính chính chờ người thứ hai duyệt.",
    )
    verdict_correction_counts: CorrectionNumbers = _counted(
        OF_VERDICTS, "Số đính chính kết quả thẩm định theo trạng thái, trong phạm vi của người hỏi."
    )
    activity_corrections: Connection[Correction] = _listed(
        OF_ACTIVITIES,
        "Đính chính các cuộc giám sát, mới nhất trước; lọc WAITING là những đính chính chờ người thứ hai duyệt.",
    )
    activity_correction_counts: CorrectionNumbers = _counted(
        OF_ACTIVITIES, "Số đính chính các cuộc giám sát theo trạng thái, trong phạm vi của người hỏi."
    )


@strawberry.type
class CorrectionsMutation:
    correct_activity: CorrectionResult = does(
        CorrectActivity,
        Correction,
        "Đính chính một cuộc giám sát đã ghi nhận: có hiệu lực ngay nếu không đổi số liệu, nếu không thì khi "
        "người thứ hai duyệt.",
    )
    reverse_activity: CorrectionResult = does(
        ReverseActivity,
        Correction,
        "Đề nghị hủy bỏ một cuộc ghi nhầm hay ghi hai lần; có hiệu lực khi người thứ hai duyệt.",
    )
    correct_verdict: CorrectionResult = does(
        CorrectVerdict,
        Correction,
        "Đề nghị đính chính kết quả thẩm định; có hiệu lực khi người thứ hai duyệt, trong kỳ của chính nó.",
    )
    reverse_verdict: CorrectionResult = does(
        ReverseVerdict,
        Correction,
        "Đề nghị hủy bỏ kết quả thẩm định đã ghi nhầm; được duyệt thì hồ sơ lại chờ kết quả.",
    )
    revoke_recognition: CorrectionResult = does(
        RevokeRecognition,
        Correction,
        "Đề nghị thu hồi một công nhận vốn đúng khi quyết định; người thứ hai duyệt thì không tính từ ngày thu hồi.",
    )
    revoke_nomination: CorrectionResult = does(
        RevokeNomination,
        Correction,
        "Đề nghị thu hồi một đề nghị biểu dương, khen thưởng; công nhận vẫn giữ nguyên.",
    )
    reverse_revocation: CorrectionResult = does(
        ReverseRevocation,
        Correction,
        "Đề nghị hủy bỏ lần thu hồi gần nhất vì ghi nhầm; được duyệt thì kết quả có hiệu lực như trước.",
    )
    correct_contribution: CorrectionResult = does(
        CorrectContribution,
        Correction,
        "Đề nghị đính chính một lần ghi nhận nguồn lực; có hiệu lực khi người thứ hai duyệt, trong kỳ của chính nó.",
    )
    reverse_contribution: CorrectionResult = does(
        ReverseContribution,
        Correction,
        "Đề nghị hủy bỏ một lần ghi nhận nguồn lực đã ghi nhầm; có hiệu lực khi người thứ hai duyệt.",
    )
    reverse_merge: CorrectionResult = does(
        ReverseMerge,
        Correction,
        "Đề nghị hủy bỏ một lần gộp nhầm hai tổ chức: người thứ hai duyệt thì tách lại thành hai tổ chức, mỗi mã giữ "
        "các mô hình của mình; mô hình lập sau khi gộp vẫn thuộc tổ chức được giữ lại.",
    )
    correct_model: CorrectionResult = does(
        CorrectModel,
        Correction,
        "Đính chính nội dung một mô hình đã đăng ký: có hiệu lực ngay nếu không đổi số liệu, nếu không thì khi "
        "người thứ hai duyệt.",
    )
    correct_model_step: CorrectionResult = does(
        CorrectModelStep,
        Correction,
        "Đề nghị đính chính ngày gửi, chấp nhận, bắt đầu, chuyển tiếp, rút hoặc dừng một mô hình; có hiệu lực khi "
        "người thứ hai duyệt, trong kỳ của ngày đúng.",
    )
    approve_correction: CorrectionResult = does(
        OF_MODELS.ApproveCorrection,
        Correction,
        "Duyệt một đính chính do người khác đề nghị; từ đó có hiệu lực.",
        _owned,
    )
    decline_correction: CorrectionResult = does(
        OF_MODELS.DeclineCorrection,
        Correction,
        "Không duyệt một đính chính, nêu rõ lý do; dữ kiện giữ nguyên.",
        _owned,
    )
    recall_correction: CorrectionResult = does(
        OF_MODELS.RecallCorrection, Correction, "Rút lại đính chính của mình khi còn chờ duyệt.", _owned
    )
