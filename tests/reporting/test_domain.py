"""The rules of counting: for any facts, every breakdown of every figure adds up to its total."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.messages import Recorded, Refused
from services.kernel.units import UnitPath
from services.movement.words import BodyKind, ContributionKind, Covers, Field, Level, SubjectKind
from services.registration.models.messages import (
    ContributionRecorded,
    ModelAccepted,
    ModelBegun,
    ModelDiscontinued,
    ModelSubmitted,
)
from services.reporting.domain import Fact, bridges, counted_in, facts_of, figure, fold, periods_of, span_of
from services.reporting.measures import counting, each
from services.reporting.messages import BridgeStep, Dimension, Measure
from services.review.messages import ReviewDecided, ReviewNominated, ReviewOpened, Verdict
from services.supervision.messages import ActivityBody, ActivityKind, ActivityRecorded

AT = datetime(2019, 1, 1, tzinfo=UTC)
PATHS = ["/vn", "/vn/p", "/vn/p/d", "/vn/p/d/c1", "/vn/p/d/c2", "/vn/p/e", "/vn/p/e/c3", "/vn/q"]
UNITS = sorted({segment for path in PATHS for segment in UnitPath(path).segments})
VALUES: dict[Dimension, list[str]] = {
    Dimension.FIELD: [field.value for field in Field],
    Dimension.LEVEL: [level.value for level in Level],
    Dimension.SUBJECT_KIND: [kind.value for kind in SubjectKind],
    Dimension.COVERS: [covers.value for covers in Covers],
    Dimension.ACTIVITY_KIND: [kind.value for kind in ActivityKind],
    Dimension.BODY_KIND: [row.value for row in Dimension.BODY_KIND.rows],
}


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    measure = draw(st.sampled_from(Measure))
    exact = measure in (Measure.LAND_M2, Measure.WORK_DAY, Measure.MONEY)
    amount = draw(st.decimals(min_value="0.01", max_value=10**14, places=2)) if exact else Decimal(1)
    key = draw(st.uuids())
    day = draw(st.dates(date(2017, 1, 1), date(2020, 12, 31)))
    return Fact(
        id=str(key),
        measure=measure,
        thing=str(key),
        amount=amount,
        on=day,
        counted_on=day,
        unit=draw(st.sampled_from(PATHS)),
        dimensions={d: draw(st.sampled_from(VALUES[d])) for d in measure.dimensions if d in VALUES},
        several={
            d: tuple(draw(st.sets(st.sampled_from([row.value for row in d.rows]), min_size=1)))
            for d in measure.dimensions
            if not d.adds_up
        },
        producer="registration",
        seq=1,
        event="e",
        trace=None,
        recorded_at=AT,
    )


SOME = st.lists(facts(), max_size=25)


def counter(counted: dict[str, Decimal]) -> dict[str, Any]:
    """The counter as MongoDB stores it: `by.FIELD.ECONOMY` is a nested field."""
    by: dict[str, dict[str, Decimal]] = defaultdict(dict)
    overlap: dict[str, Decimal] = {}
    for name, value in counted.items():
        match name.split("."):
            case ["by", dimension, code]:
                by[dimension][code] = value
            case ["overlap", dimension]:
                overlap[dimension] = value
    return {"total": counted["total"], "by": by, "overlap": overlap}


@given(SOME)
def test_every_breakdown_adds_up_to_its_total(given_facts: list[Fact]) -> None:
    for (_, unit, measure), counted in fold(given_facts).items():
        made = figure(measure, counter(counted), {unit: unit})
        assert {b.by for b in made.breakdowns} == set(measure.dimensions)
        for breakdown in made.breakdowns:
            assert (breakdown.gap, breakdown.sum) == (Decimal(0), made.total + breakdown.overlap)
            assert not (breakdown.adds_up and breakdown.overlap)


@given(SOME)
def test_two_half_years_are_a_year(given_facts: list[Fact]) -> None:
    folded = fold(given_facts)
    for (period, unit, measure), counted in folded.items():
        if "-" not in period:
            for name, value in counted.items():
                halves = [folded.get((f"{period}-H{half}", unit, measure), {}) for half in (1, 2)]
                assert sum(half.get(name, Decimal(0)) for half in halves) == value


@given(SOME)
def test_total_of_a_unit_is_the_sum_of_the_units_below_and_its_own_part(given_facts: list[Fact]) -> None:
    folded = fold(given_facts)
    own: dict[tuple[str, str, Measure], Decimal] = defaultdict(Decimal)
    for fact in given_facts:
        for period in periods_of(fact.on):
            own[period, UnitPath(fact.unit).unit, fact.measure] += fact.amount
    for (period, unit, measure), counted in folded.items():
        children = {
            UnitPath(p).unit
            for p in PATHS
            if len(UnitPath(p).segments) > 1 and UnitPath(p).segments[-2] == unit
        }
        below = {
            child: folded.get((period, child, measure), {}).get("total", Decimal(0)) for child in children
        }
        assert counted["total"] == sum(below.values()) + own[period, unit, measure]
        for child, total in below.items():
            assert counted.get(f"by.PLACE.{child}", 0) == total
        assert counted.get(f"by.PLACE.{unit}", 0) == own[period, unit, measure]


def totals_of(folded: Any, unit: str) -> dict[tuple[str, Measure], Decimal]:
    return {(period, m): counted["total"] for (period, u, m), counted in folded.items() if u == unit}


@given(SOME, st.integers(2016, 2021), st.sampled_from(["", "-H1", "-H2"]))
def test_bridges_add_up_for_any_facts(given_facts: list[Fact], year: int, half: str) -> None:
    totals, period = totals_of(fold(given_facts), "vn"), f"{year}{half}"
    for bridge in bridges(totals, period):
        assert bridge.gap == 0
        assert bridge.sum == totals.get((period, bridge.to), 0) == sum(row.value for row in bridge.rows)
    # Models that wait at the end of a half-year wait at the beginning of the next. A registration ends with its year.
    following = f"{year}-H2" if half == "-H1" else f"{year + 1}{'-H1' if half else ''}"
    after, before = (
        {row.step: row.value for bridge in bridges(totals, p) for row in bridge.rows}
        for p in (period, following)
    )
    for step in ("WAITING", "UNDECIDED"):
        carried = -after[BridgeStep(f"{step}_AFTER")] if half == "-H1" else 0
        assert before[BridgeStep(f"{step}_BEFORE")] == carried


def test_bridge_explains_a_year_that_implements_more_than_it_registers() -> None:
    years = {
        "2018": {Measure.REGISTERED: 112, Measure.IMPLEMENTED: 100, Measure.WITHDRAWN: 4},
        "2019": {
            Measure.REGISTERED: 20,
            Measure.IMPLEMENTED: 95,
            Measure.CARRIED_OVER: 80,
            Measure.BEGUN_LATE: 3,
            Measure.WITHDRAWN: 2,
            Measure.WITHDRAWN_LATE: 1,
            Measure.RECOGNISED: 65,
            Measure.REVOKED: 2,
            Measure.NOT_MET: 12,
        },
    }
    totals = {
        (period, measure): Decimal(many)
        for year, counted in years.items()
        for period in (year, f"{year}-H1")
        for measure, many in counted.items()
    }
    implemented, recognised = bridges(totals, "2019")
    assert [(row.step.value, int(row.value)) for row in implemented.rows] == [
        ("WAITING_BEFORE", 0),
        ("REGISTERED", 20),
        ("WITHDRAWN", -1),
        ("WAITING_AFTER", -7),
        ("CARRIED_OVER", 80),
        ("BEGUN_LATE", 3),
    ]
    assert (int(implemented.sum), int(implemented.gap)) == (95, 0)
    assert [int(row.value) for row in recognised.rows] == [0, 20, 80, 3, -12, -2, -24]
    (waiting,) = (row.value for row in bridges(totals, "2018")[0].rows if row.step == "WAITING_AFTER")
    assert waiting == -8
    # A wrong counter of a half-year shows in the bridge of the year.
    totals["2019-H1", Measure.IMPLEMENTED] += 1
    assert [bridge.gap for bridge in bridges(totals, "2019")] == [-1, 0]


@given(SOME, st.randoms(use_true_random=False))
def test_order_and_batches_of_facts_do_not_matter(given_facts: list[Fact], random: Any) -> None:
    shuffled = random.sample(given_facts, len(given_facts))
    cut = random.randint(0, len(shuffled))
    together: dict[Any, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for part in (shuffled[:cut], shuffled[cut:]):
        for key, counted in fold(part).items():
            for name, value in counted.items():
                together[key][name] += value
    assert together == fold(given_facts)


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_day_lies_in_its_periods_and_in_no_others(day: date) -> None:
    for period in periods_of(day):
        since, until = span_of(period)
        assert since <= day <= until
    other = f"{day.year}-H{1 if day.month > 6 else 2}"
    since, until = span_of(other)
    assert not since <= day <= until


@pytest.mark.parametrize("year", [1900, 2018, 2024, 2099])
def test_half_years_meet_without_gap_or_overlap(year: int) -> None:
    whole, first, second = (span_of(f"{year}{half}") for half in ("", "-H1", "-H2"))
    assert (first[0], second[1]) == whole
    assert first[1] + timedelta(days=1) == second[0]


@pytest.mark.parametrize(
    "period", ["", "abc", "2018-H3", "2018-h1", "18", "99999", "1899", "2018 ", "2018-", "２０１８"]
)
def test_invalid_period_is_refused(period: str) -> None:
    with pytest.raises(Refused) as refused:
        span_of(period)
    assert (refused.value.refusal.code, refused.value.refusal.fields) == ("period-invalid", ("period",))


def test_breakdown_shows_the_amount_of_a_gap() -> None:
    # Hà Nội 2017: 7,984 implemented, of which 7,924 by field.
    fields = {"ECONOMY": 1490, "CULTURE_SOCIETY": 3560, "DEFENCE_SECURITY": 1141, "POLITICAL_SYSTEM": 1733}
    counted = {"total": Decimal(7984), "by": {"FIELD": {k: Decimal(v) for k, v in fields.items()}}}
    by_field = figure(Measure.REGISTERED, counted, {}).breakdowns[0]
    assert (by_field.by, by_field.sum, by_field.gap) == (Dimension.FIELD, Decimal(7924), Decimal(60))


def test_figure_without_facts_has_zeros() -> None:
    made = figure(Measure.REGISTERED, {}, {"u": "U"})
    assert made.total == 0
    assert {row.value for breakdown in made.breakdowns for row in breakdown.rows} == {Decimal(0)}
    assert [len(breakdown.rows) for breakdown in made.breakdowns] == [4, 3, 2, 1]


def test_unknown_code_still_counts() -> None:
    counted = {"total": Decimal(3), "by": {"PLACE": {"gone": Decimal(3)}}}
    place = figure(Measure.REGISTERED, counted, {"u": "U"}).breakdowns[-1]
    assert [(row.code, row.name, row.value) for row in place.rows] == [
        ("u", "U", Decimal(0)),
        ("gone", "gone", Decimal(3)),
    ]
    assert place.gap == 0


ABOUT: dict[str, Any] = {
    "key": "k",
    "version": 2,
    "at": AT,
    "unit": "/vn/p",
    "field": Field.ECONOMY,
    "subject_kind": SubjectKind.INDIVIDUAL,
    "level": Level.CITY,
    "on": date(2018, 5, 1),
}
MODEL: dict[str, Any] = {"owner": "o", "title": "t", "written_by": ("x",)}
REVIEW: dict[str, Any] = {"model": "m", "title": "t"}
RECORDED = Recorded(
    id="e", seq=7, type="t", recorded_at=AT, caller="x", trace="trace", cause=None, data={"key": "k"}
)


@pytest.mark.parametrize(
    ("event", "measure", "amount"),
    [
        (ModelAccepted(**ABOUT, **MODEL), Measure.REGISTERED, "1"),
        (
            ContributionRecorded(**ABOUT, kind=ContributionKind.LAND_M2, amount=Decimal("1155.3")),
            Measure.LAND_M2,
            "1155.3",
        ),
        (ReviewDecided(**ABOUT, **REVIEW, verdict=Verdict.RECOGNISED, reason="r"), Measure.RECOGNISED, "1"),
        (ReviewDecided(**ABOUT, **REVIEW, verdict=Verdict.NOT_MET, reason="r"), Measure.NOT_MET, "1"),
        (ReviewNominated(**ABOUT, **REVIEW), Measure.NOMINATED, "1"),
    ],
)
def test_event_gives_one_fact_that_names_it(event: Any, measure: Measure, amount: str) -> None:
    (fact,) = facts_of(event, RECORDED)
    assert (fact.measure, fact.amount, fact.on, fact.unit) == (measure, Decimal(amount), ABOUT["on"], "/vn/p")
    assert (fact.producer, fact.seq, fact.event, fact.trace) == (event.service, 7, "e", "trace")
    assert set(fact.dimensions) | {Dimension.PLACE} == set(measure.dimensions)


@pytest.mark.parametrize(
    ("year", "on", "periods"),
    [
        (2027, date(2026, 11, 20), ("2027", "2027-H1")),
        (2025, date(2026, 1, 9), ("2025", "2025-H2")),
        (2026, date(2026, 7, 1), ("2026", "2026-H2")),
        (None, date(2026, 7, 1), ("2026", "2026-H2")),
    ],
)
def test_registrations_and_verdicts_count_in_the_year_that_they_are_for(
    year: int | None, on: date, periods: tuple[str, str]
) -> None:
    about = ABOUT | {"on": on, "year": year}
    (fact,) = facts_of(ModelAccepted(**about, **MODEL), RECORDED)
    assert (fact.on, periods_of(fact.counted_on)) == (on, periods)


def test_model_that_begins_early_counts_from_its_year_on_and_a_late_one_is_shown_apart() -> None:
    early = facts_of(ModelBegun(**ABOUT | {"on": date(2026, 12, 20), "year": 2027}), RECORDED)
    assert {(f.measure, f.counted_on) for f in early} == {
        (Measure.IMPLEMENTED, date(2027, 1, 1)),
        (Measure.ONGOING, date(2027, 1, 1)),
    }
    late = facts_of(ModelBegun(**ABOUT | {"on": date(2027, 2, 1), "year": 2026}), RECORDED)
    assert {(f.measure, f.counted_on) for f in late} == {
        (measure, date(2027, 2, 1)) for measure in (Measure.IMPLEMENTED, Measure.ONGOING, Measure.BEGUN_LATE)
    }


def test_stock_is_what_is_carried_out_on_the_last_day_of_the_period() -> None:
    begun = ModelBegun(**ABOUT | {"on": date(2026, 3, 1), "year": 2026, "level": Level.CITY})
    ended = ModelDiscontinued(
        **ABOUT | {"version": 3, "on": date(2026, 9, 1), "year": 2026, "level": Level.COMMUNE},
        reason="r",
        implemented_year=2026,
        implemented_level=Level.CITY,
    )
    folded = fold([*facts_of(begun, RECORDED), *facts_of(ended, RECORDED)])

    def stock(period: str) -> Decimal:
        counted = folded.get((counted_in(Measure.ONGOING, period), "p", Measure.ONGOING), {})
        made = figure(Measure.ONGOING, counter(counted) if counted else {}, {"p": "p"})
        assert all(breakdown.gap == 0 for breakdown in made.breakdowns)
        assert made.total == 1 or not any(row.value for part in made.breakdowns for row in part.rows)
        return made.total

    assert [stock(period) for period in ("2026-H1", "2026-H2", "2026", "2027")] == [1, 0, 0, 0]
    # A model that was not carried over to the year of its end is not in that year's stock.
    forgotten = msgspec.structs.replace(ended, on=date(2027, 2, 1))
    assert [fact.measure for fact in facts_of(forgotten, RECORDED)] == [Measure.DISCONTINUED]


@pytest.mark.parametrize(
    ("kinds", "row"),
    [
        ([BodyKind.TRADE_UNION], "TRADE_UNION"),
        ([BodyKind.TRADE_UNION, BodyKind.TRADE_UNION], "TRADE_UNION"),
        ([BodyKind.TRADE_UNION, BodyKind.FATHERLAND_FRONT], "SEVERAL"),
    ],
)
def test_activity_counts_once_under_the_kind_of_its_bodies(kinds: list[BodyKind], row: str) -> None:
    event = ActivityRecorded(
        key="a",
        version=1,
        at=AT,
        unit="/vn/p",
        kind=ActivityKind.SURVEY,
        bodies=tuple(
            ActivityBody(organisation=str(place), name="Hội", kind=kind) for place, kind in enumerate(kinds)
        ),
        held_on=date(2018, 5, 1),
    )
    (fact,) = facts_of(event, RECORDED)
    assert (fact.measure, fact.amount, fact.on) == (
        Measure.SUPERVISION_ACTIVITY,
        Decimal(1),
        date(2018, 5, 1),
    )
    assert fact.dimensions == {Dimension.ACTIVITY_KIND: "SURVEY", Dimension.BODY_KIND: row}


def test_uncounted_event_gives_no_fact() -> None:
    submitted = ModelSubmitted(key="k", version=2, at=AT, unit="/vn/p", on=date(2018, 5, 1))
    assert facts_of(submitted, RECORDED) == facts_of(ReviewOpened(**ABOUT, **REVIEW), RECORDED) == []


def test_measure_over_a_field_that_its_event_lacks_is_refused() -> None:
    with pytest.raises(TypeError, match="has no field level"):
        counting(each(ActivityRecorded), by=(Dimension.LEVEL,))
