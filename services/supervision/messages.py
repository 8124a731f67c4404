"""Commands, queries, rows and events of supervision: the only module that other services may import."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.corrections.messages import Correct, CorrectionMessages
from services.kernel.days import Days
from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, Role, described
from services.kernel.rows import ByFilter, ByKeys
from services.kernel.units import UnitOnDay
from services.kernel.words import Word
from services.movement.changes import Change
from services.movement.words import BodyKind
from services.todo import messages as todo

ACTIVITY = Kind("activity", "cuộc giám sát, phản biện", "supervision activity")
CORRECTIONS = CorrectionMessages("supervision", inherits=True)
SUPERVISORS = frozenset({Role.SUPERVISOR})


class ActivityKind(Word):
    """Loại cuộc giám sát."""

    SUPERVISION = "SUPERVISION", "Giám sát"
    SOCIAL_CRITICISM = "SOCIAL_CRITICISM", "Phản biện xã hội"
    INSPECTION = "INSPECTION", "Kiểm tra"
    SURVEY = "SURVEY", "Khảo sát"


class RecordActivity(Command, frozen=True, kw_only=True):
    """`bodies`: ids of the organisations that held it together. `held_on`: today when left out.

    Activities are not handed over. The unit that has the whole of an ended unit enters and corrects its activities.
    """

    roles: ClassVar[frozenset[Role]] = SUPERVISORS
    inherits: ClassVar[bool] = True
    vi: ClassVar[str] = "Một cuộc giám sát, phản biện, kiểm tra hoặc khảo sát."

    kind: Annotated[ActivityKind, described("Loại cuộc.")]
    bodies: Annotated[tuple[Id, ...], described("Mã các tổ chức cùng thực hiện, từ 1 đến 20.")]
    unit: Annotated[Id, described("Mã đơn vị nơi tiến hành.")]
    title: Annotated[str, described("Nội dung của cuộc, tối đa 300 ký tự.")]
    held_on: Annotated[date | None, described("Ngày tiến hành; bỏ trống là hôm nay.")] = None


class _OfActivity(Correct, frozen=True, kw_only=True):
    """`expected_version`: the version of the activity that the caller has seen."""

    inherits: ClassVar[bool] = True

    activity: Annotated[Id, described("Mã cuộc giám sát, phản biện.")]
    expected_version: Annotated[
        int | None,
        described("Phiên bản của cuộc mà người gửi đã xem; bỏ trống là không kiểm tra."),
    ] = None


class CorrectActivity(_OfActivity, frozen=True, kw_only=True):
    """Proposes other values of an activity. A value that is left out stays as it is. `bodies`: all of them."""

    roles: ClassVar[frozenset[Role]] = SUPERVISORS
    vi: ClassVar[str] = "Giá trị đúng của một cuộc đã ghi nhận; trường nào bỏ trống thì giữ nguyên."

    kind: Annotated[ActivityKind | None, described("Loại cuộc.")] = None
    bodies: Annotated[
        tuple[Id, ...] | None,
        described("Mã tất cả các tổ chức cùng thực hiện, từ 1 đến 20, kể cả những tổ chức đã ghi."),
    ] = None
    unit: Annotated[Id | None, described("Mã đơn vị nơi tiến hành.")] = None
    title: Annotated[str | None, described("Nội dung của cuộc, tối đa 300 ký tự.")] = None
    held_on: Annotated[date | None, described("Ngày tiến hành.")] = None


class ReverseActivity(_OfActivity, frozen=True, kw_only=True):
    """Proposes that an activity was recorded by mistake, or a second time, and counts no more."""

    roles: ClassVar[frozenset[Role]] = SUPERVISORS
    vi: ClassVar[str] = "Cuộc cần hủy bỏ vì ghi nhầm hay ghi hai lần, và lý do."


class ActivitiesById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ActivitiesFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all. `unit`: in it or below."""

    vi: ClassVar[str] = "Lọc các cuộc giám sát; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Trong đơn vị này và cấp dưới.")] = None
    kind: Annotated[ActivityKind | None, described("Thuộc loại này.")] = None
    body: Annotated[Id | None, described("Do tổ chức này thực hiện, một mình hay cùng tổ chức khác.")] = None
    held: Annotated[Days | None, described("Tiến hành trong những ngày này.")] = None
    reversed: Annotated[bool | None, described("Đã bị hủy bỏ vì ghi nhầm; hoặc ngược lại.")] = None


class ActivitiesPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: ActivitiesFilter = ActivitiesFilter()


class ToDoPage(todo.ToDoPage, frozen=True, kw_only=True):
    """The work that waits for the caller in supervision."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ActivityBody(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation that held the activity, with its name and kind on that day."""

    organisation: str
    name: str
    kind: BodyKind


class ActivityRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day on which it was held. `alike`: ids of earlier records that may be of the same activity.

    `reversed_on`: since when it does not count.
    """

    id: str
    version: int
    unit: UnitOnDay
    kind: ActivityKind
    bodies: tuple[ActivityBody, ...]
    title: str
    held_on: date
    alike: tuple[str, ...]
    reversed_on: date | None


class ActivityRecorded(Event, frozen=True, kw_only=True):
    kind: ActivityKind
    bodies: tuple[ActivityBody, ...]
    held_on: date


class CountedActivity(msgspec.Struct, frozen=True, kw_only=True):
    """An activity as reports count it. `version`: of the record when it was recorded. `unit`: the path on that day."""

    version: int
    kind: ActivityKind
    bodies: tuple[ActivityBody, ...]
    held_on: date
    unit: str


class ActivityCorrected(Event, frozen=True, kw_only=True):
    """An activity was corrected or reversed. The fields are as in registration's `ModelCorrected`."""

    correction: str
    reverses: bool
    changes: tuple[Change, ...]
    reason: str
    basis: str
    proposed_by: str
    approved_by: str | None
    on: date
    struck: tuple[CountedActivity, ...]
    counted: tuple[CountedActivity, ...]
