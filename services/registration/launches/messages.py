"""Commands, queries and events of launches.

A launch asks units, or organisations, to register a number of models for one year of a programme by a day.
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
from services.movement.words import BodyKind
from services.registration.programmes.messages import DIRECTS

LAUNCH = Kind("launch", "đợt phát động", "launch")


class Standing(Word):
    """Đơn vị hay tổ chức đã đăng ký đến đâu theo một đợt phát động."""

    IN_TIME = "IN_TIME", "Đã đăng ký đủ, gửi đúng hạn"
    DECLARED = "DECLARED", "Đã đăng ký đủ, đúng hạn theo ngày khai, ghi nhận sau hạn"
    LATE = "LATE", "Đã đăng ký đủ, có gửi quá hạn"
    SHORT = "SHORT", "Đã đăng ký, chưa đủ số được giao"
    WAITING = "WAITING", "Đã gửi, chờ chấp nhận"
    DRAFTING = "DRAFTING", "Mới có bản nháp hoặc bị trả lại"
    NOTHING = "NOTHING", "Chưa có gì"
    UNASSIGNED = "UNASSIGNED", "Đơn vị đã bị chia tách, chưa gán được"


class AskedKind(msgspec.Struct, frozen=True, kw_only=True):
    """The organisations of a kind. `unit`: only those in it or below. `quota`: default that of the launch."""

    vi: ClassVar[str] = "Mọi tổ chức cùng loại của các đơn vị cấp được giao."

    kind: Annotated[BodyKind, described("Loại tổ chức.")]
    unit: Annotated[
        Id | None, described("Chỉ trong đơn vị này và cấp dưới; bỏ trống là mọi nơi của đợt phát động.")
    ] = None
    quota: Annotated[
        int | None, described("Ít nhất bao nhiêu mô hình; bỏ trống là số chung của đợt phát động.")
    ] = None


class AskedOrganisation(msgspec.Struct, frozen=True, kw_only=True):
    vi: ClassVar[str] = "Một tổ chức được giao đích danh."

    organisation: Annotated[Id, described("Mã tổ chức, của đơn vị phát động hoặc cấp dưới.")]
    quota: Annotated[
        int | None, described("Ít nhất bao nhiêu mô hình; bỏ trống là số chung của đợt phát động.")
    ] = None


class LaunchProgramme(Command, frozen=True, kw_only=True):
    """Each unit of `level` in `unit` must submit `quota` models for `year` by the end of the day `until`.

    With `kinds` or `organisations`, these organisations must, instead of the units: those of the kinds, in units of
    `level`, and the named ones. `document`: id of the document that orders it. `on`: the day of the launch; default
    today.
    """

    roles: ClassVar[frozenset[Role]] = DIRECTS
    vi: ClassVar[str] = "Phát động đăng ký cho một năm."

    programme: Annotated[Id, described("Mã chương trình.")]
    unit: Annotated[Id, described("Đơn vị phát động, thuộc chương trình.")]
    year: Annotated[int, described("Năm, trong thời kỳ của chương trình.")]
    level: Annotated[
        UnitLevel, described("Giao cho các đơn vị cấp này; khi nêu `kinds`: cho tổ chức của các đơn vị ấy.")
    ]
    until: Annotated[date, described("Hạn gửi, tính hết ngày ấy, muộn nhất là ngày cuối của năm.")]
    document: Annotated[Id | None, described("Mã văn bản phát động.")] = None
    message: Annotated[str, described("Lời phát động, tối đa 2000 ký tự.")] = ""
    quota: Annotated[
        int, described("Mỗi đơn vị, hay mỗi tổ chức, đăng ký ít nhất bao nhiêu mô hình, từ 1 đến 1000.")
    ] = 1
    kinds: Annotated[
        tuple[AskedKind, ...],
        described("Giao cho mọi tổ chức của các loại này thay vì cho đơn vị; tối đa 30 mục."),
    ] = ()
    organisations: Annotated[
        tuple[AskedOrganisation, ...],
        described("Giao đích danh cho các tổ chức này, thay vì cho đơn vị; tối đa 200."),
    ] = ()
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


class LaunchesForOrganisation(ByFilter, frozen=True, kw_only=True):
    """Launches that address this organisation, newest first. `open`: as in `LaunchesFor`."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    organisation: str
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


class LaunchOrganisations(ByFilter, frozen=True, kw_only=True):
    """The addressed organisations of a launch that the caller may see, by code of their units.

    `standings`: empty matches all.
    """

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    launch: str
    standings: tuple[Standing, ...] = ()


class LaunchTotals(ByKeys, frozen=True, kw_only=True):
    """For each launch, the number of units or organisations of each standing. Those out of scope are not counted."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """`before`: the former last day."""

    before: date
    reason: str
    on: date


class AddressedKind(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: the organisations are those of this unit and below; None: of the unit of the launch."""

    kind: BodyKind
    unit: str | None
    quota: int


class AddressedOrganisation(msgspec.Struct, frozen=True, kw_only=True):
    organisation: str
    quota: int


class LaunchRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day of the launch. `lives_under`: its unit now. `until`: the last day, included.

    `kinds`, `organisations`: the organisations that it addresses; if both are empty, it addresses units of `level`.
    """

    id: str
    version: int
    unit: UnitOnDay
    lives_under: UnitOnDay
    homes: tuple[Home, ...]
    programme: str
    year: int
    level: UnitLevel
    quota: int
    kinds: tuple[AddressedKind, ...]
    organisations: tuple[AddressedOrganisation, ...]
    until: date
    message: str
    document: str | None
    launched_on: date
    extensions: tuple[Extension, ...]
    recalled_on: date | None
    recall_reason: str | None


class LaunchUnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day of the launch. `ended_on`: first day without the unit. `quota`: wanted number of models.

    Numbers of models: `in_time` and `late` are registered models, by the day of submission; `declared` are those in
    time by that day, but recorded after the deadline; `waiting` are submitted models without a decision; `drafting`
    are models that are not submitted. `recorded_months_later`: of the declared models, the most whole months from the
    day of submission to the day on which it was recorded.
    """

    launch: str
    unit: UnitOnDay
    quota: int
    standing: Standing
    in_time: int
    declared: int
    late: int
    waiting: int
    drafting: int
    recorded_months_later: int
    ended_on: date | None


class LaunchOrganisationRow(LaunchUnitRow, frozen=True, kw_only=True):
    """`unit`: of the organisation, as of the day of the launch. `ended_on`: first day without the organisation."""

    organisation: str


class LaunchTotalsRow(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of units, or of organisations. `as_of`: the day on which it is decided whether they still exist.

    `recorded_months_later`: as in `LaunchUnitRow`, the most of all.
    `register_on`: the day of the list of units by which they are counted.
    """

    units: int
    in_time: int
    declared: int
    late: int
    short: int
    waiting: int
    drafting: int
    nothing: int
    unassigned: int
    recorded_months_later: int
    as_of: date
    register_on: date


class ProgrammeLaunched(Event, frozen=True, kw_only=True):
    """`units`: number of addressed units, or organisations. `kinds`, `organisations`: as in `LaunchRow`."""

    programme: str
    year: int
    level: UnitLevel
    until: date
    document: str | None
    units: int
    quota: int = 1
    kinds: tuple[AddressedKind, ...] = ()
    organisations: tuple[AddressedOrganisation, ...] = ()
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
