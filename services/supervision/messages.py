"""Commands, queries, rows and events of supervision: the only module that other services may import."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.days import Days
from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, Role, described
from services.kernel.rows import ByFilter, ByKeys
from services.kernel.units import UnitOnDay
from services.kernel.words import Word
from services.movement.words import BodyKind

ACTIVITY = Kind("activity", "cuộc giám sát, phản biện", "supervision activity")


class ActivityKind(Word):
    """Loại cuộc giám sát."""

    SUPERVISION = "SUPERVISION", "Giám sát"
    SOCIAL_CRITICISM = "SOCIAL_CRITICISM", "Phản biện xã hội"
    INSPECTION = "INSPECTION", "Kiểm tra"
    SURVEY = "SURVEY", "Khảo sát"


class RecordActivity(Command, frozen=True, kw_only=True):
    """`bodies`: ids of the organisations that held it together. `held_on`: today when left out."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.SUPERVISOR})
    vi: ClassVar[str] = "Một cuộc giám sát, phản biện, kiểm tra hoặc khảo sát."

    kind: Annotated[ActivityKind, described("Loại cuộc.")]
    bodies: Annotated[tuple[Id, ...], described("Mã các tổ chức cùng thực hiện, từ 1 đến 20.")]
    unit: Annotated[Id, described("Mã đơn vị nơi tiến hành.")]
    title: Annotated[str, described("Nội dung của cuộc, tối đa 300 ký tự.")]
    held_on: Annotated[date | None, described("Ngày tiến hành; bỏ trống là hôm nay.")] = None


class ActivitiesById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ActivitiesFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all. `unit`: in it or below."""

    vi: ClassVar[str] = "Lọc các cuộc giám sát; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Trong đơn vị này và cấp dưới.")] = None
    kind: Annotated[ActivityKind | None, described("Thuộc loại này.")] = None
    body: Annotated[Id | None, described("Do tổ chức này thực hiện, một mình hay cùng tổ chức khác.")] = None
    held: Annotated[Days | None, described("Tiến hành trong những ngày này.")] = None


class ActivitiesPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: ActivitiesFilter = ActivitiesFilter()


class ActivityBody(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation that held the activity, with its name and kind on that day."""

    organisation: str
    name: str
    kind: BodyKind


class ActivityRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day on which it was held. `alike`: ids of earlier records that may be of the same activity."""

    id: str
    version: int
    unit: UnitOnDay
    kind: ActivityKind
    bodies: tuple[ActivityBody, ...]
    title: str
    held_on: date
    alike: tuple[str, ...]


class ActivityRecorded(Event, frozen=True, kw_only=True):
    kind: ActivityKind
    bodies: tuple[ActivityBody, ...]
    held_on: date
