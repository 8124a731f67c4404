"""The rules of counting: the facts of an event, and the counters per period and unit that facts add up to."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from services.kernel.messages import Event, Recorded, Refused
from services.kernel.units import UnitPath
from services.movement.homes import Home
from services.movement.outliers import flags_of_totals
from services.movement.words import Covers
from services.reporting.measures import MADE_BY, Dimension, Item, Measure, Source
from services.reporting.messages import (
    Breakdown,
    Bridge,
    BridgeRow,
    BridgeStep,
    Figure,
    PeriodState,
    Position,
    Row,
)

BRIDGED = (
    Measure.REGISTERED,
    Measure.WITHDRAWN,
    Measure.WITHDRAWN_LATE,
    Measure.IMPLEMENTED,
    Measure.CARRIED_OVER,
    Measure.BEGUN_LATE,
    Measure.RECOGNISED,
    Measure.NOT_MET,
    Measure.REVOKED,
)
"""The measures that bridges are computed from."""


class StoredCursor(msgspec.Struct, frozen=True, kw_only=True):
    """A reader's cursor. `seq`: the last event whose effects are stored; `parked`: number of events set aside."""

    id: str
    seq: int = 0
    parked: int = 0


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A process's knowledge of one producer.

    `reader`: its reader for the generation that it counts for; `position`: the last event that this reader has passed;
    `stored`: the number that it has written to the cursor last. `head`: the producer's last number, None if unknown;
    `silent_since`: the moment, in Vietnamese time, at which the producer fell silent.
    """

    reader: str = ""
    position: int = 0
    stored: int = 0
    head: int | None = None
    silent_since: datetime | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One counted item: measure, amount, day and unit, its row in each dimension, and the event behind it.

    `counted_on`: the day by which periods count it; see `services/movement/years.py`.
    `corrected_on`: of a difference that a correction makes, the day on which the correction took effect. `on` is then
    the day of the corrected fact. `withdrawn`: whether a withdrawn record or a revocation takes it back.
    `several`: its rows in dimensions whose rows do not add up.
    """

    id: str
    measure: Measure
    thing: str
    amount: Decimal
    on: date
    counted_on: date
    corrected_on: date | None = None
    withdrawn: bool = False
    unit: str
    dimensions: dict[Dimension, str]
    several: dict[Dimension, tuple[str, ...]] = {}
    producer: str
    seq: int
    event: str
    trace: str | None
    recorded_at: datetime


def facts_of(event: Event, recorded: Recorded) -> list[Fact]:
    return [
        _fact(measure, source, item, event, recorded)
        for measure, source in MADE_BY.get(type(event), ())
        for item in source.items(event)
        if source.when(item.fact)
    ]


def moved(facts: Iterable[Fact], made_under: str, homes: Sequence[Home]) -> list[tuple[Fact, Fact]]:
    """The facts of a record that count under another unit now, each before and after.

    `made_under`: path of the record's first unit. `homes`: those to which it was handed over, in the order of time.
    """
    pairs = []
    for fact in facts:
        path = [made_under, *(home.path for home in homes if home.since <= fact.on)][-1]
        # The fact may have another path of the same unit: that of its day.
        if UnitPath(fact.unit).unit != UnitPath(path).unit:
            pairs.append((fact, msgspec.structs.replace(fact, unit=path)))
    return pairs


def taken_back(fact: Fact) -> Fact:
    return msgspec.structs.replace(fact, amount=-fact.amount)


_Rows = tuple[tuple[Dimension, str], ...]
_SeveralRows = tuple[tuple[Dimension, tuple[str, ...]], ...]


def fold(facts: Iterable[Fact]) -> dict[tuple[str, str, Measure], dict[str, Decimal]]:
    """(period, unit, measure) → amounts to add to `total` and to each `by.<dimension>.<code>`.

    `overlap.<dimension>` is the part of the rows that a fact has beyond its first row.
    `corrected` is the part of the total that corrections have added; `corrected_late`, those after the period's end;
    `withdrawn`, what withdrawn records and revocations have taken back.
    """
    # Many facts of a batch are alike. Each distinct kind is added to its ancestors and periods once.
    alike: dict[tuple[str, Measure, tuple[str, str], _Rows, _SeveralRows, date | None, bool], Decimal]
    alike = defaultdict(Decimal)
    for fact in facts:
        kind = (
            fact.unit,
            fact.measure,
            periods_of(fact.counted_on),
            tuple(fact.dimensions.items()),
            tuple(fact.several.items()),
            fact.corrected_on,
            fact.withdrawn,
        )
        alike[kind] += fact.amount
    counters: dict[tuple[str, str, Measure], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (unit_path, measure, periods, dimensions, several, corrected_on, withdrawn), amount in alike.items():
        path = UnitPath(unit_path)
        for unit in path.segments:
            place = (Dimension.PLACE, path.below(unit) or unit)
            for period in periods:
                counter = counters[period, unit, measure]
                counter["total"] += amount
                if withdrawn:
                    counter["withdrawn"] += amount
                if corrected_on:
                    counter["corrected"] += amount
                    if corrected_on > span_of(period)[1]:
                        counter["corrected_late"] += amount
                for dimension, code in (*dimensions, place):
                    counter[f"by.{dimension}.{code}"] += amount
                for dimension, codes in several:
                    for code in codes:
                        counter[f"by.{dimension}.{code}"] += amount
                    counter[f"overlap.{dimension}"] += amount * (len(codes) - 1)
    return counters


def periods_of(day: date) -> tuple[str, str]:
    """The year and the half-year of the day."""
    return f"{day.year}", f"{day.year}-H{1 if day.month <= 6 else 2}"


def span_of(period: str) -> tuple[date, date]:
    """First and last day of `2018`, `2018-H1` or `2018-H2`."""
    match = re.fullmatch(r"(20\d\d|19\d\d)(-H[12])?", period, re.ASCII)
    if match is None:
        raise Refused(
            "period-invalid",
            "period",
            vi=f"Không có kỳ báo cáo “{period[:20]}”; ví dụ: 2018, 2018-H1, 2018-H2.",
            en=f"There is no period “{period[:20]}”; write it as 2018, 2018-H1 or 2018-H2.",
        )
    year, half = int(match[1]), match[2]
    since = date(year, 7, 1) if half == "-H2" else date(year, 1, 1)
    until = date(year, 6, 30) if half == "-H1" else date(year, 12, 31)
    return since, until


def figure(measure: Measure, counter: Mapping[str, object], places: Mapping[str, str]) -> Figure:
    """The total with its breakdowns, each compared with it. `places`: the units directly below, and the unit itself."""
    total = _decimal(counter.get("total"))
    counted, overlap = (_mapping(counter.get(name)) for name in ("by", "overlap"))
    return Figure(
        measure=measure,
        name=measure.vi,
        total=total,
        corrected=_decimal(counter.get("corrected")),
        corrected_late=_decimal(counter.get("corrected_late")),
        withdrawn=_decimal(counter.get("withdrawn")),
        breakdowns=tuple(
            _breakdown(
                dimension,
                total,
                counted.get(dimension.value, {}),
                places if dimension is Dimension.PLACE else {word.value: word.vi for word in dimension.rows},
                _decimal(overlap.get(dimension.value)),
            )
            for dimension in measure.dimensions
        ),
    )


def with_flags(figures: Sequence[Figure], until: date) -> tuple[Figure, ...]:
    """Compares the money with the work and the land that it covers, and adds flags to the figure of the money.

    `until`: the last day of the period, by whose wage the value of a work-day is judged.
    """
    totals = {figure.measure: figure.total for figure in figures}
    money = next(figure for figure in figures if figure.measure is Measure.MONEY)
    rows = next(breakdown.rows for breakdown in money.breakdowns if breakdown.by is Dimension.COVERS)
    flags = flags_of_totals(
        {Covers(row.code): row.value for row in rows},
        work_days=totals[Measure.WORK_DAY],
        land_m2=totals[Measure.LAND_M2],
        on=until,
    )
    flagged = msgspec.structs.replace(money, flags=tuple(flags))
    return tuple(flagged if figure is money else figure for figure in figures)


def bridges(totals: Mapping[tuple[str, Measure], Decimal], period: str) -> tuple[Bridge, ...]:
    """The steps from registered to implemented models, and to recognised models. `totals`: of all periods.

    A registration ends with its year: models that wait then do not wait in the next year.
    """

    def at(measure: Measure) -> Decimal:
        return totals.get((period, measure), Decimal(0))

    def waiting(until: Callable[[Measure], Decimal]) -> Decimal:
        begun = until(Measure.IMPLEMENTED) - until(Measure.CARRIED_OVER) - until(Measure.BEGUN_LATE)
        withdrawn = until(Measure.WITHDRAWN) - until(Measure.WITHDRAWN_LATE)
        return until(Measure.REGISTERED) - withdrawn - begun

    def undecided(until: Callable[[Measure], Decimal]) -> Decimal:
        judged = until(Measure.REGISTERED) + until(Measure.CARRIED_OVER) + until(Measure.BEGUN_LATE)
        # A model whose recognition was revoked is no longer recognised, but it does not wait for a decision either.
        return judged - until(Measure.RECOGNISED) - until(Measure.REVOKED) - until(Measure.NOT_MET)

    earlier, later = _sums_until(totals, period)
    earlier_years = {
        BridgeStep.CARRIED_OVER: at(Measure.CARRIED_OVER),
        BridgeStep.BEGUN_LATE: at(Measure.BEGUN_LATE),
    }
    implemented = {
        BridgeStep.WAITING_BEFORE: waiting(earlier),
        BridgeStep.REGISTERED: at(Measure.REGISTERED),
        BridgeStep.WITHDRAWN: at(Measure.WITHDRAWN_LATE) - at(Measure.WITHDRAWN),
        BridgeStep.WAITING_AFTER: -waiting(later),
        **earlier_years,
    }
    recognised = {
        BridgeStep.UNDECIDED_BEFORE: undecided(earlier),
        BridgeStep.REGISTERED: at(Measure.REGISTERED),
        **earlier_years,
        BridgeStep.NOT_MET: -at(Measure.NOT_MET),
        BridgeStep.REVOKED: -at(Measure.REVOKED),
        BridgeStep.UNDECIDED_AFTER: -undecided(later),
    }
    return (
        _bridge(Measure.IMPLEMENTED, at(Measure.IMPLEMENTED), implemented),
        _bridge(Measure.RECOGNISED, at(Measure.RECOGNISED), recognised),
    )


def _bridge(to: Measure, total: Decimal, steps: Mapping[BridgeStep, Decimal]) -> Bridge:
    rows = tuple(BridgeRow(step=step, name=step.vi, value=value) for step, value in steps.items())
    added = sum(steps.values(), Decimal(0))
    return Bridge(to=to, rows=rows, sum=added, gap=total - added)


def _sums_until(
    totals: Mapping[tuple[str, Measure], Decimal], period: str
) -> tuple[Callable[[Measure], Decimal], Callable[[Measure], Decimal]]:
    """The sum of a measure from the first day of the year: until the period begins, and until it ends.

    The second one uses the other kind of period than `period` itself: half-years for a year, and the year for a half.
    """
    year, _, half = period.partition("-")

    def sum_of(first: str, *others: str, minus: str = "") -> Callable[[Measure], Decimal]:
        def added(measure: Measure) -> Decimal:
            values = [totals.get((one, measure), Decimal(0)) for one in (first, *others)]
            return sum(values, Decimal(0)) - totals.get((minus, measure), Decimal(0))

        return added

    match half:
        case "H1":
            return sum_of(""), sum_of(year, minus=f"{year}-H2")
        case "H2":
            return sum_of(f"{year}-H1"), sum_of(year)
        case _:
            return sum_of(""), sum_of(f"{year}-H1", f"{year}-H2")


def counted_in(measure: Measure, period: str) -> str:
    """The period whose counter gives the figure: of a stock, the time from the first day of the year."""
    return period.partition("-")[0] if measure.stock and period.endswith("H2") else period


def missing(positions: Sequence[Position]) -> tuple[str, ...]:
    """Reasons, in Vietnamese, why figures at these positions are incomplete."""
    return tuple(
        f"{p.producer}: {_waiting(p)}, {p.parked_here} sự kiện chờ xử lý"
        for p in positions
        if p.head is None or p.parked_here or _uncounted(p)
    )


def unfinished(period: str, state: PeriodState, today: date) -> tuple[str, ...]:
    """The reason, in Vietnamese, why a period that is not over has no final figures."""
    match state:
        case PeriodState.UNDER_WAY:
            return (f"kỳ {period} chưa kết thúc: số liệu đến ngày {today:%d/%m/%Y}",)
        case PeriodState.FUTURE:
            return (f"kỳ {period} chưa bắt đầu: số liệu chỉ gồm đăng ký trước cho kỳ ấy",)
        case _:
            return ()


def state_of(since: date, until: date, today: date) -> tuple[PeriodState, date | None]:
    """Whether the period is over, and the last day of it that has come."""
    if today < since:
        return PeriodState.FUTURE, None
    return (PeriodState.OVER, until) if until < today else (PeriodState.UNDER_WAY, today)


def can_concern(unit: str, event: Mapping[str, Any]) -> bool:
    """Whether an event that is not counted can change figures of the unit. `event`: its data.

    An event can take facts from one unit to another. An event without a readable unit can concern every unit.
    """
    paths = [event.get("unit")]
    paths += [event["made_under"]] if event.get("made_under") else []
    paths += [fact.get("path") for fact in event.get("homes") or ()]
    for name in ("struck", "counted"):
        paths += [fact["unit"] for fact in event.get(name) or () if "unit" in fact]
    return any(not isinstance(path, str) or not path or UnitPath(path).within(unit) for path in paths)


def position(producer: str, cursor: StoredCursor, known: Known) -> Position:
    """How far the producer's events are counted in a snapshot with this cursor.

    A cursor moves only with effects. After events without effect, the reader of this process may be further. That
    counts only while the cursor is where this reader has left it.
    """
    is_ours = (known.reader, known.stored) == (cursor.id, cursor.seq)
    applied = max(cursor.seq, known.position) if is_ours else cursor.seq
    return Position(
        producer=producer,
        applied=applied,
        head=None if known.head is None else max(known.head, applied),
        parked=cursor.parked,
        parked_here=cursor.parked,
        silent_since=known.silent_since,
    )


def _uncounted(position: Position) -> int:
    """Number of events that are not counted and, as far as known, can concern the unit of the report."""
    waiting = 0 if position.head is None else position.head - position.applied
    return waiting if position.waiting_here is None else position.waiting_here


def _waiting(position: Position) -> str:
    if position.head is not None:
        return f"còn {_uncounted(position)} sự kiện chưa đếm"
    if position.silent_since:
        since = f"{position.silent_since:%H:%M:%S ngày %d/%m/%Y}"
        return f"không có tin từ {since}, không rõ còn bao nhiêu sự kiện chưa đếm"
    return "nhật ký không khớp với các sự kiện đã đếm, cần người vận hành xử lý"


def _breakdown(
    by: Dimension, total: Decimal, counted: Mapping[str, object], names: Mapping[str, str], overlap: Decimal
) -> Breakdown:
    codes: Sequence[str] = [*names, *sorted(set(counted) - set(names))]
    rows = tuple(
        Row(code=code, name=names.get(code, code), value=_decimal(counted.get(code))) for code in codes
    )
    added = sum((row.value for row in rows), Decimal(0))
    gap = total - (added - overlap)
    return Breakdown(by=by, rows=rows, sum=added, overlap=overlap, gap=gap, adds_up=by.adds_up)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)


def _fact(measure: Measure, source: Source, item: Item, event: Any, recorded: Recorded) -> Fact:
    id_ = f"{event.key}/{event.version}/{measure}"
    rows = source.rows(item.fact)
    codes = {dimension: dimension.codes_of(rows) for dimension in measure.dimensions if dimension.reads}
    return Fact(
        id=f"{id_}/{item.mark}" if item.mark else id_,
        measure=measure,
        thing=event.key,
        amount=item.sign * source.amount(item.fact),
        on=source.day(item.fact),
        counted_on=source.counted_on(item.fact),
        corrected_on=event.on if item.restates else None,
        withdrawn=source.withdraws,
        # A corrected activity can have been held in another unit.
        unit=getattr(item.fact, "unit", event.unit),
        dimensions={dimension: codes[0] for dimension, codes in codes.items() if dimension.adds_up},
        several={dimension: codes for dimension, codes in codes.items() if not dimension.adds_up},
        producer=event.service,
        seq=recorded.seq,
        event=recorded.id,
        trace=recorded.trace,
        recorded_at=recorded.recorded_at,
    )
