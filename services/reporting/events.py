"""What reporting can be asked: the only module others may import. It announces nothing."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

import msgspec

from services.kernel.messages import Command, Query, Role


class Measure(StrEnum):
    """What is counted. The first four and the sessions are counts; the others have their own measure."""

    REGISTERED = "REGISTERED"
    RECOGNISED = "RECOGNISED"
    NOT_MET = "NOT_MET"
    NOMINATED = "NOMINATED"
    LAND_M2 = "LAND_M2"
    WORK_DAY = "WORK_DAY"
    MONEY = "MONEY"
    SUPERVISION_SESSION = "SUPERVISION_SESSION"


class Dimension(StrEnum):
    """What a measure is broken down by. PLACE: the units right below, and what the unit itself did."""

    FIELD = "FIELD"
    LEVEL = "LEVEL"
    SUBJECT_KIND = "SUBJECT_KIND"
    SESSION_KIND = "SESSION_KIND"
    BODY = "BODY"
    PLACE = "PLACE"


class ReportOf(Query, frozen=True, kw_only=True):
    """`period`: `2018`, `2018-H1` or `2018-H2`."""

    subject: ClassVar[str] = "query.reporting.report"

    unit: str
    period: str


class RebuildCounters(Command, frozen=True, kw_only=True):
    """Counts everything anew from the first event, beside the figures in use, and then switches over."""

    subject: ClassVar[str] = "command.reporting.rebuild-counters"
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


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far a producer's events are counted: to `applied`, of `head` that we have heard of; `parked` could not be."""

    producer: str
    applied: int
    head: int
    parked: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`since` and `until` are both included. An incomplete report says why in `missing`."""

    unit: str
    unit_name: str
    period: str
    since: date
    until: date
    figures: tuple[Figure, ...]
    positions: tuple[Position, ...]

    @property
    def missing(self) -> tuple[Position, ...]:
        return tuple(p for p in self.positions if p.applied < p.head or p.parked)
