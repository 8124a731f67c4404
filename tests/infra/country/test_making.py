"""The invented country: it depends only on its seed, keeps the rules, and is about as varied as a real one."""

from collections import Counter
from datetime import date

import pytest

from infra.country.loading import Asked, CannotLoad
from infra.country.making import LAST_DAY, Country, Made, Mark, deadline
from services.kernel.calendar import moment
from services.kernel.units import UnitPath
from services.movement.words import Field, Level
from services.registration.models.messages import ModelState, ModelSubmitted
from services.registration.units.national import REORGANISED_ON, national_units

SIZE = 6000
UNITS = national_units()


@pytest.fixture(scope="module")
def country() -> Country:
    return Country(SIZE, 7, LAST_DAY, UNITS)


@pytest.fixture(scope="module")
def made(country: Country) -> list[Made]:
    return [country.make(number) for number in range(SIZE)]


def test_same_seed_gives_the_same_country_in_any_order(made: list[Made]) -> None:
    again = Country(SIZE, 7, LAST_DAY, UNITS)
    numbers = range(SIZE - 1, -1, -50)
    assert [again.make(number) for number in numbers] == [made[number] for number in numbers]


def test_another_seed_gives_another_country(made: list[Made]) -> None:
    other = Country(SIZE, 8, LAST_DAY, UNITS)
    assert {other.make(number).model.id for number in range(100)}.isdisjoint(m.model.id for m in made)


def test_events_lead_to_their_model_and_ids_rise_with_time(made: list[Made]) -> None:
    for one in made:
        assert [event.version for event in one.events] == list(range(1, one.model.version + 1))
        assert {event.key for event in one.events} == {one.model.id}
        moments = [event.at for event in one.events]
        assert moments == sorted(moments)
    ids = [one.model.id for one in made]
    assert len(set(ids)) == SIZE
    assert ids == sorted(ids)


def test_each_model_belongs_to_an_organisation_and_a_unit_of_its_day(
    country: Country, made: list[Made]
) -> None:
    units = {unit.id: unit for unit in UNITS}
    organisations = {
        organisation.id: organisation
        for organisation, _ in country.organisations(0, len(country.bodies), moment())
    }
    assert len(organisations) == len(country.bodies)
    for one in made:
        unit = UnitPath(one.model.unit).unit
        spell = units[unit].at(one.model.drafted_on)
        assert spell is not None
        assert spell.path == one.model.unit
        assert UnitPath(organisations[one.model.owner].unit).unit == unit
        assert all(units[unit].at(event.on) for event in one.events if isinstance(event, ModelSubmitted))
    districts = [one.model.drafted_on for one in made if one.model.level is Level.DISTRICT]
    assert max(districts) < REORGANISED_ON
    assert max(one.model.drafted_on for one in made) <= LAST_DAY


def test_shares_are_close_to_those_of_a_real_city(made: list[Made]) -> None:
    fields = Counter(one.model.field for one in made)
    assert 0.40 < fields[Field.CULTURE_SOCIETY] / SIZE < 0.50
    assert 0.12 < fields[Field.DEFENCE_SECURITY] / SIZE < 0.17
    states = Counter(one.model.state for one in made)
    assert states.keys() >= {ModelState.DRAFT, ModelState.SUBMITTED, ModelState.RETURNED}
    assert (states[ModelState.IMPLEMENTING] + states[ModelState.SELF_ASSESSED]) / SIZE > 0.7
    assert {one.mark for one in made} == set(Mark)
    assert len({one.model.title for one in made}) > SIZE // 2


def test_marks_agree_with_the_models(country: Country, made: list[Made]) -> None:
    by_id = {one.model.id: one.model for one in made}
    for one in made:
        other = by_id[one.other] if one.other else None
        if one.mark is Mark.EMPTY:
            assert (one.model.place, one.model.target) == ("", "")
        elif one.mark is Mark.RUSHED:
            submitted = [event.at for event in one.events if isinstance(event, ModelSubmitted)]
            left = [deadline(one.model.year) - at for at in submitted[:1]]
            assert all(0 <= gap.total_seconds() < 3600 for gap in left)
        elif one.mark is Mark.DUPLICATE and other:
            assert (one.model.owner, one.model.year) == (other.owner, other.year)
        elif one.mark is Mark.CONTINUATION and other:
            assert one.model.owner == other.owner
            assert one.model.year > other.year
        assert (other is not None) == (one.mark in (Mark.DUPLICATE, Mark.CONTINUATION, Mark.REPLICATION))


@pytest.mark.parametrize(("models", "until"), [(0, LAST_DAY), (10**9, LAST_DAY), (10, date(2015, 1, 1))])
def test_country_of_an_impossible_size_or_day_is_refused(models: int, until: date) -> None:
    with pytest.raises(CannotLoad):
        Asked(models, 1, until)
