"""Commands, queries and events of models."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from services.corrections.messages import CorrectedFact
from services.kernel.days import Days
from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Amount, Command, Event, Id, OnDay, Role, described
from services.kernel.rows import ByFilter, ByKeys, ByOwners, only
from services.kernel.units import UnitOnDay
from services.kernel.words import Word
from services.movement.changes import Change
from services.movement.flags import Flag
from services.movement.homes import Home
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
    HAND_OVER = "HAND_OVER", "Bàn giao cho đơn vị kế thừa"
    WITHDRAW = "WITHDRAW", "Rút đăng ký"
    DISCONTINUE = "DISCONTINUE", "Dừng thực hiện"
    CORRECT = "CORRECT", "Đính chính"


class SelfRating(Word):
    """Kết quả do chính đơn vị chủ trì tự đánh giá."""

    EXCEEDED = "EXCEEDED", "Vượt chỉ tiêu"
    MET = "MET", "Đạt chỉ tiêu"
    PARTLY_MET = "PARTLY_MET", "Đạt một phần chỉ tiêu"
    NOT_MET = "NOT_MET", "Không đạt chỉ tiêu"


class DraftModel(Command, frozen=True, kw_only=True):
    """`field`: code, name or alias. `target`: the expected result. `programme`: id of the programme it belongs to.

    `year`: the year for which it is registered; default the year of `on`. `on`, here and below: the day on which it
    happened; default today.
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
    """A step of a model.

    `expected_version`: the version that the caller has seen. If the model has another one by now, the step is refused.
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
    """A field that is left out stays as it is. An empty text or programme removes the value."""

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
    """Sends the model back for completion. The reason says what is missing."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Mô hình cần trả lại và lý do."

    reason: Annotated[str, described("Còn thiếu những gì.")]


class AcceptModel(OfModel, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})


class WithdrawModel(OfModel, frozen=True, kw_only=True):
    """Ends a model before it is implemented. An implemented model is discontinued instead."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Mô hình được rút, và lý do."

    reason: Annotated[str, described("Vì sao, tối đa 4000 ký tự.")]


class BeginModel(OfModel, frozen=True, kw_only=True):
    """The model counts as implemented in the year of `on`, and in each year that it is carried over to."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})


class NoteProgress(OfModel, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Tiến độ của một mô hình đang triển khai."

    text: Annotated[str, described("Đã làm được gì, tối đa 4000 ký tự.")]


class RecordContribution(OfModel, frozen=True, kw_only=True):
    """`amount`: an exact decimal in m², work-days or đồng, by kind. `covers`: what an amount of money stands for."""

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
    """The owner's own assessment of the result, in the year of implementation."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Kết quả tự đánh giá của đơn vị chủ trì."

    rating: Annotated[SelfRating, described("Kết quả so với chỉ tiêu.")]
    text: Annotated[str, described("Nội dung tự đánh giá, tối đa 4000 ký tự.")]


class CarryOverModel(OfModel, frozen=True, kw_only=True):
    """Continues the model in the year of `on`, in which it counts as implemented too."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})


class ChangeModelLevel(OfModel, frozen=True, kw_only=True):
    """`document`: the decision behind the change, in words. Earlier facts stay counted under the old level."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Cấp mới của một mô hình đã đăng ký, lý do và văn bản căn cứ."

    level: Annotated[Level, described("Cấp mới.")]
    reason: Annotated[str, described("Vì sao đổi, tối đa 4000 ký tự.")]
    document: Annotated[str, described("Văn bản căn cứ: loại, số, nơi ban hành, ngày; tối đa 300 ký tự.")]


class ChangeModelOwner(OfModel, frozen=True, kw_only=True):
    """`owner`: id of the new owner. The model keeps its unit."""

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
    """`version`: the version of the model that recorded it. Field, subject and level are as of then.

    `covers`: None unless the kind is money. `flags`: the rules that find it unlikely; `Model.flags` has the reasons.
    `corrected_version`: the version that corrected it last. `reversed_version`: the version that reversed it.
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
    corrected_version: int | None = None
    reversed_version: int | None = None


class CountedFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact of a model that reports count: the step and version that recorded it, its day, its row in each dimension.

    `year`: the year that the model is registered for; None for a contribution, which counts on its day.
    `kind`, `amount`, `covers`: of a contribution. `taken`: the version of a contribution that the model's withdrawal
    takes back on the day `on`. `registered`: whether the model was registered. `implemented_year`, `implemented_level`:
    as in `ModelDiscontinued`.
    """

    step: ModelStep
    version: int
    on: date
    field: Field
    subject_kind: SubjectKind
    level: Level
    kind: ContributionKind | None = None
    amount: Decimal | None = None
    covers: Covers | None = None
    taken: int | None = None
    registered: bool = True
    year: int | None = None
    implemented_year: int | None = None
    implemented_level: Level | None = None


class StatedResult(msgspec.Struct, frozen=True, kw_only=True):
    """A result that the draft states. The acceptance of the model records it as a contribution of the day `on`."""

    kind: ContributionKind
    amount: Decimal
    on: date


class SelfAssessment(msgspec.Struct, frozen=True, kw_only=True):
    rating: SelfRating
    text: str
    on: date


class ModelsFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all. `unit`: in it or below."""

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
    registered: Days = Days()


class ModelsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ModelHistory(ByOwners, frozen=True, kw_only=True):
    """The history of each model, oldest first. The keys are ids of models."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ModelNotes(ByOwners, frozen=True, kw_only=True):
    """The notes of progress in the history of each model."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """`field`: the name in GraphQL. `name`: the name in Vietnamese."""

    field: str
    name: str
    before: str | None
    after: str | None


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a model. `name`: the step in Vietnamese. `by`: the person's id. `text`: the note, if there is one.

    `asked_by`: of a correction, the person who proposed it.
    """

    version: int
    step: ModelStep
    name: str
    on: date
    recorded_at: datetime
    by: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.LEADER)]
    asked_by: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.LEADER)]
    reason: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.LEADER)]
    document: str | None
    text: str | None
    changes: tuple[ChangeRow, ...]


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day of the draft. `homes`: the units to which it was handed over. `lives_under`: its unit now.

    `owner`: the organisation's id. `year`: the year of registration.

    `recorded_months_later`: whole months from the day of submission to the day on which it was recorded.

    `state_since`: first day of the present state. `implemented_years`: years in which it counts as implemented.
    `ended_on`: the day on which it was withdrawn or discontinued. `notes`: number of notes of progress.
    """

    id: str
    version: int
    unit: UnitOnDay
    lives_under: UnitOnDay
    homes: tuple[Home, ...]
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
    submission_recorded_on: date | None
    recorded_months_later: int | None
    registered_on: date | None
    return_reason: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.LEADER)]
    state_since: date
    begun_on: date | None
    implemented_years: tuple[int, ...]
    self_assessment: SelfAssessment | None
    ended_on: date | None
    end_reason: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.LEADER)]
    notes: int
    stated: tuple[StatedResult, ...]
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
    stated: tuple[StatedResult, ...] = ()


class ModelSubmitted(Event, frozen=True, kw_only=True):
    on: date


class ModelReturned(Event, frozen=True, kw_only=True):
    reason: str
    on: date


class ModelRevised(Event, frozen=True, kw_only=True):
    changes: tuple[Change, ...]
    on: date


class _Counted(Event, frozen=True, kw_only=True):
    """The dimensions of reports, as of the day `on`. `year`: the year that the model is registered for."""

    field: Field
    subject_kind: SubjectKind
    level: Level
    on: date
    year: int | None = None


class ModelAccepted(_Counted, frozen=True, kw_only=True):
    """The model counts as registered in its year.

    `written_by`: the persons who drafted, revised or submitted it, who must not review it. `homes`: the units to which
    it was handed over.
    """

    owner: str
    title: str
    written_by: tuple[str, ...]
    homes: tuple[Home, ...] = ()


class ModelBegun(_Counted, frozen=True, kw_only=True):
    """The model is implemented from the day `on`, and counts as implemented in that year, or, if the year that it is
    registered for comes later, in that one.
    """


class ModelCarriedOver(_Counted, frozen=True, kw_only=True):
    """The model continues in the year of `on`, and counts as implemented in that year too."""


class ModelWithdrawn(_Counted, frozen=True, kw_only=True):
    """`registered`: whether the model was registered before. `taken`: its contributions, not counted from `on` on."""

    reason: str
    registered: bool
    taken: tuple[CountedFact, ...] = ()


class ModelDiscontinued(_Counted, frozen=True, kw_only=True):
    """`implemented_year`: the last year in which it counts as implemented, on the level `implemented_level`."""

    reason: str
    implemented_year: int | None = None
    implemented_level: Level | None = None


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
    """`before` and `after`: ids of organisations. `basis`: the document behind it, in words."""

    before: str
    after: str
    reason: str
    basis: str
    on: date


class ModelCorrected(Event, frozen=True, kw_only=True):
    """A fact of a registered model was corrected, or reversed: the changes say what it was before.

    `correction`: its id. `fact_version`: the version of the model that recorded the fact. `basis`: the document behind
    it, in words; may be empty. `approved_by`: None if it changes no figures. Figures count the facts `counted` instead
    of the facts `struck`, on the days of these facts. `title`, `field`, `subject_kind`: as they are now. `counted_in`:
    the last year in which the model counts as implemented; if it has not begun, the year that it is registered for.
    """

    correction: str
    fact: CorrectedFact
    fact_version: int
    reverses: bool
    changes: tuple[Change, ...]
    reason: str
    basis: str
    proposed_by: str
    approved_by: str | None
    on: date
    struck: tuple[CountedFact, ...]
    counted: tuple[CountedFact, ...]
    title: str
    field: Field
    subject_kind: SubjectKind
    counted_in: int | None = None
    made_under: str = ""
    homes: tuple[Home, ...] = ()


class ModelHandedOver(Event, frozen=True, kw_only=True):
    """`before`: path of the unit that has ended; `unit`: that of the one under which the model lives from now on.

    `made_under`: path of its first unit. `homes`: all units to which it was handed over, each with its first day.
    `level`: of the model from now on.
    """

    before: str
    made_under: str
    homes: tuple[Home, ...]
    level: Level
    basis: str
    on: date
