"""The commands, queries and events of review: the only module of it that other services may import."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.corrections.messages import Correct, CorrectionMessages
from services.kernel.days import Days
from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, OnDay, Role, described
from services.kernel.rows import ByFilter, ByKeys, only
from services.kernel.words import Word
from services.movement.changes import Change
from services.movement.homes import Home
from services.movement.words import Field, Level, SubjectKind
from services.todo import messages as todo

REVIEW = Kind("review", "hồ sơ thẩm định", "review")
CORRECTIONS = CorrectionMessages("review")


class Verdict(Word):
    """Kết quả thẩm định."""

    RECOGNISED = "RECOGNISED", "Được công nhận"
    NOT_MET = "NOT_MET", "Chưa đạt"
    REVOKED = "REVOKED", "Đã thu hồi công nhận"


class Closing(Word):
    """Vì sao hồ sơ thẩm định được khép lại."""

    WITHDRAWN = "WITHDRAWN", "Mô hình đã rút"
    DISCONTINUED = "DISCONTINUED", "Mô hình đã dừng thực hiện"
    RECORD_LOST = "RECORD_LOST", "Việc đăng ký mô hình không còn sau khi khôi phục dữ liệu"


class ReviewStep(Word):
    """Một quyết định về hồ sơ thẩm định được tính trong báo cáo."""

    DECIDE = "DECIDE", "Kết quả thẩm định"
    NOMINATE = "NOMINATE", "Đề nghị biểu dương, khen thưởng"
    REVOKE = "REVOKE", "Thu hồi công nhận"
    REVOKE_NOMINATION = "REVOKE_NOMINATION", "Thu hồi đề nghị biểu dương, khen thưởng"
    WITHDRAW = "WITHDRAW", "Kết quả không còn được tính vì mô hình đã rút"
    WITHDRAW_NOMINATION = "WITHDRAW_NOMINATION", "Đề nghị không còn được tính vì mô hình đã rút"


class DecideReview(Command, frozen=True, kw_only=True):
    """`on`: the day of the decision; default today. After a carry-over, a day in an earlier year decides that year."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Kết quả thẩm định và lý do."

    review: Annotated[Id, described("Mã hồ sơ thẩm định.")]
    verdict: Annotated[Verdict, described("Kết quả.")]
    reason: Annotated[str, described("Vì sao có kết quả ấy.")]
    on: OnDay = None


class NominateReview(Command, frozen=True, kw_only=True):
    """Passes a recognised model to the council of the next level (đề nghị biểu dương, khen thưởng).

    `decision`: the version of the review that recorded the recognition; default that of the present year.
    """

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Hồ sơ được đề nghị biểu dương, khen thưởng."

    review: Annotated[Id, described("Mã hồ sơ thẩm định.")]
    decision: Annotated[
        int | None,
        described("`decidedVersion` của công nhận, kể cả của một năm trước; bỏ trống là của năm hiện nay."),
    ] = None
    on: OnDay = None


class ReviewsFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all. `unit`: in it or below."""

    vi: ClassVar[str] = "Lọc hồ sơ thẩm định; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Trong đơn vị này và cấp dưới.")] = None
    owner: Annotated[Id | None, described("Của mô hình mà tổ chức có đúng mã này chủ trì.")] = None
    year: Annotated[int | None, described("Thẩm định cho năm này.")] = None
    undecided: Annotated[
        bool | None, described("Đang chờ kết quả: chưa có kết quả và chưa khép lại; hoặc ngược lại.")
    ] = None
    verdict: Annotated[Verdict | None, described("Có kết quả này.")] = None
    field: Annotated[Field | None, described("Mô hình thuộc lĩnh vực này.")] = None
    level: Annotated[Level | None, described("Thẩm định ở cấp này.")] = None
    subject_kind: Annotated[SubjectKind | None, described("Của tập thể hay của cá nhân.")] = None
    opened: Annotated[Days | None, described("Mở trong những ngày này.")] = None
    decided: Annotated[Days | None, described("Có kết quả trong những ngày này.")] = None
    nominated: Annotated[Days | None, described("Được đề nghị trong những ngày này.")] = None


class ReviewsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: ReviewsFilter = ReviewsFilter()


class ToDoPage(todo.ToDoPage, frozen=True, kw_only=True):
    """The work that waits for the caller in review."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ReviewsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ReviewsByModel(ByKeys, frozen=True, kw_only=True):
    """The keys are ids of models."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision for `year`, named by `decided_version`, with the nomination and the revocations that followed.

    Each day has the version of the review that recorded it. `decided_level`, `nominated_level`: the level of the model
    on these days. A revocation of the recognition takes the nomination with it.
    """

    year: int | None = None
    verdict: Verdict
    decided_on: date
    decided_version: int
    decided_level: Level | None = None
    nominated_on: date | None = None
    nominated_version: int | None = None
    nominated_level: Level | None = None
    revoked_on: date | None = None
    revoked_version: int | None = None
    nomination_revoked_on: date | None = None
    nomination_revoked_version: int | None = None
    field: Field
    subject_kind: SubjectKind
    level: Level


class ReviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """`model`: its id. `closed_on`: the day on which the model was withdrawn or discontinued; a verdict stays.

    If the registration of the model was lost, the review has no verdict any more. `year`: the year that the model is
    judged for. `begun_on`: since when the model is carried out, as far as review knows. `earlier`: oldest first.
    """

    id: str
    version: int
    model: str
    title: str
    opened_on: date
    verdict: Verdict | None
    reason: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.SUPERVISOR, Role.LEADER)]
    decided_on: date | None
    decided_version: int | None
    nominated_on: date | None
    revoked_on: date | None
    nomination_revoked_on: date | None
    closed_on: date | None
    closed_because: Closing | None
    year: int | None
    begun_on: date | None
    earlier: tuple[Decision, ...]


class _AboutModel(Event, frozen=True, kw_only=True):
    """The fields of the model that every event of a review has, so that readers can count it without a query.

    `year`: the year that the model is judged for.
    """

    model: str
    title: str
    field: Field
    subject_kind: SubjectKind
    level: Level
    on: date
    year: int | None = None


class ReviewOpened(_AboutModel, frozen=True, kw_only=True):
    """The model was accepted: its review file (hồ sơ thẩm định) waits for a decision.

    Once more, when a decided model is carried over to its next year, and when the end of the model was lost with a
    restored database.
    """


class ReviewDecided(_AboutModel, frozen=True, kw_only=True):
    verdict: Verdict
    reason: str


class ReviewNominated(_AboutModel, frozen=True, kw_only=True):
    """The model is passed to the council of the next level (đề nghị biểu dương, khen thưởng)."""


class ReviewClosed(_AboutModel, frozen=True, kw_only=True):
    """The model was withdrawn or discontinued: the review takes no more decisions. An earlier verdict stays.

    If the registration of the model was lost, so is the verdict: it no longer counts. If the model was withdrawn, the
    verdict does not count from that day on. In both cases `verdict`, `decided_on` and `nominated_on` say what does not
    count.
    """

    because: Closing
    verdict: Verdict | None = None
    decided_on: date | None = None
    nominated_on: date | None = None


class ReviewedModelChanged(_AboutModel, frozen=True, kw_only=True):
    """The model has begun, or its days, its owner or, before a decision, its level changed.

    After a restore of registration's database, any value can differ. The owner must not review the model. The level
    decides where the review is counted.
    """

    owner: str | None


class CountedDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that reports count: the step and version that recorded it, its day, and its row in each dimension."""

    step: ReviewStep
    version: int
    on: date
    verdict: Verdict
    field: Field
    subject_kind: SubjectKind
    level: Level
    year: int | None = None


class ReviewCorrected(_AboutModel, frozen=True, kw_only=True):
    """A decision was corrected or reversed, or the field or subject of a decided model was corrected.

    `verdict`: the verdict that holds now. Figures count the decisions `counted` instead of the decisions `struck`,
    on the days of these decisions. `correction`: the id of the correction; the other fields are as in `ModelCorrected`.
    """

    struck: tuple[CountedDecision, ...]
    counted: tuple[CountedDecision, ...]
    made_under: str = ""
    homes: tuple[Home, ...] = ()
    verdict: Verdict | None = None
    correction: str | None = None
    changes: tuple[Change, ...] = ()
    reason: str | None = None
    basis: str = ""
    proposed_by: str | None = None
    approved_by: str | None = None


class ReviewRevoked(_AboutModel, frozen=True, kw_only=True):
    """A recognition or a nomination was revoked: it was right when it was made, and no longer counts from `on` on.

    `year`: the year of the decision. `verdict`: the one that holds for that year now: REVOKED, or RECOGNISED if only
    the nomination was revoked. `revoked`: the steps that figures count. The other fields are as in `ReviewCorrected`.
    """

    revoked: tuple[CountedDecision, ...]
    verdict: Verdict
    decided_on: date
    nominated_on: date | None
    correction: str
    reason: str
    basis: str
    proposed_by: str | None
    approved_by: str | None


class ReviewHandedOver(_AboutModel, frozen=True, kw_only=True):
    """The model was handed over to a successor of its unit: the review goes on there, under `unit`.

    `made_under`: path of its first unit. `homes`: the units to which it was handed over, each with its first day.
    `decided`: whether there was a verdict before, and `verdict`: that one.
    """

    made_under: str
    homes: tuple[Home, ...]
    decided: bool
    verdict: Verdict | None = None


class _OfReview(Correct, frozen=True, kw_only=True):
    """`expected_version`: the version of the review that the caller has seen."""

    review: Annotated[Id, described("Mã hồ sơ thẩm định.")]
    decision: Annotated[
        int | None,
        described("`decidedVersion` của kết quả, kể cả của một năm trước; bỏ trống là kết quả hiện nay."),
    ] = None
    expected_version: Annotated[
        int | None,
        described("Phiên bản của hồ sơ mà người gửi đã xem; bỏ trống là không kiểm tra."),
    ] = None


class CorrectVerdict(_OfReview, frozen=True, kw_only=True):
    """Proposes another verdict, or another day of it. A nomination falls with the recognition that it rests on."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Kết quả thẩm định đúng; trường nào bỏ trống thì giữ nguyên."

    verdict: Annotated[Verdict | None, described("Kết quả đúng.")] = None
    on: Annotated[date | None, described("Ngày có kết quả đúng.")] = None


class ReverseVerdict(_OfReview, frozen=True, kw_only=True):
    """Proposes that the decision was recorded by mistake: the review waits for a decision again."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Kết quả thẩm định cần hủy bỏ vì ghi nhầm, và lý do."


class _Revoke(_OfReview, frozen=True, kw_only=True):
    """`on`: the day of the revocation; default today."""

    on: OnDay = None


class RevokeRecognition(_Revoke, frozen=True, kw_only=True):
    """Proposes to revoke a recognition that was right when it was made. Its nomination ends with it."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Công nhận cần thu hồi, từ ngày nào và vì sao."


class RevokeNomination(_Revoke, frozen=True, kw_only=True):
    """Proposes to revoke a nomination. The recognition stays."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Đề nghị biểu dương, khen thưởng cần thu hồi, từ ngày nào và vì sao."


class ReverseRevocation(_OfReview, frozen=True, kw_only=True):
    """Proposes to reverse the latest revocation of a decision, recorded by mistake: the decision holds again."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})
    vi: ClassVar[str] = "Việc thu hồi cần hủy bỏ vì ghi nhầm, và lý do."
