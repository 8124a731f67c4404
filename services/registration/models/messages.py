"""What models can be asked to do, and what is announced of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Amount, Command, Event, Id, OnDay, Role, described
from services.kernel.rows import ByFilter, ByKeys, ByOwners, only
from services.kernel.units import UnitOnDay
from services.kernel.words import Word
from services.movement.flags import Flag
from services.movement.words import ContributionKind, Covers, Field, Level, OutlierRule, SubjectKind

MODEL = Kind("model", "mô hình", "model")


class ModelState(Word):
    """Trạng thái của mô hình."""

    DRAFT = "DRAFT", "Bản nháp"
    SUBMITTED = "SUBMITTED", "Đã gửi"
    RETURNED = "RETURNED", "Trả lại bổ sung"
    REGISTERED = "REGISTERED", "Đã đăng ký"
    IMPLEMENTING = "IMPLEMENTING", "Đang triển khai"
    SELF_ASSESSED = "SELF_ASSESSED", "Đã tự đánh giá"
    WITHDRAWN = "WITHDRAWN", "Đã rút"
    DISCONTINUED = "DISCONTINUED", "Đã dừng thực hiện"


class ModelStep(Word):
    """Một việc đã làm với mô hình."""

    DRAFT = "DRAFT", "Lập bản nháp"
    REVISE = "REVISE", "Sửa nội dung"
    SUBMIT = "SUBMIT", "Gửi đăng ký"
    RETURN = "RETURN", "Trả lại bổ sung"
    ACCEPT = "ACCEPT", "Chấp nhận đăng ký"
    BEGIN = "BEGIN", "Bắt đầu triển khai"
    NOTE = "NOTE", "Ghi tiến độ"
    CONTRIBUTE = "CONTRIBUTE", "Ghi nhận nguồn lực"
    SELF_ASSESS = "SELF_ASSESS", "Tự đánh giá"
    CARRY_OVER = "CARRY_OVER", "Chuyển tiếp sang năm"
    CHANGE_LEVEL = "CHANGE_LEVEL", "Đổi cấp"
    CHANGE_OWNER = "CHANGE_OWNER", "Đổi đơn vị chủ trì"
    WITHDRAW = "WITHDRAW", "Rút đăng ký"
    DISCONTINUE = "DISCONTINUE", "Dừng thực hiện"


class SelfRating(Word):
    """Kết quả do chính đơn vị chủ trì tự đánh giá."""

    EXCEEDED = "EXCEEDED", "Vượt chỉ tiêu"
    MET = "MET", "Đạt chỉ tiêu"
    PARTLY_MET = "PARTLY_MET", "Đạt một phần chỉ tiêu"
    NOT_MET = "NOT_MET", "Không đạt chỉ tiêu"


class DraftModel(Command, frozen=True, kw_only=True):
    """`field` by code, name or alias. `target`: what is to come of it. `programme`: the id of the one it belongs to.

    `year`: the one it is registered for; that of `on` when left out. `on`, here and below, is the day it happened;
    today when left out.
    """

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Bản nháp của một mô hình."

    owner: Annotated[Id, described("Mã tổ chức chủ trì.")]
    title: Annotated[str, described("Tên mô hình, tối đa 300 ký tự.")]
    field: Annotated[
        str, described("Mã hoặc tên lĩnh vực, kể cả các cách viết quen dùng như “An ninh quốc phòng”.")
    ]
    subject_kind: Annotated[SubjectKind, described("Của tập thể hay của cá nhân.")]
    summary: Annotated[str, described("Tóm tắt cách làm, tối đa 4000 ký tự.")] = ""
    place: Annotated[str, described("Địa điểm thực hiện, tối đa 300 ký tự.")] = ""
    target: Annotated[
        str, described("Kết quả, chỉ tiêu dự kiến, tối đa 1000 ký tự; ghi số cụ thể nếu có.")
    ] = ""
    programme: Annotated[Id | None, described("Mã phong trào, đề án, chương trình mà mô hình thuộc về.")] = (
        None
    )
    year: Annotated[
        int | None, described("Đăng ký cho năm nào, muộn nhất là năm sau; mặc định là năm của `on`.")
    ] = None
    on: OnDay = None


class OfModel(Command, frozen=True, kw_only=True):
    """What is done with a model that is there.

    `expected_version`: the version that whoever asks has seen; should there be another by now, nothing is done.
    """

    vi: ClassVar[str] = "Một mô hình và ngày của việc làm với nó."

    model: Annotated[Id, described("Mã mô hình.")]
    expected_version: Annotated[
        int | None,
        described(
            "Phiên bản mà người gửi đã xem; nếu nay đã khác thì không làm gì và báo những gì đã đổi. "
            "Bỏ trống là không kiểm tra."
        ),
    ] = None
    on: OnDay = None


class ReviseModel(OfModel, frozen=True, kw_only=True):
    """What is left out stays as it is; an empty text or programme takes away what was there."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Nội dung cần sửa của bản nháp; trường nào bỏ trống thì giữ nguyên."

    title: Annotated[str | None, described("Tên mô hình, tối đa 300 ký tự.")] = None
    summary: Annotated[str | None, described("Tóm tắt cách làm, tối đa 4000 ký tự.")] = None
    place: Annotated[str | None, described("Địa điểm, tối đa 300 ký tự.")] = None
    target: Annotated[str | None, described("Kết quả, chỉ tiêu dự kiến, tối đa 1000 ký tự.")] = None
    programme: Annotated[
        Id | None, described("Mã phong trào, chương trình; chuỗi rỗng là không thuộc chương trình nào.")
    ] = None
    year: Annotated[int | None, described("Đăng ký cho năm nào.")] = None
    field: Annotated[str | None, described("Mã hoặc tên lĩnh vực.")] = None
    subject_kind: Annotated[SubjectKind | None, described("Của tập thể hay của cá nhân.")] = None


class SubmitModel(OfModel, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})


class ReturnModel(OfModel, frozen=True, kw_only=True):
    """Sends it back for completion, saying what is missing."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Mô hình cần trả lại và lý do."

    reason: Annotated[str, described("Còn thiếu những gì.")]


class AcceptModel(OfModel, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})


class WithdrawModel(OfModel, frozen=True, kw_only=True):
    """Before it is carried out; what is carried out already is discontinued."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Mô hình được rút, và lý do."

    reason: Annotated[str, described("Vì sao, tối đa 4000 ký tự.")]


class BeginModel(OfModel, frozen=True, kw_only=True):
    """It counts as implemented on the day `on`, and from then on in each year that it is carried over to."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})


class NoteProgress(OfModel, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Tiến độ của một mô hình đang triển khai."

    text: Annotated[str, described("Đã làm được gì, tối đa 4000 ký tự.")]


class RecordContribution(OfModel, frozen=True, kw_only=True):
    """`amount`: an exact decimal in the kind's own measure: m², work-days, đồng. `covers`: what money stands for."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Nguồn lực đã huy động cho một mô hình đã đăng ký."

    kind: Annotated[ContributionKind, described("Loại nguồn lực, kèm đơn vị tính.")]
    amount: Annotated[
        Amount,
        described(
            "Số dương chính xác, ví dụ “1155.3”: đất có tối đa 2 chữ số thập phân, ngày công 1, kinh phí 0."
        ),
    ]
    covers: Annotated[
        Covers | None, described("Chỉ với kinh phí: số tiền bao gồm những gì; bỏ trống là không nêu rõ.")
    ] = None
    note: Annotated[str, described("Ghi chú, tối đa 4000 ký tự.")] = ""


class SelfAssessModel(OfModel, frozen=True, kw_only=True):
    """What the owner itself thinks has come of it, in the year it is carried out in."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Kết quả tự đánh giá của đơn vị chủ trì."

    rating: Annotated[SelfRating, described("Kết quả so với chỉ tiêu.")]
    text: Annotated[str, described("Nội dung tự đánh giá, tối đa 4000 ký tự.")]


class CarryOverModel(OfModel, frozen=True, kw_only=True):
    """It goes on in the year of `on`, and is counted as implemented in that year too."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})


class ChangeModelLevel(OfModel, frozen=True, kw_only=True):
    """`document`: the decision it rests on, in words. What is counted already stays counted under the old level."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Cấp mới của một mô hình đã đăng ký, lý do và văn bản căn cứ."

    level: Annotated[Level, described("Cấp mới.")]
    reason: Annotated[str, described("Vì sao đổi, tối đa 4000 ký tự.")]
    document: Annotated[str, described("Văn bản căn cứ: loại, số, nơi ban hành, ngày; tối đa 300 ký tự.")]


class ChangeModelOwner(OfModel, frozen=True, kw_only=True):
    """`owner`: the id of the new one. The model keeps the unit it was drafted in."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Tổ chức chủ trì mới của một mô hình đã đăng ký, lý do và văn bản căn cứ."

    owner: Annotated[Id, described("Mã tổ chức chủ trì mới.")]
    reason: Annotated[str, described("Vì sao đổi, tối đa 4000 ký tự.")]
    document: Annotated[str, described("Văn bản căn cứ: loại, số, nơi ban hành, ngày; tối đa 300 ký tự.")]


class DiscontinueModel(OfModel, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Mô hình dừng thực hiện, và lý do."

    reason: Annotated[str, described("Vì sao, tối đa 4000 ký tự.")]


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """`version` is the model's version that recorded it; field, subject and level are as they were then.

    `covers`: None of all but money. `flags`: the rules that find it unlikely; `Model.flags` says why.
    """

    version: int
    kind: ContributionKind
    amount: Decimal
    on: date
    note: str
    covers: Covers | None
    flags: tuple[OutlierRule, ...] = ()
    field: Field
    subject_kind: SubjectKind
    level: Level


class SelfAssessment(msgspec.Struct, frozen=True, kw_only=True):
    rating: SelfRating
    text: str
    on: date


class ModelsFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is left out does not restrict. `unit`: in it or below."""

    vi: ClassVar[str] = "Lọc mô hình; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Trong đơn vị này và cấp dưới.")] = None
    owner: Annotated[Id | None, described("Của tổ chức chủ trì này.")] = None
    field: Annotated[Field | None, described("Thuộc lĩnh vực này.")] = None
    level: Annotated[Level | None, described("Đăng ký ở cấp này.")] = None
    subject_kind: Annotated[SubjectKind | None, described("Của tập thể hay của cá nhân.")] = None
    state: Annotated[ModelState | None, described("Đang ở trạng thái này.")] = None
    programme: Annotated[Id | None, described("Thuộc phong trào, chương trình này.")] = None
    year: Annotated[int | None, described("Đăng ký cho năm này.")] = None
    flagged: Annotated[bool | None, described("Có hay không có số liệu nguồn lực bất thường.")] = None


class ModelsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: ModelsFilter = ModelsFilter()


class ModelsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ModelHistory(ByOwners, frozen=True, kw_only=True):
    """All that was done with each model, the first first. The keys are the models'."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ModelNotes(ByOwners, frozen=True, kw_only=True):
    """Of its history, the notes of progress."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a model, as texts before and after; None where there was nothing."""

    field: str
    before: str | None
    after: str | None


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """`field`: its name in GraphQL, `name`: in Vietnamese."""

    field: str
    name: str
    before: str | None
    after: str | None


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done with a model. `name`: the step in Vietnamese. `by`: whose id. `text`: what was written."""

    version: int
    step: ModelStep
    name: str
    on: date
    recorded_at: datetime
    by: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.LEADER)]
    reason: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.LEADER)]
    document: str | None
    text: str | None
    changes: tuple[ChangeRow, ...]


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day it was drafted. `owner`: the organisation's id. `year`: the one it is registered for.

    `state_since`: the day it came into its state. `implemented_years`: those it counts as implemented in. `ended_on`:
    when it was withdrawn or discontinued. `notes`: how many there are of its progress.
    """

    id: str
    version: int
    unit: UnitOnDay
    owner: str
    title: str
    summary: str
    place: str
    target: str
    programme: str | None
    year: int
    field: Field
    subject_kind: SubjectKind
    level: Level
    state: ModelState
    drafted_on: date
    submitted_on: date | None
    registered_on: date | None
    return_reason: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.LEADER)]
    state_since: date
    begun_on: date | None
    implemented_years: tuple[int, ...]
    self_assessment: SelfAssessment | None
    ended_on: date | None
    end_reason: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.LEADER)]
    notes: int
    contributions: tuple[Contribution, ...]
    flags: tuple[Flag, ...]


class ModelDrafted(Event, frozen=True, kw_only=True):
    owner: str
    title: str
    field: Field
    subject_kind: SubjectKind
    level: Level
    on: date
    summary: str = ""
    place: str = ""
    target: str = ""
    programme: str | None = None
    year: int | None = None


class ModelSubmitted(Event, frozen=True, kw_only=True):
    on: date


class ModelReturned(Event, frozen=True, kw_only=True):
    reason: str
    on: date


class ModelRevised(Event, frozen=True, kw_only=True):
    changes: tuple[Change, ...]
    on: date


class _Counted(Event, frozen=True, kw_only=True):
    """What reports divide by, as it was on the day `on`."""

    field: Field
    subject_kind: SubjectKind
    level: Level
    on: date


class ModelAccepted(_Counted, frozen=True, kw_only=True):
    """The model counts as registered from the day `on`.

    `written_by`: the persons who drafted, revised or submitted it, who must not review it.
    """

    owner: str
    title: str
    written_by: tuple[str, ...]


class ModelBegun(_Counted, frozen=True, kw_only=True):
    """It is carried out from the day `on`, and counts as implemented that day."""


class ModelCarriedOver(_Counted, frozen=True, kw_only=True):
    """It goes on in the year of `on`, where it counts as implemented once more."""


class ModelWithdrawn(_Counted, frozen=True, kw_only=True):
    """`registered`: whether it had been."""

    reason: str
    registered: bool


class ModelDiscontinued(_Counted, frozen=True, kw_only=True):
    reason: str


class ContributionRecorded(_Counted, frozen=True, kw_only=True):
    kind: ContributionKind
    amount: Decimal
    note: str = ""
    covers: Covers | None = None


class ProgressNoted(Event, frozen=True, kw_only=True):
    text: str
    on: date


class ModelSelfAssessed(Event, frozen=True, kw_only=True):
    rating: SelfRating
    text: str
    on: date


class ModelLevelChanged(Event, frozen=True, kw_only=True):
    """`basis`: the document behind it, in words. A field `document` of an event holds the id of a registered one."""

    before: Level
    after: Level
    reason: str
    basis: str
    on: date


class ModelOwnerChanged(Event, frozen=True, kw_only=True):
    """`before` and `after`: the organisations' ids. `basis`: the document behind it, in words."""

    before: str
    after: str
    reason: str
    basis: str
    on: date
