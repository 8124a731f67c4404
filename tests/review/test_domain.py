"""Reviews as pure functions: decided once, by another person, with a reason; nominated once, if recognised."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import msgspec
import pytest

from services.kernel.messages import Event, Refused
from services.movement.words import Field, Level, SubjectKind
from services.registration.models.messages import (
    ModelAccepted,
    ModelBegun,
    ModelCarriedOver,
    ModelDiscontinued,
    ModelLevelChanged,
    ModelOwnerChanged,
    ModelWithdrawn,
)
from services.review.app import TABLE
from services.review.deciding import decide, nominate
from services.review.domain import Review
from services.review.following import (
    begin,
    carry_over,
    close,
    follow,
    follow_level,
    follow_owner,
    followed,
    open_review,
    settle,
)
from services.review.messages import Closing, ReviewClosed, ReviewedModelChanged, ReviewOpened, Verdict
from services.review.repository import Reviews
from tests.values import act, unit

AT = datetime(2019, 12, 31, tzinfo=UTC)
TODAY = AT.date()
ACCEPTED = ModelAccepted(
    key="m",
    version=3,
    at=AT,
    unit="/vn/a/b/c",
    owner="o",
    title="Ngõ sạch",
    field=Field.ECONOMY,
    subject_kind=SubjectKind.COLLECTIVE,
    level=Level.COMMUNE,
    written_by=("drafter", "officer"),
    on=date(2019, 3, 1),
)
UNIT = unit("/vn/a/b/c")
NOT_BEGUN = open_review(ACCEPTED, key="r", act=act("danvan", ACCEPTED.on, at=AT))[0]
OPEN = begin(NOT_BEGUN, act=act("danvan", date(2019, 3, 10), at=AT))[0]


def decided(verdict: Verdict, review: Review = OPEN, *own: str, on: date = date(2019, 11, 1)) -> Review:
    by = act("appraiser", on, *own, today=TODAY)
    return decide(review, unit=UNIT, verdict=verdict, reason="Thiết thực", act=by)[0]


def nominated(review: Review, *own: str, on: date = date(2019, 12, 1)) -> Review:
    return nominate(review, unit=UNIT, act=act("appraiser", on, *own, today=TODAY))[0]


def test_decision_needs_a_unit_in_force_on_its_day() -> None:
    ended = unit("/vn/a/b/c", until=date(2019, 11, 1))
    before, after = act("x", date(2019, 10, 31), today=TODAY), act("x", date(2019, 11, 1), today=TODAY)
    given: dict[str, Any] = {"unit": ended, "verdict": Verdict.RECOGNISED, "reason": "Thiết thực"}
    review, _ = decide(OPEN, act=before, **given)
    for step in (partial(decide, OPEN, **given), partial(nominate, review, unit=ended)):
        with pytest.raises(Refused) as refused:
            step(act=after)
        assert (code(refused), refused.value.refusal.fields) == ("unit-not-in-force", ("review", "on"))


def code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.refusal.code


def test_review_opens_with_the_values_of_the_accepted_model() -> None:
    review, opened = open_review(ACCEPTED, key="r", act=act("danvan", ACCEPTED.on, at=AT))
    assert (review.version, opened.version, review.verdict) == (1, 1, None)
    assert (opened.model, opened.title, opened.unit, opened.on) == ("m", "Ngõ sạch", "/vn/a/b/c", ACCEPTED.on)


GIVEN = (Verdict.RECOGNISED, Verdict.NOT_MET)


@pytest.mark.parametrize("verdict", GIVEN)
def test_review_is_decided_once(verdict: Verdict) -> None:
    review = decided(verdict)
    assert (review.version, review.decided_version, review.verdict) == (3, 3, verdict)
    for again in GIVEN:
        with pytest.raises(Refused) as refused:
            decided(again, review)
        assert code(refused) == "already-decided"


def test_decision_needs_another_person_a_reason_and_a_past_day() -> None:
    for writer in ACCEPTED.written_by:
        with pytest.raises(Refused) as refused:
            decided(Verdict.NOT_MET, OPEN, writer)
        assert code(refused) == "own-work"
    with pytest.raises(Refused) as refused:
        decide(OPEN, unit=UNIT, verdict=Verdict.NOT_MET, reason=" ", act=act("x", TODAY))
    assert code(refused) == "reason-empty"
    with pytest.raises(Refused) as refused:
        decided(Verdict.NOT_MET, on=date(2020, 1, 1))
    assert code(refused) == "date-in-future"
    with pytest.raises(Refused) as refused:
        decided(Verdict.NOT_MET, on=date(2019, 2, 28))
    assert code(refused) == "date-too-early"


def test_nobody_judges_what_their_own_organisation_registered() -> None:
    recognised = decided(Verdict.RECOGNISED)
    judges: tuple[Callable[[list[str]], Review], ...] = (
        lambda own: decided(Verdict.NOT_MET, OPEN, *own),
        lambda own: nominated(recognised, *own),
    )
    for judge in judges:
        with pytest.raises(Refused) as refused:
            judge(["another", ACCEPTED.owner])
        assert code(refused) == "own-work"
        assert judge(["another"])


def test_recognised_model_is_nominated_once_and_no_other_is() -> None:
    for review in (OPEN, decided(Verdict.NOT_MET)):
        with pytest.raises(Refused) as refused:
            nominated(review)
        assert code(refused) == "not-recognised"
    review = nominated(decided(Verdict.RECOGNISED))
    assert (review.version, review.nominated_version) == (4, 4)
    with pytest.raises(Refused) as refused:
        nominated(review)
    assert code(refused) == "already-nominated"


def test_nomination_before_the_decision_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        nominated(decided(Verdict.RECOGNISED), on=date(2019, 10, 31))
    assert code(refused) == "date-too-early"


def test_only_a_model_that_has_begun_is_recognised() -> None:
    for review in (NOT_BEGUN, begin(NOT_BEGUN, act=act("danvan", date(2019, 11, 2), at=AT))[0]):
        with pytest.raises(Refused) as refused:
            decided(Verdict.RECOGNISED, review)
        assert code(refused) == "not-begun"
        assert decided(Verdict.NOT_MET, review).verdict
    assert decided(Verdict.RECOGNISED, OPEN).year == 2019


def test_model_that_begins_after_its_year_is_judged_for_the_year_in_which_it_began() -> None:
    late, event = begin(NOT_BEGUN, act=act("danvan", date(2020, 1, 8)))
    assert (late.year, event.year) == (2020, 2020)


def test_carried_over_model_is_judged_again_and_the_earlier_decision_stays() -> None:
    on = date(2020, 1, 10)
    about: dict[str, Any] = {
        "at": AT,
        "unit": "/vn/a/b/c",
        "field": Field.ECONOMY,
        "subject_kind": SubjectKind.COLLECTIVE,
    }
    over = ModelCarriedOver(key="m", version=9, level=Level.CITY, on=on, **about)
    first = nominated(decided(Verdict.RECOGNISED))
    carried, opened = carry_over(first, over, act=act("danvan", on))
    assert isinstance(opened, ReviewOpened)
    assert (carried.year, carried.verdict, carried.opened_on, carried.level) == (2020, None, on, Level.CITY)
    (earlier,) = carried.earlier
    assert (earlier.year, earlier.verdict, earlier.level) == (2019, Verdict.RECOGNISED, Level.COMMUNE)
    assert (earlier.decided_version, earlier.nominated_version) == (3, 4)
    again, decision = decide(
        carried,
        unit=UNIT,
        verdict=Verdict.NOT_MET,
        reason="Chững lại",
        act=act("appraiser", date(2020, 11, 1)),
    )
    assert (again.verdict, decision.year) == (Verdict.NOT_MET, 2020)
    undecided, _ = carry_over(OPEN, over, act=act("danvan", on))
    assert (undecided.year, undecided.past[0].year, undecided.earlier) == (2020, 2019, ())


def test_decision_of_an_earlier_year_can_come_after_the_carry_over() -> None:
    on = date(2020, 1, 10)
    about: dict[str, Any] = {"field": Field.ECONOMY, "subject_kind": SubjectKind.COLLECTIVE}
    over = ModelCarriedOver(key="m", version=9, level=Level.CITY, on=on, at=AT, unit=ACCEPTED.unit, **about)
    carried, _ = carry_over(OPEN, over, act=act("danvan", on))
    by = act("appraiser", date(2019, 12, 20), today=date(2020, 12, 31))
    given: dict[str, Any] = {"unit": UNIT, "verdict": Verdict.RECOGNISED, "reason": "Lan tỏa"}
    late, event = decide(carried, act=by, **given)
    # The present year still waits for its decision.
    assert (event.year, late.waiting, late.verdict, late.year) == (2019, True, None, 2020)
    assert (late.earlier[0].year, late.earlier[0].decided_on) == (2019, by.on)
    with pytest.raises(Refused) as refused:
        decide(late, act=by, **given)
    assert code(refused) == "already-decided"
    both, event = decide(late, act=by.dated(date(2020, 11, 1)), **given)
    assert (event.year, both.verdict, len(both.earlier)) == (2020, Verdict.RECOGNISED, 1)
    with pytest.raises(Refused) as refused:
        nominate(late, unit=UNIT, act=by)
    assert code(refused) == "not-recognised"
    first = late.earlier[0].decided_version
    named, nomination = nominate(both, first, unit=UNIT, act=by.dated(date(2019, 12, 30)))
    assert (nomination.year, named.nominated_on) == (2019, None)
    assert (named.earlier[0].nominated_on, named.earlier[0].nominated_version) == (
        date(2019, 12, 30),
        named.version,
    )
    with pytest.raises(Refused) as refused:
        decide(carried, act=by.dated(date(2019, 2, 1)), **given)
    assert code(refused) == "date-too-early"


def test_withdrawn_model_takes_its_verdict_with_it() -> None:
    for review in (nominated(decided(Verdict.RECOGNISED)), OPEN):
        closed, event = close(review, because=Closing.WITHDRAWN, act=act("danvan", TODAY))
        assert (event.verdict, event.nominated_on) == (review.verdict, review.nominated_on)
        assert (closed.verdict, closed.closed_version) == (review.verdict, closed.version)
    _, event = close(decided(Verdict.RECOGNISED), because=Closing.DISCONTINUED, act=act("danvan", TODAY))
    assert event.verdict is None


def test_closed_review_takes_no_decision_and_no_nomination() -> None:
    closed, event = close(OPEN, because=Closing.WITHDRAWN, act=act("danvan", TODAY))
    assert (event.because, closed.closed_on, closed.verdict) == (Closing.WITHDRAWN, TODAY, None)
    with pytest.raises(Refused) as refused:
        decided(Verdict.RECOGNISED, closed)
    assert code(refused) == "review-closed"
    recognised, _ = close(decided(Verdict.RECOGNISED), because=Closing.DISCONTINUED, act=act("danvan", TODAY))
    assert recognised.verdict is Verdict.RECOGNISED
    with pytest.raises(Refused) as refused:
        nominated(recognised)
    assert code(refused) == "review-closed"


def test_new_owner_and_former_owner_cannot_judge_a_model() -> None:
    changed, event = follow_owner(OPEN, owner="o2", act=act("danvan", TODAY))
    assert (event.owner, event.version) == ("o2", 3)
    for own in ("o", "o2", "officer"):
        with pytest.raises(Refused) as refused:
            decided(Verdict.RECOGNISED, changed, own)
        assert code(refused) == "own-work"
    assert decided(Verdict.RECOGNISED, changed, "o3").verdict


def test_review_follows_the_level_of_its_model_until_the_decision() -> None:
    followed = follow_level(OPEN, level=Level.CITY, act=act("danvan", TODAY))
    assert followed
    assert followed[0].level is followed[1].level is Level.CITY
    assert follow_level(decided(Verdict.NOT_MET), level=Level.CITY, act=act("danvan", TODAY)) is None


DETAILS: dict[str, Any] = {"at": AT, "unit": ACCEPTED.unit, "reason": "", "on": date(2019, 10, 1)}
RESTING: dict[str, Any] = {**DETAILS, "basis": "QĐ 1"}
ENDED: dict[str, Any] = {
    **DETAILS,
    "field": Field.ECONOMY,
    "subject_kind": SubjectKind.COLLECTIVE,
    "level": Level.COMMUNE,
}
OWNER = ModelOwnerChanged(key="m", version=4, before="o", after="o2", **RESTING)
LEVEL = ModelLevelChanged(key="m", version=5, before=Level.COMMUNE, after=Level.CITY, **RESTING)
WITHDRAWN = ModelWithdrawn(key="m", version=6, registered=True, **ENDED)
DISCONTINUED = ModelDiscontinued(key="m", version=6, **ENDED)
BEGUN = ModelBegun(
    key="m", version=4, **{k: v for k, v in ENDED.items() if k != "reason"} | {"on": OPEN.begun_on}
)
SETTLER = act("danvan", TODAY)


def following(*events: Event) -> Review:
    """The review that follows these events of its model."""
    return followed([(event, act("danvan", event.on)) for event in events], key="r")[-1][0]  # type: ignore[attr-defined]


def test_review_follows_the_events_of_its_model() -> None:
    review = following(ACCEPTED, OWNER, LEVEL, DISCONTINUED)
    assert (review.version, review.owner, review.level) == (4, "o2", Level.CITY)
    assert (review.closed_because, review.closed_on) == (Closing.DISCONTINUED, date(2019, 10, 1))
    draft = ModelWithdrawn(key="m", version=2, registered=False, **ENDED)
    assert follow(None, draft, key="r", act=SETTLER) is None
    with pytest.raises(LookupError):
        follow(None, OWNER, key="r", act=SETTLER)


def test_review_that_follows_the_log_needs_no_correction() -> None:
    for events in ([ACCEPTED], [ACCEPTED, OWNER, LEVEL], [ACCEPTED, OWNER, WITHDRAWN]):
        assert settle(following(*events), following(*events), act=SETTLER) is None
    assert settle(nominated(decided(Verdict.RECOGNISED)), following(ACCEPTED, BEGUN), act=SETTLER) is None
    assert follow(NOT_BEGUN, ACCEPTED, key="another", act=act("danvan", ACCEPTED.on)) is None


def test_lost_changes_of_the_model_are_taken_back() -> None:
    settled = settle(following(ACCEPTED, OWNER, LEVEL), following(ACCEPTED), act=SETTLER)
    assert settled
    assert isinstance(settled[1], ReviewedModelChanged)
    review = settled[0]
    assert (review.owner, review.former_owners, review.level, review.version) == ("o", (), Level.COMMUNE, 4)
    for lost in (WITHDRAWN, DISCONTINUED):
        reopened = settle(following(ACCEPTED, lost), following(ACCEPTED), act=SETTLER)
        assert reopened
        assert isinstance(reopened[1], ReviewOpened)
        assert decided(Verdict.NOT_MET, reopened[0]).version == 4
        closed = settle(following(ACCEPTED), following(ACCEPTED, lost), act=SETTLER)
        assert closed
        assert isinstance(closed[1], ReviewClosed)
        assert closed[0].closed_because is closed[1].because is following(ACCEPTED, lost).closed_because


def test_decision_stays_counted_as_it_was_made_when_the_model_is_settled() -> None:
    review = decided(Verdict.RECOGNISED, following(ACCEPTED, BEGUN, LEVEL))
    assert settle(review, following(ACCEPTED, BEGUN), act=SETTLER) is None


def test_review_of_a_lost_model_is_closed_and_its_decision_taken_back() -> None:
    settled = settle(nominated(decided(Verdict.RECOGNISED)), None, act=SETTLER)
    assert settled
    review, event = settled
    assert isinstance(event, ReviewClosed)
    assert (event.because, event.verdict) == (Closing.RECORD_LOST, Verdict.RECOGNISED)
    assert (event.decided_on, event.nominated_on) == (date(2019, 11, 1), date(2019, 12, 1))
    assert (review.verdict, review.decided_version, review.nominated_on) == (None, None, None)
    (lost,) = review.lost
    assert (lost.verdict, lost.decided_version, lost.nominated_version, lost.lost_version) == (
        Verdict.RECOGNISED,
        3,
        4,
        5,
    )
    assert settle(review, None, act=SETTLER) is None
    with pytest.raises(Refused) as refused:
        decided(Verdict.RECOGNISED, review)
    assert code(refused) == "review-closed"


def test_lost_model_that_is_accepted_again_keeps_its_review() -> None:
    lost = settle(decided(Verdict.NOT_MET), None, act=SETTLER)
    assert lost
    again = msgspec.structs.replace(ACCEPTED, title="Ngõ sạch hơn", field=Field.DEFENCE_SECURITY)
    reopened = follow(lost[0], again, key="another", act=act("danvan", TODAY))
    assert reopened
    review, event = reopened
    assert isinstance(event, ReviewOpened)
    assert (review.id, review.version, review.title, review.field) == ("r", 5, again.title, again.field)
    assert decided(Verdict.NOT_MET, review, on=TODAY).lost == lost[0].lost


def test_each_event_of_a_review_has_words_for_people_who_come_too_late() -> None:
    reviews = {type_.subject for type_ in TABLE.announces if type_.__name__.startswith("Review")}
    assert Reviews.said.keys() == reviews
