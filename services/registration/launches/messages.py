"""Commands, queries and events of launches.

A launch asks units to register a model for one year of a programme by a day.
"""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, Role, described
from services.kernel.rows import ByFilter, ByKeys, ByOwners
from services.kernel.units import UnitLevel, UnitOnDay
from services.kernel.words import Word
from services.movement.homes import Home
from services.registration.programmes.messages import DIRECTS

LAUNCH = Kind("launch", "đợt phát động", "launch")


class Standing(Word):
    """Đơn vị đã đăng ký đến đâu theo một đợt phát động."""

    IN_TIME = "IN_TIME", "Đã đăng ký, gửi đúng hạn"
    DECLARED = "DECLARED", "Đã đăng ký, đúng hạn theo ngày khai, ghi nhận sau hạn"
    LATE = "LATE", "Đã đăng ký, gửi quá hạn"
    WAITING = "WAITING", "Đã gửi, chờ chấp nhận"
    DRAFTING = "DRAFTING", "Mới có bản nháp hoặc bị trả lại"
    NOTHING = "NOTHING", "Chưa có gì"
    UNASSIGNED = "UNASSIGNED", "Đơn vị đã bị chia tách, chưa gán được"


class LaunchProgramme(Command, frozen=True, kw_only=True):
    """Each unit of `level` in `unit` must submit a model for `year` by the end of the day `until`.

    `document`: id of the document that orders it. `on`: the day of the launch; default today.
    """

    roles: ClassVar[frozenset[Role]] = DIRECTS
    vi: ClassVar[str] = "Phát động đăng ký cho một năm."

    programme: Annotated[Id, described("Mã chương trình.")]
    unit: Annotated[Id, described("Đơn vị phát động, thuộc chương trình.")]
    year: Annotated[int, described("Năm, trong thời kỳ của chương trình.")]
    level: Annotated[UnitLevel, described("Giao cho các đơn vị cấp này.")]
    until: Annotated[date, described("Hạn gửi, tính hết ngày ấy, muộn nhất là ngày cuối của năm.")]
    document: Annotated[Id | None, described("Mã văn bản phát động.")] = None
    message: Annotated[str, described("Lời phát động, tối đa 2000 ký tự.")] = ""
    on: Annotated[date | None, described("Ngày phát động; bỏ trống là hôm nay.")] = None


class ExtendLaunch(Command, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = DIRECTS
    vi: ClassVar[str] = "Gia hạn một đợt phát động."

    launch: Annotated[Id, described("Mã đợt phát động.")]
    until: Annotated[date, described("Hạn mới, sau hạn cũ.")]
    reason: Annotated[str, described("Lý do, tối đa 2000 ký tự.")]


class RecallLaunch(Command, frozen=True, kw_only=True):
    """Ends the launch: units no longer need to submit a model. Submitted models stay."""

    roles: ClassVar[frozenset[Role]] = DIRECTS
    vi: ClassVar[str] = "Thu hồi một đợt phát động."

    launch: Annotated[Id, described("Mã đợt phát động.")]
    reason: Annotated[str, described("Lý do, tối đa 2000 ký tự.")]


class LaunchesFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all. `unit`: launched in it or below."""

    vi: ClassVar[str] = "Lọc đợt phát động; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Phát động ở đơn vị này và cấp dưới.")] = None
    programme: Annotated[Id | None, described("Của chương trình này.")] = None
    year: Annotated[int | None, described("Của năm này.")] = None


class LaunchesPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: LaunchesFilter = LaunchesFilter()


class LaunchesFor(ByFilter, frozen=True, kw_only=True):
    """Launches that address this unit, newest first. `open`: only those whose last day has not passed."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    unit: str
    open: bool = False


class LaunchesById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class LaunchesOfProgrammes(ByOwners, frozen=True, kw_only=True):
    """Launches of each programme, newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class LaunchUnits(ByFilter, frozen=True, kw_only=True):
    """The addressed units of a launch that the caller may see, by code. `standings`: empty matches all."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    launch: str
    standings: tuple[Standing, ...] = ()


class LaunchTotals(ByKeys, frozen=True, kw_only=True):
    """For each launch, the number of units of each standing. Units out of the caller's scope are not counted."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """`before`: the former last day."""

    before: date
    reason: str
    on: date


class LaunchRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day of the launch. `lives_under`: its unit now. `until`: the last day, included."""

    id: str
    version: int
    unit: UnitOnDay
    lives_under: UnitOnDay
    homes: tuple[Home, ...]
    programme: str
    year: int
    level: UnitLevel
    until: date
    message: str
    document: str | None
    launched_on: date
    extensions: tuple[Extension, ...]
    recalled_on: date | None
    recall_reason: str | None


class LaunchUnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day of the launch. `ended_on`: first day without the unit.

    Numbers of models: `in_time` and `late` are registered models, by the day of submission; `declared` are those in
    time by that day, but recorded after the deadline; `waiting` are submitted models without a decision; `drafting`
    are models that are not submitted.
    """

    launch: str
    unit: UnitOnDay
    standing: Standing
    in_time: int
    declared: int
    late: int
    waiting: int
    drafting: int
    ended_on: date | None


class LaunchTotalsRow(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of units. `as_of`: the day on which it is decided whether an addressed unit still exists."""

    units: int
    in_time: int
    declared: int
    late: int
    waiting: int
    drafting: int
    nothing: int
    unassigned: int
    as_of: date


class ProgrammeLaunched(Event, frozen=True, kw_only=True):
    """`units`: number of addressed units."""

    programme: str
    year: int
    level: UnitLevel
    until: date
    document: str | None
    units: int
    on: date


class LaunchExtended(Event, frozen=True, kw_only=True):
    before: date
    until: date
    reason: str
    on: date


class LaunchRecalled(Event, frozen=True, kw_only=True):
    reason: str
    on: date


class LaunchHandedOver(Event, frozen=True, kw_only=True):
    """`unit`, a successor of the unit that launched it, goes on with it. The addressed units stay the same.

    `before`: path of the unit that has ended. `homes`: all units to which it was handed over, each with its first day.
    """

    before: str
    homes: tuple[Home, ...]
    basis: str
    on: date
