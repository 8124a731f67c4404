"""Reports after random reorganisations: each fact is in one report of each level, and the rows of places add up."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.kernel.units import COUNTRY, DatedUnit, UnitLevel, UnitPath
from services.registration.units.national import national_units
from services.reporting.composition import Composition, compose, day_of
from services.reporting.domain import Fact, figure, fold, span_of
from services.reporting.measures import Dimension, Measure
from services.reporting.messages import Figure
from services.reporting.places import Counted, Places, added, places
from services.reporting.placing import moved_since, placed
from tests.reorganised import InMemory, OldCountry

FIRST, LAST = date(2024, 1, 1), date(2026, 11, 28)
MEASURE = Measure.FORMALITY_ASKED
REAL = {unit.id: unit for unit in national_units()}


Shown = tuple[Composition, Places, Figure]


class Reports:
    def __init__(self, units: Mapping[str, DatedUnit], facts: Collection[Fact]) -> None:
        self.register = InMemory(list(units.values()))
        self._counters: dict[tuple[str, str], dict[Measure, Any]] = {}
        for (period, unit, measure), amounts in fold(facts).items():
            nested: dict[str, Any] = {}
            for key, amount in amounts.items():
                *path, last = key.split(".")
                into = nested
                for step in path:
                    into = into.setdefault(step, {})
                into[last] = amount
            self._counters.setdefault((period, unit), {})[measure] = nested

    async def all(self, units: Mapping[str, DatedUnit], period: str) -> dict[str, Shown]:
        made = {id_: await self._of(unit, period) for id_, unit in units.items()}
        return {id_: one for id_, one in made.items() if one}

    async def _of(self, unit: DatedUnit, period: str) -> Shown | None:
        since, until = span_of(period)
        day = day_of(unit, since, until)
        if day is None:
            return None

        async def read(ids: Collection[str]) -> Mapping[str, Counted]:
            return {id_: one for id_ in ids if (one := self._counters.get((period, id_)))}

        made = await compose(unit, day, self.register)
        counted = added((await read(made.ids)).values())
        below = [
            one
            for one in await self.register.ever_under([unit.id])
            if (spell := one.at(day)) and spell.parent == unit.id
        ]
        rows = await places(made, below, counted, read, self.register)
        return made, rows, figure(MEASURE, rows.into(counted).get(MEASURE, {}), rows.names(MEASURE))


def fact(number: int, unit: DatedUnit, on: date, amount: int) -> Fact:
    return Fact(
        id=f"f{number}",
        measure=MEASURE,
        thing="t",
        amount=Decimal(amount),
        on=on,
        counted_on=on,
        unit=(unit.at(on) or unit.spells[-1]).path,
        dimensions={
            Dimension.FIELD: "ECONOMY",
            Dimension.LEVEL: "CITY",
            Dimension.SUBJECT_KIND: "COLLECTIVE",
        },
        producer="p",
        seq=number,
        event="e",
        trace=None,
        recorded_at=datetime(2026, 11, 28, tzinfo=UTC),
    )


def row(found: Figure, code: str) -> Decimal:
    places = next(one for one in found.breakdowns if one.by is Dimension.PLACE)
    return next((one.value for one in places.rows if one.code == code), Decimal(0))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_each_fact_is_in_one_report_of_each_level_and_rows_add_up(data: st.DataObject) -> None:
    country, draw = OldCountry(), data.draw
    for day in sorted(draw(st.sets(st.integers(30, 900), max_size=5))):
        country.reorganise(draw, FIRST + timedelta(days=day))
    units = country.units
    facts = []
    for number in range(draw(st.integers(1, 12))):
        on = FIRST + timedelta(days=draw(st.integers(0, (LAST - FIRST).days)))
        # A fact that was recorded before the end of its unit was known is dated after that end.
        begun = sorted(id_ for id_, one in units.items() if (one.spells[0].since or FIRST) <= on)
        facts.append(fact(number, units[draw(st.sampled_from(begun))], on, draw(st.integers(1, 4))))
    reports = Reports(units, facts)
    for period in ("2024", "2025", "2026-H2"):
        check(reports, units, [f for f in facts if period in (f"{f.on.year}", half(f.on))], period)


def half(day: date) -> str:
    return f"{day.year}-H{1 if day.month <= 6 else 2}"


def check(reports: Reports, units: Mapping[str, DatedUnit], facts: list[Fact], period: str) -> None:
    _, until = span_of(period)
    found = asyncio.run(reports.all(units, period))
    for _, rows, shown in found.values():
        assert [part.gap for part in shown.breakdowns] == [0] * len(shown.breakdowns)
        assert all(row(shown, code) >= 0 for code in rows.below | rows.others)
    assert found[COUNTRY][2].total == sum((f.amount for f in facts), Decimal(0))
    now = {id_: s for id_, one in units.items() if (s := one.at(until))}
    for level in (UnitLevel.PROVINCE, UnitLevel.COMMUNE):
        at_level = [id_ for id_, s in now.items() if s.level is level]
        for f in facts:
            within = [id_ for id_ in at_level if set(found[id_][0].ids) & set(UnitPath(f.unit).segments)]
            assert len(within) <= 1, (f, within)
    for id_, spell in now.items():
        if spell.parent and stayed(units, found[id_][0], found[spell.parent][0]):
            assert row(found[spell.parent][2], id_) == found[id_][2].total


def stayed(units: Mapping[str, DatedUnit], made: Composition, above: Composition) -> bool:
    """Whether all that a unit reports was always above the same unit. Otherwise each of several reports its share."""
    paths = [UnitPath(spell.path).segments for id_ in made.ids for spell in units[id_].spells]
    return all(set(path) & set(above.ids) for path in paths)


def composed(unit: str, period: str = "2025") -> Composition:
    day = day_of(REAL[unit], *span_of(period))
    assert day
    return asyncio.run(compose(REAL[unit], day, InMemory(list(REAL.values()))))


def test_merged_province_reports_on_the_provinces_it_came_of() -> None:
    for period in ("2021", "2025"):
        made = composed("u19-2025", period)
        assert made.ids == ["u19-2025", "u06", "u19"]
        assert [part.kind for part in made.parts_in(*span_of("2021"))] == ["WHOLE", "WHOLE"]
    assert [part.unit_id for part in made.parts_in(*span_of("2025"))] == ["u19-2025", "u06", "u19"]
    assert composed("u42", "2021").ids == ["u42"]


def test_commune_reports_on_whole_predecessors_and_names_those_it_has_a_part_of() -> None:
    made = composed("u00025-2025")
    assert "u00007" in [one.id for one in made.parts]
    assert "u00007" not in made.ids
    whole = composed("u18115-2025")
    assert set(whole.ids) == {"u18115-2025", *(line.unit for line in REAL["u18115-2025"].predecessors)}
    assert whole.register_on(date(2021, 12, 31)) == date(2025, 6, 30)


def test_commune_that_a_district_became_reports_on_the_district() -> None:
    """Of huyện Cát Hải, all communes went into one special zone."""
    assert [one.id for one in composed("u11914-2025").whole] == ["u317"]


def test_fact_counts_under_the_parent_that_its_unit_had_on_its_day() -> None:
    """A review keeps the path of the day on which it was opened; its unit came under another province since then."""
    country, moved_on = OldCountry(), date(2025, 3, 1)
    country.move("p1a", "p3", moved_on)
    unit = country.units["p1a"]
    before, after = date(2025, 2, 28), moved_on
    facts = [replace(fact(n, unit, day, 1), unit="/vn/p1/p1a") for n, day in enumerate((before, after))]
    assert [one.unit for one in placed(facts, {"p1a": unit})] == ["/vn/p1/p1a", "/vn/p3/p1a"]
    assert placed(facts, {}) == facts
    first = OldCountry().units["p1a"]
    assert (moved_since(first, unit), moved_since(unit, first)) == (moved_on, moved_on)
    assert moved_since(unit, unit) is None
    assert moved_since(first, replace(first, spells=(replace(first.spells[0], until=moved_on),))) is None
    reports = Reports(country.units, placed(facts, country.units))
    found = asyncio.run(reports.all(country.units, "2025"))
    assert [found[id_][2].total for id_ in ("p1", "p3", "p1a", "vn")] == [1, 1, 2, 2]
    assert found["p1"][1].others == {"p1a": "p1a (nay thuộc p3)"}
