"""After random reorganisations, a record lives under one unit on each day, and counts once on each level."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.operate.recount import COMPARED, of_model
from services.kernel.messages import Event, Refused
from services.kernel.mongo.codec import to_document
from services.kernel.units import COUNTRY, DatedUnit, UnitPath
from services.movement.words import ContributionKind
from services.registration.handovers.domain import choose
from services.registration.handovers.family import Family
from services.registration.models import contributing, moving, registering
from services.registration.models.domain import Model
from services.registration.units.national import national_units
from services.reporting.domain import Fact, facts_of, fold, moved, taken_back
from tests import values
from tests.registration.models.test_life import recorded
from tests.reorganised import Country

FIRST = date(2024, 1, 1)
TODAY = date(2026, 11, 28)
REAL = {unit.id: unit for unit in national_units()}
FAMILY = Family(REAL.values())


def refusal(choice: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        choice()
    return refused.value.refusal.code


def test_merged_ward_has_one_successor_and_a_split_one_needs_a_choice() -> None:
    merged, split, district = REAL["u18115"], REAL["u00007"], REAL["u437"]
    whole = choose(FAMILY, merged, None, today=TODAY)
    assert (whole.unit.id, [step.path for step in whole.steps]) == ("u18115-2025", ["/vn/u42/u18115-2025"])
    assert refusal(lambda: choose(FAMILY, split, None, today=TODAY)) == "successor-needed"
    assert choose(FAMILY, split, "u00025-2025", today=TODAY).whole is False
    assert refusal(lambda: choose(FAMILY, split, "u18115-2025", today=TODAY)) == "not-a-successor"
    assert refusal(lambda: choose(FAMILY, REAL["u42"], None, today=TODAY)) == "unit-not-ended"
    assert refusal(lambda: choose(FAMILY, merged, None, today=date(2025, 6, 30))) == "unit-not-ended"
    # The district has no successor of its own. The successors of its wards have its territory, and the province is
    # above them.
    assert [one.unit.id for one in FAMILY.successors(district, TODAY)] == [
        "u18115-2025",
        "u18118-2025",
        "u42",
    ]
    assert refusal(lambda: choose(FAMILY, district, None, today=TODAY)) == "successor-needed"


def test_every_ended_unit_of_the_country_has_a_successor_for_its_records() -> None:
    ended = {unit.id for unit in REAL.values() if unit.spells[-1].until}
    assert FAMILY.waiting(None, TODAY) == ended
    assert all(FAMILY.successors(REAL[id_], TODAY) for id_ in ended)
    assert FAMILY.waiting(frozenset({"u18115-2025"}), TODAY) >= {"u18115", "u18121", "u18124", "u437"}
    assert "u18118" not in FAMILY.waiting(frozenset({"u18115-2025"}), TODAY)


class Story:
    """A model and its steps, and the facts and counters of its events."""

    def __init__(self, home: DatedUnit) -> None:
        self.facts: dict[str, Fact] = {}
        self.counters: list[Fact] = []
        act = values.act("x", FIRST, today=TODAY)
        model, _ = values.draft(act, of=home)
        submitted, _ = registering.submit(model, unit=home, act=act)
        self._take(registering.accept(submitted, unit=home, act=values.act("y", FIRST, today=TODAY)))

    def _take(self, step: tuple[Model, Event]) -> None:
        self.model, event = step
        made = {fact.id: fact for fact in facts_of(event, recorded(event))}
        self.facts |= made
        self.counters += made.values()

    def contribute(self, country: Country, on: date) -> None:
        act = values.act("x", on, today=TODAY)
        under = country.units[self.model.home_on(on).unit]
        give = partial(
            contributing.contribute, self.model, unit=under, kind=ContributionKind.WORK_DAY, amount="2"
        )
        if under.at(on):
            self._take(give(covers=None, note="", act=act))
        else:
            assert refusal(lambda: give(covers=None, note="", act=act)) == "unit-not-in-force"

    def hand_over(self, family: Family, draw: Callable[[Any], Any]) -> None:
        unit = family.units[self.model.home.unit]
        successors = family.successors(unit, TODAY)
        if not successors:
            return
        successor = draw(st.sampled_from(successors))
        choice = partial(choose, family, unit, successor.unit.id, today=TODAY)
        if not successor.only_way:
            assert refusal(choice) == "succession-ambiguous"
            return
        act = values.act("x", TODAY)
        self._take(moving.hand_over(self.model, steps=choice().steps, document="", act=act))
        for before, after in moved(self.facts.values(), self.model.unit, self.model.homes):
            self.facts[after.id] = after
            self.counters += [taken_back(before), after]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_record_lives_under_one_unit_and_each_fact_counts_once_on_each_level(data: st.DataObject) -> None:
    country, draw = Country(), data.draw
    for day in sorted(draw(st.sets(st.integers(30, 900), min_size=1, max_size=6))):
        country.reorganise(draw, FIRST + timedelta(days=day))
    family = Family(country.units.values())
    story = Story(country.units[draw(st.sampled_from(["p1a", "p2b", "p3c", "p1"]))])
    for _ in range(draw(st.integers(0, 8))):
        if draw(st.booleans()):
            story.hand_over(family, draw)
        else:
            story.contribute(country, FIRST + timedelta(days=draw(st.integers(0, (TODAY - FIRST).days))))
    check_lives(story.model, family)
    check_figures(story, country)


def check_lives(model: Model, family: Family) -> None:
    """On every day, the unit of the model is in force, or is in the list of each unit that may take the model over."""
    day = FIRST
    while day <= TODAY:
        unit = family.units[model.home_on(day).unit]
        if not unit.at(day):
            assert unit.id == model.home.unit
            answering = {
                path for one in family.successors(unit, TODAY) for path in family.may_take(one.unit, TODAY)
            }
            assert answering
            for path in answering:
                assert all(unit.id in family.waiting(frozenset({s}), TODAY) for s in UnitPath(path).segments)
        day += timedelta(days=13)
    assert [home.since for home in model.homes] == sorted({home.since for home in model.homes})


def check_figures(story: Story, country: Country) -> None:
    """Each fact counts in the unit of its day, and in each unit above it. The rows by place add up to the total."""
    facts, counters = story.facts, story.counters
    for fact in facts.values():
        unit = country.units[UnitPath(fact.unit).unit]
        spell = unit.at(fact.on)
        assert spell
        assert spell.path == fact.unit
    for (_, unit_id, _), amounts in fold(counters).items():
        places = {key: amount for key, amount in amounts.items() if key.startswith("by.PLACE.")}
        assert sum(places.values()) == amounts["total"]
        assert all(amount >= 0 for amount in places.values())
        assert unit_id in country.units
    total = sum((fact.amount for fact in facts.values()), Decimal(0))
    assert (
        sum(a["total"] for (p, u, _), a in fold(counters).items() if u == COUNTRY and "-" not in p) == total
    )
    # The recount gives the same facts from the document. Only paths may differ, of units that came under another unit:
    # the recount looks up the path itself.
    wanted = dict(of_model(to_document(story.model)))
    assert wanted.keys() == facts.keys()
    for key, fact in facts.items():
        counted = to_document(fact)
        there = UnitPath(wanted[key]["unit"]).unit
        assert there == UnitPath(fact.unit).unit
        for name in COMPARED:
            assert name == "unit" or counted[name] == wanted[key][name]
