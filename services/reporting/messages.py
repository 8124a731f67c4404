"""Queries, commands and rows of reporting. It announces no events."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

import msgspec

from services.kernel.messages import ANY_OFFICE, Command, Role
from services.kernel.rows import Shows
from services.kernel.words import Word
from services.movement.flags import Flag
from services.reporting.measures import Dimension as Dimension
from services.reporting.measures import Measure as Measure


class BridgeStep(Word):
    """Một bước từ số này đến số kia."""

    WAITING_BEFORE = "WAITING_BEFORE", "Đăng ký của năm từ kỳ trước, đầu kỳ chưa triển khai"
    REGISTERED = "REGISTERED", "Đăng ký trong kỳ"
    WITHDRAWN = "WITHDRAWN", "Rút đăng ký của năm trong kỳ"
    WAITING_AFTER = "WAITING_AFTER", "Đăng ký của năm, cuối kỳ còn chưa triển khai"
    CARRIED_OVER = "CARRIED_OVER", "Chuyển tiếp từ năm trước"
    BEGUN_LATE = "BEGUN_LATE", "Bắt đầu triển khai sau năm đăng ký"
    UNDECIDED_BEFORE = "UNDECIDED_BEFORE", "Đăng ký của năm từ kỳ trước, đầu kỳ chưa có kết quả thẩm định"
    NOT_MET = "NOT_MET", "Chưa đạt trong kỳ"
    REVOKED = "REVOKED", "Thu hồi công nhận trong kỳ"
    UNDECIDED_AFTER = "UNDECIDED_AFTER", "Cuối kỳ chưa có kết quả thẩm định, kể cả đã rút"


class ReportOf(Shows, frozen=True, kw_only=True):
    """`period`: `2018`, `2018-H1` or `2018-H2`. The result is one row with the columns of `Report`."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    unit: str
    period: str


class RebuildCounters(Command, frozen=True, kw_only=True):
    """Asks for a rebuild of the counters from the first event, beside those in use, and a switch to the new ones.

    While a request waits, another one changes nothing. For operators of the whole country.
    """

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OPERATOR})


class Row(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name: str
    """In Vietnamese."""
    value: Decimal


class Breakdown(msgspec.Struct, frozen=True, kw_only=True):
    """`gap`: the total minus the sum of the rows. A gap other than 0 needs an explanation.

    `adds_up`: False if a fact can have several rows, so that the rows may not be added. `overlap`: the part of the sum
    by which such facts count more than once; the gap leaves it out.
    """

    by: Dimension
    rows: tuple[Row, ...]
    sum: Decimal
    gap: Decimal
    adds_up: bool = True
    overlap: Decimal = Decimal(0)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """`corrected`: the part of the total that corrections have added; negative if they have lowered it.

    `corrected_late`: the same, of the corrections after the period's end. Without corrections the total was
    `total - corrected`; at the end of the period it was `total - corrected_late`, as far as corrections go.
    `withdrawn`: the part that withdrawn models and revocations have taken back in the period; never positive without
    corrections.
    """

    measure: Measure
    name: str
    total: Decimal
    corrected: Decimal = Decimal(0)
    corrected_late: Decimal = Decimal(0)
    withdrawn: Decimal = Decimal(0)
    breakdowns: tuple[Breakdown, ...]
    flags: tuple[Flag, ...] = ()
    """Reasons to doubt this total."""


class BridgeRow(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: in Vietnamese. `value`: negative for a step that reduces the sum."""

    step: BridgeStep
    name: str
    value: Decimal


class Bridge(msgspec.Struct, frozen=True, kw_only=True):
    """The steps from the registered models to the total of another measure.

    `gap`: the measure's total minus the sum of the rows. The rest at the end of the period is computed from half-years
    where the other steps use years, or the other way round. So a gap other than 0 is an error of the counters.
    """

    to: Measure
    rows: tuple[BridgeRow, ...]
    sum: Decimal
    gap: Decimal


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Events of a producer. `applied`: last counted number. `head`: the last number of its log, None if unknown.

    `waiting_here`: of the events that are not counted yet, those that can concern the report's unit; None if unknown.
    `parked`: events set aside; `parked_here`: those that can concern the unit of the report. `silent_since`: since when
    the producer has sent no news, if that is why `head` is unknown.
    """

    producer: str
    applied: int
    head: int | None
    parked: int
    parked_here: int
    waiting_here: int | None = None
    silent_since: datetime | None = None


class PeriodState(Word):
    """Kỳ báo cáo đã qua hay chưa."""

    OVER = "OVER", "Kỳ đã kết thúc"
    UNDER_WAY = "UNDER_WAY", "Kỳ chưa kết thúc, số liệu đến nay"
    FUTURE = "FUTURE", "Kỳ chưa bắt đầu"


class PartKind(Word):
    """Đơn vị ấy thuộc về báo cáo như thế nào."""

    OWN = "OWN", "Chính đơn vị được báo cáo"
    WHOLE = "WHOLE", "Đơn vị cũ, nhập trọn vẹn: đã tính"
    PART = "PART", "Đơn vị cũ, chỉ một phần: chưa phân chia, không tính"


class ReportPart(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that was in force in the period. `since`, `until`: its first and last day, None if unknown or open."""

    unit_id: str
    unit_name: str
    kind: PartKind
    since: date | None
    until: date | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`made_of`: the units that its figures count, and those of which no figure can be assigned to it.

    `places_on`: the rows by place are the units of this day. `register_on`: the day of the list of units.

    `since` and `until` are included. `so_far_until`: the last day of the period that has come; None in a future one.

    It is complete when the period is over and all events that can concern the unit are counted.
    """

    unit_id: str
    unit_name: str
    period: str
    since: date
    until: date
    state: PeriodState
    so_far_until: date | None
    made_of: tuple[ReportPart, ...]
    places_on: date
    register_on: date
    complete: bool
    incomplete_because: tuple[str, ...]
    """In Vietnamese; empty when it is complete."""
    figures: tuple[Figure, ...]
    bridges: tuple[Bridge, ...]
    positions: tuple[Position, ...]
