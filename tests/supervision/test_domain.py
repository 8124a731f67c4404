"""The rules of supervision activities as a pure function."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from infra.operate.recount import COMPARED, of_activity
from services.kernel.messages import Event, Recorded, Refused
from services.kernel.mongo.codec import to_document
from services.kernel.units import DatedUnit
from services.movement.organisations import DatedOrganisation, OrganisationName
from services.movement.words import BodyKind
from services.reporting.domain import facts_of, fold
from services.reporting.measures import Measure
from services.supervision import domain
from services.supervision.messages import ActivityBody, ActivityKind
from tests.values import act, unit

TODAY = date(2019, 12, 31)
AT = datetime(2019, 12, 31, tzinfo=UTC)
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


class Story:
    """An activity and everything that reporting counts of it."""

    def __init__(self) -> None:
        self.activity, event = domain.record(
            key="activity_1",
            kind=ActivityKind.SURVEY,
            bodies=[FRONT],
            unit=WARD,
            title="Giám sát quỹ",
            act=act("supervisor", date(2019, 4, 1), today=TODAY),
        )
        self.facts = facts_of(event, recorded(event))

    def corrected(self, after: domain.Activity) -> None:
        values: dict[str, Any] = {"changes": (), "reason": "x", "basis": "", "reverses": False}
        people = {"correction": "c", "proposed_by": "a", "approved_by": "b"}
        today = act("leader", TODAY)
        self.activity, event = domain.restate(self.activity, after, correction=values | people, act=today)
        self.facts += facts_of(event, recorded(event))

    def counted(self) -> dict[str, Decimal]:
        """The district's counters of 2019. The recount of the document must give the same facts."""
        expected = dict(of_activity(to_document(self.activity)))
        assert expected.keys() == {fact.id for fact in self.facts}
        for fact in self.facts:
            stored = to_document(fact)
            stored["several"] = {by: set(codes) for by, codes in stored["several"].items()}
            assert {n: expected[fact.id][n] for n in COMPARED} == {n: stored[n] for n in COMPARED}
        sums = fold(self.facts)["2019", "b", Measure.SUPERVISION_ACTIVITY]
        return {name: value for name, value in sums.items() if value}


def recorded(event: Event) -> Recorded:
    return Recorded(
        id="e", seq=1, type=event.subject, recorded_at=AT, caller="x", trace=None, cause=None, data={}
    )


def corrected(activity: domain.Activity, **given: Any) -> domain.Activity:
    whole: dict[str, Any] = {
        **dict.fromkeys(("kind", "title", "held_on")),
        "bodies": [FRONT],
        "unit": WARD,
        "others": [],
        "act": act("supervisor", TODAY),
    }
    return domain.correct(activity, **whole | given)


def test_activity_of_two_bodies_counts_once_and_in_the_row_of_each() -> None:
    story = Story()
    story.corrected(corrected(story.activity, bodies=[FRONT, BOARD]))
    assert story.counted() == {
        "total": 1,
        "by.ACTIVITY_KIND.SURVEY": 1,
        "by.BODY_KIND.SEVERAL": 1,
        "by.TAKING_PART.FATHERLAND_FRONT": 1,
        "by.TAKING_PART.PEOPLES_INSPECTION_BOARD": 1,
        "overlap.TAKING_PART": 1,
        "by.PLACE.c": 1,
    }


def test_corrected_activity_counts_on_the_right_day_in_the_right_unit() -> None:
    story = Story()
    other = unit("/vn/a/b/d")
    right = corrected(story.activity, unit=other, held_on=date(2019, 2, 1), kind=ActivityKind.SUPERVISION)
    assert right.bodies[0].kind is BodyKind.STATE_BODY
    story.corrected(right)
    assert story.counted() == {
        "total": 1,
        "by.ACTIVITY_KIND.SUPERVISION": 1,
        "by.BODY_KIND.STATE_BODY": 1,
        "by.TAKING_PART.STATE_BODY": 1,
        "by.PLACE.d": 1,
    }


def test_reversed_activity_counts_no_more_and_stays() -> None:
    story = Story()
    assert domain.counted(corrected(story.activity, title="Giám sát thu quỹ")) == domain.counted(
        story.activity
    )
    story.corrected(domain.reverse(story.activity, act("leader", TODAY)))
    assert story.counted() == {"corrected": -1}
    assert (story.activity.reversed_on, story.activity.title) == (TODAY, "Giám sát quỹ")
    with pytest.raises(Refused) as refused:
        corrected(story.activity, title="x")
    assert refused.value.refusal.code == "activity-reversed"
    assert record(bodies=[FRONT], title="Giám sát quỹ", others=[story.activity]).alike == ()
