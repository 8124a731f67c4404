"""The questions that reporting answers, and what its answers look like. It announces no events."""

from datetime import date
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

    WAITING_BEFORE = "WAITING_BEFORE", "Đăng ký từ kỳ trước, đầu kỳ chưa triển khai"
    REGISTERED = "REGISTERED", "Đăng ký trong kỳ"
    WITHDRAWN = "WITHDRAWN", "Rút trong kỳ"
    WAITING_AFTER = "WAITING_AFTER", "Cuối kỳ còn chưa triển khai"
    CARRIED_OVER = "CARRIED_OVER", "Chuyển tiếp từ năm trước"
    UNDECIDED_BEFORE = "UNDECIDED_BEFORE", "Đăng ký từ kỳ trước, đầu kỳ chưa có kết quả thẩm định"
    NOT_MET = "NOT_MET", "Chưa đạt trong kỳ"
    UNDECIDED_AFTER = "UNDECIDED_AFTER", "Cuối kỳ chưa có kết quả thẩm định, kể cả đã rút"


class ReportOf(Shows, frozen=True, kw_only=True):
    """`period`: `2018`, `2018-H1` or `2018-H2`. Answers one row of `Report`'s columns."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    unit: str
    period: str


class RebuildCounters(Command, frozen=True, kw_only=True):
    """Counts everything anew from the first event, beside the figures in use, and then switches over.

    For operators of the whole country.
    """

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OPERATOR})


class Row(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name: str
    """In Vietnamese."""
    value: Decimal


class Breakdown(msgspec.Struct, frozen=True, kw_only=True):
    """`gap`: the total minus the sum of the rows; anything but 0 needs an explanation."""

    by: Dimension
    rows: tuple[Row, ...]
    sum: Decimal
    gap: Decimal


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    measure: Measure
    name: str
    total: Decimal
    breakdowns: tuple[Breakdown, ...]
    flags: tuple[Flag, ...] = ()
    """Why the total is hardly what it says."""


class BridgeRow(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: in Vietnamese. `value`: below 0 when it is taken away."""

    step: BridgeStep
    name: str
    value: Decimal


class Bridge(msgspec.Struct, frozen=True, kw_only=True):
    """How what was registered comes to be what another measure counts.

    `gap`: the measure's total minus the sum of the rows; what is left over after the period is counted by half-years
    where the rest is by years, or the other way round, so that anything but 0 is a fault of the counters.
    """

    to: Measure
    rows: tuple[BridgeRow, ...]
    sum: Decimal
    gap: Decimal


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far a producer's events are counted: to `applied`, of `head` that we have heard of; `parked` could not be."""

    producer: str
    applied: int
    head: int
    parked: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`since` and `until` are both included. Complete: all events that we have heard of are counted."""

    unit_id: str
    unit_name: str
    period: str
    since: date
    until: date
    complete: bool
    incomplete_because: tuple[str, ...]
    """In Vietnamese; empty when it is complete."""
    figures: tuple[Figure, ...]
    bridges: tuple[Bridge, ...]
    positions: tuple[Position, ...]
