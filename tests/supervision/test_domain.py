"""The rules of supervision activities as a pure function."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.organisations import DatedOrganisation, OrganisationName
from services.movement.words import BodyKind
from services.supervision import domain
from services.supervision.messages import ActivityBody, ActivityKind
from tests.values import act, unit

TODAY = date(2019, 12, 31)
WARD = unit("/vn/a/b/c")
FRONT = DatedOrganisation(
    id="front",
    version=3,
    unit="/vn/a",
    names=(
        OrganisationName(
            name="MTTQ cũ", kind=BodyKind.STATE_BODY, since=date(2018, 1, 1), until=date(2019, 3, 1)
        ),
        OrganisationName(name="MTTQ mới", kind=BodyKind.FATHERLAND_FRONT, since=date(2019, 3, 1)),
    ),
    ended_on=date(2019, 9, 1),
)
BOARD = DatedOrganisation(
    id="board",
    version=1,
    unit="/vn/a/b/c",
    names=(OrganisationName(name="Ban Thanh tra", kind=BodyKind.PEOPLES_INSPECTION_BOARD),),
)


def record(
    *,
    bodies: Sequence[DatedOrganisation] = (BOARD,),
    of: DatedUnit = WARD,
    title: str = "Giám sát",
    held_on: date = date(2019, 4, 1),
    key: str = "activity",
    others: Sequence[domain.Activity] = (),
) -> domain.Activity:
    activity, recorded = domain.record(
        key=key,
        kind=ActivityKind.SURVEY,
        bodies=bodies,
        unit=of,
        title=title,
        others=others,
        act=act("supervisor", held_on, today=TODAY),
    )
    assert (recorded.bodies, recorded.held_on, recorded.unit) == (activity.bodies, held_on, "/vn/a/b/c")
    return activity


def test_bodies_have_their_names_and_kinds_of_the_day() -> None:
    assert record(bodies=[FRONT, BOARD], held_on=date(2019, 2, 28)).bodies == (
        ActivityBody(organisation="front", name="MTTQ cũ", kind=BodyKind.STATE_BODY),
        ActivityBody(organisation="board", name="Ban Thanh tra", kind=BodyKind.PEOPLES_INSPECTION_BOARD),
    )
    assert record(bodies=[FRONT], held_on=date(2019, 3, 1)).bodies[0].name == "MTTQ mới"


@pytest.mark.parametrize(
    ("wrong", "code", "fields"),
    [
        ({"of": unit("/vn/a/b/c", until=date(2019, 4, 1))}, "unit-not-in-force", ("unit", "heldOn")),
        ({"title": " "}, "title-empty", ("title",)),
        ({"title": "t" * 301}, "title-too-long", ("title",)),
        ({"held_on": date(2020, 1, 1)}, "date-in-future", ("heldOn",)),
        ({"bodies": []}, "bodies-empty", ("bodies",)),
        ({"bodies": [BOARD, FRONT, BOARD]}, "body-twice", ("bodies",)),
        ({"bodies": [BOARD] * 21}, "too-many-bodies", ("bodies",)),
        (
            {"bodies": [BOARD, FRONT], "held_on": date(2017, 12, 31)},
            "organisation-not-yet",
            ("bodies", "heldOn"),
        ),
        ({"bodies": [BOARD, FRONT], "held_on": date(2019, 9, 1)}, "organisation-ended", ("bodies", "heldOn")),
    ],
)
def test_wrong_activity_is_refused(wrong: dict[str, Any], code: str, fields: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refused:
        record(**wrong)
    refusal = refused.value.refusal
    assert (refusal.code, refusal.fields) == (code, fields)
    assert refusal.vi != refusal.en


@pytest.mark.parametrize(
    ("body", "title", "alike"),
    [
        (FRONT, "Khảo sát khác hẳn", True),
        (BOARD, "Giám sát thu, chi quỹ  ủng hộ của UBND", True),
        (BOARD, "Giám sát việc thu chi quỹ", True),
        (BOARD, "Khảo sát đường liên xã", False),
    ],
)
def test_activity_of_one_body_or_subject_is_told_as_alike(
    body: DatedOrganisation, title: str, alike: bool
) -> None:
    known = record(bodies=[FRONT], title="Giám sát thu chi quỹ ủng hộ của Ủy ban nhân dân", key="first")
    later = record(bodies=[body], title=title, others=[known])
    assert later.alike == (("first",) if alike else ())
