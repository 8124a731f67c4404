"""After any reorganisations, entered in time or late, somebody in a unit of today can go on with open records."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.corrections import domain as corrections
from services.corrections.domain import Correction
from services.corrections.messages import CorrectedFact, CorrectionState
from services.kernel.caller import Scope
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.homes import Homed, require_here
from services.movement.words import ContributionKind
from services.registration.corrections.messages import CORRECTIONS
from services.registration.formality import domain as formality
from services.registration.formality.messages import FormalityRule
from services.registration.formality.repository import subject
from services.registration.handovers.domain import choose
from services.registration.handovers.family import Family, Successor
from services.registration.handovers.kinds import BY_KIND
from services.registration.handovers.messages import HandedKind
from services.registration.launches.domain import Launch
from services.registration.models import contributing, registering
from services.registration.models.domain import Model
from services.registration.programmes.domain import Programme, admit
from services.review import deciding, following
from services.review.domain import Review
from services.review.messages import Verdict
from tests import values
from tests.reorganised import Country, OldCountry

FIRST, TODAY = date(2024, 1, 1), date(2026, 11, 28)
NOW = values.act("officer", TODAY)
Draw = Callable[[Any], Any]


def under(record: Homed, on: date, family: Family) -> DatedUnit:
    return family.units[record.home_on(on).unit]


class Work:
    """A model with its question, its review and a correction, its owner, its programme and the launch of it."""

    def __init__(self, unit: DatedUnit) -> None:
        path = unit.spells[-1].path
        first = values.act("writer", FIRST, today=TODAY)
        programme = Programme(
            id="programme_1",
            version=1,
            unit=path,
            identity="p",
            name="p",
            first_year=2024,
            last_year=2026,
            years=(2024, 2025, 2026),
            documents=(),
            started_on=FIRST,
        )
        drafted, _ = values.draft(first, of=unit, programme=programme)
        submitted, _ = registering.submit(drafted, unit=unit, act=first)
        model, accepted = registering.accept(submitted, unit=unit, act=values.act("y", FIRST, today=TODAY))
        launch = Launch(
            id="launch_1",
            version=1,
            unit=path,
            identity="l",
            programme=programme.id,
            year=2026,
            level=unit.spells[-1].level,
            until=date(2026, 12, 31),
            message="",
            document=None,
            launched_on=FIRST,
            units=1,
            launched_in=unit.id,
        )
        self.handed: dict[HandedKind, Homed] = {
            HandedKind.MODEL: model,
            HandedKind.PROGRAMME: programme,
            HandedKind.LAUNCH: launch,
            HandedKind.ORGANISATION: values.organisation(unit),
        }
        suspicion = formality.Suspicion(rule=FormalityRule.BOILERPLATE, why_vi="", why_en="")
        self.question, _ = formality.ask("question_1", subject(model, path), suspicion, act=first)
        self.review: Review = following.open_review(accepted, key="review_1", act=first)[0]
        self.correction = Correction(
            id="correction_1",
            version=1,
            unit=path,
            record=model.id,
            fact=CorrectedFact.MODEL,
            fact_version=1,
            changes=(),
            values=(),
            reverses=False,
            figures=True,
            state=CorrectionState.WAITING,
            reason="x",
            document=None,
            proposed_on=FIRST,
            proposed_by="writer",
        )

    @property
    def model(self) -> Model:
        model = self.handed[HandedKind.MODEL]
        assert isinstance(model, Model)
        return model

    @property
    def all(self) -> list[Homed]:
        return [*self.handed.values(), self.question, self.review, self.correction]

    def hand_over(self, successor: Successor) -> None:
        for kind, record in self.handed.items():
            self.handed[kind], _ = BY_KIND[kind].hand_over(
                record, steps=successor.steps, document="", act=NOW
            )
        asked = formality.follow(self.question, self.model, act=NOW)
        judged = following.follow_home(self.review, homes=self.model.homes, act=NOW)
        corrected = corrections.follow(self.correction, self.model, messages=CORRECTIONS, act=NOW)
        assert asked
        assert judged
        assert corrected
        self.question, self.review, self.correction = asked[0], judged[0], corrected[0]


def offices(family: Family) -> list[str]:
    """A person of each unit in force today holds a role there. Nobody else does."""
    return [id_ for id_, unit in family.units.items() if unit.at(TODAY)]


def able(record: Homed, family: Family) -> list[str]:
    return [one for one in offices(family) if Scope(frozenset({one})).covers(record.home)]


def brought_on(work: Work, on: date, family: Family, draw: Draw) -> None:
    """Hands the work over, as often as needed, until an office of today can act on it as of the day."""
    for _ in family.units:
        home = family.units[work.model.home.unit]
        if able(work.model, family) and under(work.model, on, family).at(on):
            return
        ways = [one for one in family.successors(home, TODAY) if one.only_way]
        assert ways, f"nobody can go on with the work of {home.id}"
        chosen = draw(st.sampled_from(ways))
        taking = family.may_take(chosen.unit, TODAY)
        takers = [one for one in offices(family) if any(map(Scope(frozenset({one})).covers, taking))]
        assert takers
        assert all(home.id in family.waiting(frozenset({one}), TODAY) for one in takers)
        work.hand_over(choose(family, home, chosen.unit.id, today=TODAY))
    raise AssertionError(f"the work of {work.model.unit} is handed over without an end")


def check_one_unit(record: Homed, on: date, family: Family) -> None:
    """The unit to which the record belongs on the day: the last one to which it had been handed over by then."""
    since = [None, *(home.since for home in record.homes)]
    until = [*since[1:], None]
    spans = zip(record.paths, since, until, strict=True)
    found = [path for path, begin, end in spans if (not begin or begin <= on) and (not end or on < end)]
    assert found == [record.home_on(on)]


def check_acts(work: Work, on: date, family: Family) -> None:
    """Every office that may act does so by the rules of the domain."""
    for one in able(work.model, family):
        scope = Scope(frozenset({one}))
        for record in work.all:
            require_here(record, scope, "record")
        act = values.act(f"person@{one}", on, today=TODAY)
        unit = under(work.model, on, family)
        contributing.contribute(
            work.model,
            unit=unit,
            kind=ContributionKind.WORK_DAY,
            amount="2",
            covers=None,
            note="",
            act=act,
        )
        deciding.decide(
            work.review, unit=under(work.review, on, family), verdict=Verdict.NOT_MET, reason="x", act=act
        )
        if on == TODAY:
            formality.answer(work.question, unit=under(work.question, on, family), text="Ba ngõ", act=act)
        drafted, _ = values.draft(act, of=unit)
        programme = work.handed[HandedKind.PROGRAMME]
        assert isinstance(programme, Programme)
        admit(programme, drafted.unit, year=2025)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_somebody_in_an_office_of_today_acts_on_all_that_is_open_on_every_day(data: st.DataObject) -> None:
    draw = data.draw
    country: Country = draw(st.sampled_from([Country, OldCountry]))()
    days = sorted(draw(st.sets(st.integers(30, 1000), min_size=1, max_size=6)))
    at_first = sorted(id_ for id_ in country.units if id_ != "vn")
    work = Work(country.units[draw(st.sampled_from(at_first))])
    for number in days:
        country.reorganise(draw, FIRST + timedelta(days=number))
        # A reorganisation is entered before or after some of the work was handed over.
        if draw(st.booleans()):
            family = Family(country.units.values())
            brought_on(work, draw(st.dates(FIRST, TODAY)), family, draw)
    family = Family(country.units.values())
    ends = [FIRST + timedelta(days=number) for number in days]
    for on in sorted({FIRST, TODAY, *ends, *(end - timedelta(days=1) for end in ends)}):
        brought_on(work, on, family, draw)
        for record in work.all:
            check_one_unit(record, on, family)
        assert len({record.home for record in work.all}) == 1
        check_acts(work, on, family)


def test_work_of_a_unit_without_a_successor_is_seen_to_be_stranded() -> None:
    """The property above fails where it must: if a unit ended without a successor, nobody can take over its work."""
    country = Country()
    work = Work(country.units["p1a"])
    country.end("p1a", date(2025, 7, 1))
    country.end("p1", date(2025, 7, 1))
    with pytest.raises(AssertionError, match="nobody can go on"):
        brought_on(work, TODAY, Family(country.units.values()), lambda _: None)
    with pytest.raises(Refused):
        choose(Family(country.units.values()), country.units["p1a"], None, today=TODAY)
