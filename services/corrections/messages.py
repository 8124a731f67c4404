"""Messages about corrections, and the rows they answer with: the same for every service.

The message classes are bases without `roles`, so they have no subject. A service has classes of its own: its
`CorrectionMessages`, declared in its `messages.py`.
"""

from datetime import date
from typing import Annotated, Any, ClassVar, TypeVar, cast

import msgspec

from services.kernel.kinds import Kind, Noun
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, Message, Role, described
from services.kernel.rows import ByFilter, ByKeys, ByOwners, Shows, only
from services.kernel.words import Word
from services.movement.changes import Change
from services.movement.homes import Home

CORRECTION = Noun("correction", "đính chính", "correction")
APPROVERS = frozenset({Role.APPRAISER, Role.LEADER})
"""The roles that approve or decline a correction which changes figures."""
PROPOSERS = frozenset({Role.OFFICER, Role.APPRAISER, Role.SUPERVISOR})
"""The roles that propose some correction, and recall it."""
INVOLVED = (Role.OFFICER, Role.APPRAISER, Role.SUPERVISOR, Role.LEADER)


M = TypeVar("M", bound=Message)


class CorrectionState(Word):
    """Trạng thái của một đính chính."""

    WAITING = "WAITING", "Chờ người thứ hai duyệt"
    APPLIED = "APPLIED", "Đã có hiệu lực"
    DECLINED = "DECLINED", "Không được duyệt"
    RECALLED = "RECALLED", "Người đề nghị đã rút lại"


class CorrectedFact(Word):
    """Loại dữ kiện được đính chính."""

    CONTRIBUTION = "CONTRIBUTION", "Một lần ghi nhận nguồn lực"
    MODEL = "MODEL", "Nội dung của mô hình đã đăng ký"
    STEP = "STEP", "Ngày của một bước của mô hình"
    VERDICT = "VERDICT", "Kết quả thẩm định"
    REVOCATION = "REVOCATION", "Thu hồi công nhận, đề nghị biểu dương"
    MERGE = "MERGE", "Việc gộp tổ chức"
    ACTIVITY = "ACTIVITY", "Cuộc giám sát, phản biện, kiểm tra, khảo sát"


class Correct(Command, frozen=True, kw_only=True):
    """A proposal to correct or to reverse a fact. `document`: the document behind it, in words."""

    reason: Annotated[str, described("Vì sao đính chính, tối đa 4000 ký tự.")]
    document: Annotated[str, described("Văn bản căn cứ, nếu có; tối đa 300 ký tự.")] = ""


class ApproveCorrection(Command, frozen=True, kw_only=True):
    """Applies a correction that another person has proposed."""

    vi: ClassVar[str] = "Đính chính được duyệt."

    correction: Annotated[Id, described("Mã đính chính.")]


class DeclineCorrection(Command, frozen=True, kw_only=True):
    vi: ClassVar[str] = "Đính chính không được duyệt, và lý do."

    correction: Annotated[Id, described("Mã đính chính.")]
    reason: Annotated[str, described("Vì sao không duyệt, tối đa 4000 ký tự.")]


class RecallCorrection(Command, frozen=True, kw_only=True):
    """Takes back a correction of the caller's own that waits for approval."""

    vi: ClassVar[str] = "Đính chính mà người đề nghị rút lại."

    correction: Annotated[Id, described("Mã đính chính.")]


class CorrectionsFilter(msgspec.Struct, frozen=True, kw_only=True):
    """An absent field does not restrict. `unit`: in it or below."""

    vi: ClassVar[str] = "Lọc đính chính; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Trong đơn vị này và cấp dưới.")] = None
    state: Annotated[
        CorrectionState | None, described("Ở trạng thái này; WAITING là những đính chính chờ duyệt.")
    ] = None
    fact: Annotated[CorrectedFact | None, described("Của loại dữ kiện này.")] = None


class CorrectionsPage(ByFilter, frozen=True, kw_only=True):
    """Corrections, the newest first."""

    filter: CorrectionsFilter = CorrectionsFilter()


class CorrectionsById(ByKeys, frozen=True, kw_only=True):
    pass


class CorrectionsOfRecords(ByOwners, frozen=True, kw_only=True):
    """The corrections of each record, the newest first. The keys are ids of the records."""


class CorrectionCounts(Shows, frozen=True, kw_only=True):
    """The number of corrections in each state, as one `CountsRow`. `unit`: only in it or below."""

    unit: str | None = None


class CorrectedValue(msgspec.Struct, frozen=True, kw_only=True):
    """`field`: the name in GraphQL. `name`: the name in Vietnamese."""

    field: str
    name: str
    before: str | None
    after: str | None


class CorrectionRow(msgspec.Struct, frozen=True, kw_only=True):
    """`record`: id of the record whose fact it is. `fact_version`: the version of the record that recorded the fact.

    `reverses`: nothing takes the place of the fact. `figures`: whether it changes figures, and so needs an approval.
    """

    id: str
    version: int
    unit: str
    record: str
    fact: CorrectedFact
    fact_version: int
    state: CorrectionState
    reverses: bool
    figures: bool
    values: tuple[CorrectedValue, ...]
    reason: Annotated[str | None, only(*INVOLVED)]
    document: str | None
    proposed_on: date
    proposed_by: Annotated[str | None, only(*INVOLVED)]
    decided_on: date | None
    decided_by: Annotated[str | None, only(*INVOLVED)]
    decline_reason: Annotated[str | None, only(*INVOLVED)]


class CountsRow(msgspec.Struct, frozen=True, kw_only=True):
    waiting: int
    applied: int
    declined: int
    recalled: int


class _CorrectionEvent(Event, frozen=True, kw_only=True):
    record: str
    fact: CorrectedFact
    fact_version: int
    on: date


class _CorrectionProposed(_CorrectionEvent, frozen=True, kw_only=True):
    """`applied`: it needs no approval and is in force. `basis`: the document behind it, in words; may be empty."""

    changes: tuple[Change, ...]
    reverses: bool
    figures: bool
    applied: bool
    reason: str
    basis: str


class _CorrectionApproved(_CorrectionEvent, frozen=True, kw_only=True):
    proposed_by: str


class _CorrectionDeclined(_CorrectionEvent, frozen=True, kw_only=True):
    reason: str


class _CorrectionRecalled(_CorrectionEvent, frozen=True, kw_only=True):
    pass


class _CorrectionHandedOver(_CorrectionEvent, frozen=True, kw_only=True):
    """The record was handed over to a successor of its unit. The correction now belongs to that successor, `unit`."""

    made_under: str
    homes: tuple[Home, ...]


class CorrectionMessages:
    """The message classes of one service, under the names of the bases above.

    `inherits`: whether the successor of a unit may correct records of that unit without a hand-over.
    """

    def __init__(self, service: str, *, inherits: bool = False) -> None:
        self._inherits = inherits
        self.__name__ = f"services.{service}.corrections.messages"
        self.kind = Kind(CORRECTION.field, CORRECTION.vi, CORRECTION.en, service=service)
        self.ApproveCorrection = self._own("ApproveCorrection", ApproveCorrection, APPROVERS)
        self.DeclineCorrection = self._own("DeclineCorrection", DeclineCorrection, APPROVERS)
        self.RecallCorrection = self._own("RecallCorrection", RecallCorrection, PROPOSERS)
        self.CorrectionsPage = self._own("CorrectionsPage", CorrectionsPage, ANY_OFFICE)
        self.CorrectionsById = self._own("CorrectionsById", CorrectionsById, ANY_OFFICE)
        self.CorrectionsOfRecords = self._own("CorrectionsOfRecords", CorrectionsOfRecords, ANY_OFFICE)
        self.CorrectionCounts = self._own("CorrectionCounts", CorrectionCounts, ANY_OFFICE)
        self.CorrectionProposed = self._own("CorrectionProposed", _CorrectionProposed)
        self.CorrectionApproved = self._own("CorrectionApproved", _CorrectionApproved)
        self.CorrectionDeclined = self._own("CorrectionDeclined", _CorrectionDeclined)
        self.CorrectionRecalled = self._own("CorrectionRecalled", _CorrectionRecalled)
        self.CorrectionHandedOver = self._own("CorrectionHandedOver", _CorrectionHandedOver)

    def _own(self, name: str, base: type[M], roles: frozenset[Role] | None = None) -> type[M]:
        """A class of the service that adds nothing to the base but its subject, and the roles that may send it."""
        own = msgspec.defstruct(
            name,
            (),
            bases=(base,),
            module=self.__name__,
            namespace=self._declared(base, roles) if roles else {},
            frozen=True,
            kw_only=True,
        )
        return cast("type[M]", own)

    def _declared(self, base: type[Message], roles: frozenset[Role]) -> dict[str, Any]:
        of_command = {"inherits": self._inherits} if issubclass(base, Command) else {}
        return {"roles": roles, **of_command}
