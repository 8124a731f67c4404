"""Organisations and supervision sessions as pure functions: named, in a unit, on a day that has come."""

from datetime import UTC, date, datetime

import pytest

from services.kernel.messages import Refused
from services.kernel.units import Spell, UnitLevel
from services.registration.events import BodyKind
from services.registration.organisations import domain as organisations
from services.supervision import domain as supervision
from services.supervision.events import SessionKind, SupervisingBody

AT = datetime(2019, 12, 31, tzinfo=UTC)
WARD = Spell(name="Phường", code="1", kind="Phường", level=UnitLevel.COMMUNE, parent="b", path="/vn/a/b/c")
COUNTRY = Spell(name="Việt Nam", code="vn", kind="Quốc gia", level=UnitLevel.COUNTRY, parent=None, path="/vn")


def register(
    name: str = "Hội", unit: Spell = WARD, on: date = date(2019, 1, 2)
) -> organisations.Organisation:
    return organisations.register(
        key="o", name=name, kind=BodyKind.POLICE, unit=unit, on=on, today=AT.date(), at=AT
    )[0]


def record(title: str = "Giám sát", on: date = date(2019, 1, 2)) -> supervision.Session:
    return supervision.record(
        key="s",
        kind=SessionKind.SURVEY,
        body=SupervisingBody.TRADE_UNION,
        unit=WARD,
        title=title,
        on=on,
        today=AT.date(),
        at=AT,
    )[0]


def test_an_organisation_belongs_to_its_units_path() -> None:
    assert register(" Hội\u00a0").name == "Hội"
    assert (register().unit, register().version) == ("/vn/a/b/c", 1)


def test_an_organisation_needs_a_name_a_unit_of_a_level_and_a_day_that_has_come() -> None:
    for wrong, code in (
        ({"name": " "}, "name-empty"),
        ({"name": "t" * 201}, "name-too-long"),
        ({"unit": COUNTRY}, "unit-level"),
        ({"on": date(2020, 1, 1)}, "date-in-future"),
        ({"on": date(1899, 12, 31)}, "date-too-early"),
    ):
        with pytest.raises(Refused) as refused:
            register(**wrong)
        assert refused.value.refusal.code == code


def test_a_session_needs_a_subject_and_a_day_that_has_come() -> None:
    assert record().held_on == date(2019, 1, 2)
    for wrong, code in (
        ({"title": ""}, "title-empty"),
        ({"title": "t" * 301}, "title-too-long"),
        ({"on": date(2020, 1, 1)}, "date-in-future"),
    ):
        with pytest.raises(Refused) as refused:
            record(**wrong)
        assert refused.value.refusal.code == code
