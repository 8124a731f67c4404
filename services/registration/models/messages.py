"""What models can be asked to do, and what is announced of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Role
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

    owner: str
    title: str
    field: str
    subject_kind: SubjectKind
    summary: str = ""
    place: str = ""
    target: str = ""
    programme: str | None = None
    year: int | None = None
    on: date | None = None


class OfModel(Command, frozen=True, kw_only=True):
    """What is done with a model that is there.

    `expected_version`: the version that whoever asks has seen; should there be another by now, nothing is done.
    """

    model: str
    expected_version: int | None = None
    on: date | None = None


class ReviseModel(OfModel, frozen=True, kw_only=True):
    """What is left out stays as it is; an empty text or programme takes away what was there."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    title: str | None = None
    summary: str | None = None
    place: str | None = None
    target: str | None = None
    programme: str | None = None
    year: int | None = None
    field: str | None = None
    subject_kind: SubjectKind | None = None


class SubmitModel(OfModel, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})


class ReturnModel(OfModel, frozen=True, kw_only=True):
    """Sends it back for completion, saying what is missing."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})

    reason: str


class AcceptModel(OfModel, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})


class WithdrawModel(OfModel, frozen=True, kw_only=True):
    """Before it is carried out; what is carried out already is discontinued."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    reason: str


class BeginModel(OfModel, frozen=True, kw_only=True):
    """It counts as implemented on the day `on`, and from then on in each year that it is carried over to."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})


class NoteProgress(OfModel, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    text: str


class RecordContribution(OfModel, frozen=True, kw_only=True):
    """`amount`: an exact decimal in the kind's own measure: m², work-days, đồng. `covers`: what money stands for."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    kind: ContributionKind
    amount: str
    covers: Covers | None = None
    note: str = ""


class SelfAssessModel(OfModel, frozen=True, kw_only=True):
    """What the owner itself thinks has come of it, in the year it is carried out in."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    rating: SelfRating
    text: str


class CarryOverModel(OfModel, frozen=True, kw_only=True):
    """It goes on in the year of `on`, and is counted as implemented in that year too."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})


class ChangeModelLevel(OfModel, frozen=True, kw_only=True):
    """`document`: the decision it rests on, in words. What is counted already stays counted under the old level."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})

    level: Level
    reason: str
    document: str


class ChangeModelOwner(OfModel, frozen=True, kw_only=True):
    """`owner`: the id of the new one. The model keeps the unit it was drafted in."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    owner: str
    reason: str
    document: str


class DiscontinueModel(OfModel, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    reason: str


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


class ModelFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is left out does not restrict. `unit`: in it or below."""

    unit: str | None = None
    owner: str | None = None
    field: Field | None = None
    level: Level | None = None
    subject_kind: SubjectKind | None = None
    state: ModelState | None = None
    programme: str | None = None
    year: int | None = None
    flagged: bool | None = None


class ModelsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: ModelFilter = ModelFilter()


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
    """From now on it counts as registered, on the day `on`. `submitted_by`: who must not review it."""

    owner: str
    title: str
    submitted_by: str


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
    before: Level
    after: Level
    reason: str
    document: str
    on: date


class ModelOwnerChanged(Event, frozen=True, kw_only=True):
    """`before` and `after`: the organisations' ids."""

    before: str
    after: str
    reason: str
    document: str
    on: date
