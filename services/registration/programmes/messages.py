"""Commands, queries and events of programmes."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, Role, described
from services.kernel.rows import ByFilter, ByKeys, ByOwners
from services.kernel.units import UnitOnDay
from services.movement.homes import Home

PROGRAMME = Kind("programme", "phong trào, chương trình", "programme")

DIRECTS = frozenset({Role.OFFICER, Role.LEADER})
"""The roles that set up and launch programmes."""


class StartProgramme(Command, frozen=True, kw_only=True):
    """A programme from `first_year` to `last_year`, both included, for `unit` and its sub-units.

    `documents`: ids of the documents on which it rests. `on`: a day on which the unit exists; default today.
    """

    roles: ClassVar[frozenset[Role]] = DIRECTS
    vi: ClassVar[str] = "Chương trình mới, cho một đơn vị và mọi cấp dưới."

    unit: Annotated[Id, described("Mã đơn vị.")]
    name: Annotated[str, described("Tên, tối đa 300 ký tự.")]
    first_year: Annotated[int, described("Năm đầu.")]
    last_year: Annotated[int, described("Năm cuối, tính cả năm ấy; thời kỳ dài tối đa 15 năm.")]
    documents: Annotated[tuple[Id, ...], described("Mã các văn bản căn cứ, từ 1 đến 50.")]
    on: Annotated[date | None, described("Ngày lập, khi đơn vị tồn tại; bỏ trống là hôm nay.")] = None


class OfProgramme(Command, frozen=True, kw_only=True):
    """`expected_version`: the version that the caller has seen. If there is another by now, the change is refused."""

    programme: Annotated[Id, described("Mã chương trình.")]
    expected_version: Annotated[
        int | None,
        described(
            "Phiên bản đã xem; nếu đã có người sửa sau đó thì không làm gì và cho biết đã đổi những gì."
        ),
    ] = None


class CiteDocument(OfProgramme, frozen=True, kw_only=True):
    """Adds a document on which the programme rests."""

    roles: ClassVar[frozenset[Role]] = DIRECTS
    vi: ClassVar[str] = "Thêm một văn bản căn cứ."

    document: Annotated[Id, described("Mã văn bản.")]


class SetTheme(OfProgramme, frozen=True, kw_only=True):
    """Sets or replaces the theme of the year. `document`: id of the document that sets it."""

    roles: ClassVar[frozenset[Role]] = DIRECTS
    vi: ClassVar[str] = "Chủ đề của một năm, thay chủ đề cũ nếu có."

    year: Annotated[int, described("Năm, trong thời kỳ của chương trình.")]
    theme: Annotated[str, described("Chủ đề, tối đa 1000 ký tự.")]
    document: Annotated[Id | None, described("Mã văn bản đặt ra chủ đề.")] = None


class AddPlanItem(OfProgramme, frozen=True, kw_only=True):
    """A task of the year. `lead`: who leads it, in words. `due_on`: last day, if there is one."""

    roles: ClassVar[frozenset[Role]] = DIRECTS
    vi: ClassVar[str] = "Một nhiệm vụ thêm vào kế hoạch."

    year: Annotated[int, described("Năm, trong thời kỳ của chương trình.")]
    task: Annotated[str, described("Việc phải làm, tối đa 1000 ký tự.")]
    lead: Annotated[str, described("Đơn vị chủ trì, tối đa 200 ký tự.")] = ""
    due_on: Annotated[date | None, described("Hạn, trong năm ấy.")] = None


class DropPlanItem(OfProgramme, frozen=True, kw_only=True):
    """`item`: number of the plan item."""

    roles: ClassVar[frozenset[Role]] = DIRECTS
    vi: ClassVar[str] = "Bỏ một nhiệm vụ khỏi kế hoạch; lịch sử vẫn giữ."

    item: Annotated[int, described("Số của nhiệm vụ.")]
    reason: Annotated[str, described("Lý do, tối đa 1000 ký tự.")]


class EndProgramme(OfProgramme, frozen=True, kw_only=True):
    """Ends the programme early: no model joins it for a later year. `on`: default today."""

    roles: ClassVar[frozenset[Role]] = DIRECTS
    vi: ClassVar[str] = "Kết thúc chương trình trước hạn."

    reason: Annotated[str, described("Lý do, tối đa 1000 ký tự.")]
    on: Annotated[date | None, described("Ngày kết thúc; bỏ trống là hôm nay.")] = None


class ProgrammesFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all. `unit`: in it or below. `year`: a year in which it runs."""

    vi: ClassVar[str] = "Lọc chương trình; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Của đơn vị này và cấp dưới.")] = None
    year: Annotated[int | None, described("Thực hiện trong năm này.")] = None


class ProgrammesPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: ProgrammesFilter = ProgrammesFilter()


class ProgrammesById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class DocumentsOfProgrammes(ByOwners, frozen=True, kw_only=True):
    """The documents on which each programme rests, in the order of citation."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    year: int
    theme: str
    document: str | None


class PlanItem(msgspec.Struct, frozen=True, kw_only=True):
    """`item`: the number, which is never used again."""

    item: int
    year: int
    task: str
    lead: str
    due_on: date | None


class ProgrammeRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day of the start. `lives_under`: its unit now. `themes`: by year. `plan`: by year and day."""

    id: str
    version: int
    unit: UnitOnDay
    lives_under: UnitOnDay
    homes: tuple[Home, ...]
    name: str
    first_year: int
    last_year: int
    started_on: date
    themes: tuple[Theme, ...]
    plan: tuple[PlanItem, ...]
    ended_on: date | None
    end_reason: str | None


class ProgrammeStarted(Event, frozen=True, kw_only=True):
    name: str
    first_year: int
    last_year: int
    documents: tuple[str, ...]
    on: date


class DocumentCited(Event, frozen=True, kw_only=True):
    document: str


class ThemeSet(Event, frozen=True, kw_only=True):
    """`before`: the former theme; None if there was none."""

    year: int
    theme: str
    document: str | None
    before: str | None


class PlanItemAdded(Event, frozen=True, kw_only=True):
    item: int
    year: int
    task: str
    lead: str
    due_on: date | None


class PlanItemDropped(Event, frozen=True, kw_only=True):
    item: int
    reason: str


class ProgrammeEnded(Event, frozen=True, kw_only=True):
    reason: str
    on: date


class ProgrammeHandedOver(Event, frozen=True, kw_only=True):
    """The programme was handed over to `unit`, a successor of its unit. Models of `unit` can join it too.

    `before`, `homes`: as in `LaunchHandedOver`.
    """

    before: str
    homes: tuple[Home, ...]
    basis: str
    on: date
