"""The rules for corrected, reversed and revoked decisions, in the present year and in earlier years."""

from datetime import date
from typing import Any

import pytest

from infra.operate import recount
from services.corrections.messages import CorrectedFact
from services.kernel.messages import Event, Refused
from services.kernel.mongo.codec import to_document
from services.movement.changes import Change
from services.movement.words import Field, Level
from services.registration.models.messages import ModelCarriedOver, ModelCorrected
from services.reporting.domain import facts_of, fold
from services.reporting.measures import Measure
from services.review.amending import (
    announce_revocation,
    require_standing,
    revoke,
    with_verdict,
    without_revocation,
)
from services.review.deciding import decide, nominate
from services.review.domain import Review, counted, decision_of, replaced, restate
from services.review.following import begin, carry_over, close, follow_correction, open_review, settle
from services.review.messages import Closing, ReviewCorrected, ReviewStep, Verdict
from tests.registration.corrections.test_domain import recorded
from tests.review.test_domain import ACCEPTED, AT, NOT_BEGUN, OPEN, TODAY, UNIT, code, decided, nominated
from tests.values import act

NOMINATED = nominated(decided(Verdict.RECOGNISED))
DAY = date(2019, 12, 20)
STEPS = ("DECIDE", "NOMINATE", "REVOKE", "REVOKE_NOMINATION")
CARRIED = ModelCarriedOver(
    key="m",
    version=9,
    at=AT,
    unit=ACCEPTED.unit,
    field=ACCEPTED.field,
    subject_kind=ACCEPTED.subject_kind,
    level=Level.CITY,
    on=date(2020, 1, 10),
)


def revoked(review: Review = NOMINATED, step: ReviewStep = ReviewStep.REVOKE, on: date = DAY) -> Review:
    before = decision_of(review, None)
    return replaced(review, before, revoke(review, before, step, act=act("appraiser", on, today=TODAY)))


def mended(review: Review, **given: Any) -> Review:
    before = decision_of(review, given.pop("decision", None))
    given = {"verdict": None, "on": None, **given}
    return replaced(review, before, with_verdict(review, before, unit=UNIT, act=act("x", TODAY), **given))


def steps(review: Review) -> list[tuple[str, date]]:
    return [(one.step.value, one.on) for one in counted(review).values()]


def test_revoked_recognition_takes_the_nomination_with_it_and_both_steps_stay_counted() -> None:
    review = revoked()
    assert (review.verdict, review.waiting) == (Verdict.REVOKED, False)
    assert (review.revoked_on, review.nomination_revoked_on, review.version) == (DAY, DAY, 5)
    days = (date(2019, 11, 1), date(2019, 12, 1), DAY, DAY)
    assert steps(review) == list(zip(STEPS, days, strict=True))
    assert {one.verdict for one in counted(review).values()} == {Verdict.RECOGNISED}
    before, after = decision_of(NOMINATED, None), decision_of(review, None)
    told = {"correction": "c", "reason": "r", "basis": "", "proposed_by": "p", "approved_by": "a"}
    event = announce_revocation(before, after, review, act=act("leader", DAY, today=TODAY), **told)
    assert (event.on, event.year, event.verdict) == (DAY, 2019, Verdict.REVOKED)
    assert [one.step for one in event.revoked] == [ReviewStep.REVOKE, ReviewStep.REVOKE_NOMINATION]


def test_revoked_recognition_takes_no_other_decision_in_its_year() -> None:
    review = revoked()
    for verdict in (Verdict.RECOGNISED, Verdict.NOT_MET):
        with pytest.raises(Refused) as refused:
            decided(verdict, review)
        assert code(refused) == "already-decided"
    with pytest.raises(Refused) as refused:
        nominated(review)
    assert code(refused) == "not-recognised"
    with pytest.raises(Refused) as refused:
        revoked(review)
    assert code(refused) == "nothing-to-revoke"
    for correction in (lambda: mended(review, on=DAY), lambda: require_standing(decision_of(review, None))):
        with pytest.raises(Refused) as refused:
            correction()
        assert code(refused) == "verdict-revoked"
    carried, _ = carry_over(review, CARRIED, act=act("danvan", CARRIED.on))
    assert (carried.verdict, carried.year, carried.earlier[0].verdict) == (None, 2020, Verdict.REVOKED)
    assert steps(carried) == steps(review)


def test_nomination_alone_is_revoked_and_the_recognition_stays() -> None:
    review = revoked(step=ReviewStep.REVOKE_NOMINATION)
    assert (review.verdict, review.nomination_revoked_on) == (Verdict.RECOGNISED, DAY)
    assert [step for step, _ in steps(review)] == ["DECIDE", "NOMINATE", "REVOKE_NOMINATION"]
    assert [step for step, _ in steps(revoked(review))] == [*STEPS]
    with pytest.raises(Refused) as refused:
        revoked(review, ReviewStep.REVOKE_NOMINATION)
    assert code(refused) == "nothing-to-revoke"


def test_only_a_recognition_that_counts_is_revoked_and_not_before_its_day() -> None:
    for review in (decided(Verdict.NOT_MET), decided(Verdict.RECOGNISED)):
        step = ReviewStep.REVOKE if review.verdict is Verdict.NOT_MET else ReviewStep.REVOKE_NOMINATION
        with pytest.raises(Refused) as refused:
            revoked(review, step)
        assert code(refused) == "nothing-to-revoke"
    with pytest.raises(Refused) as refused:
        revoked(OPEN)
    assert code(refused) == "not-decided"
    withdrawn, _ = close(NOMINATED, because=Closing.WITHDRAWN, act=act("danvan", TODAY))
    with pytest.raises(Refused) as refused:
        revoked(withdrawn)
    assert code(refused) == "verdict-not-counted"
    for day, why in ((date(2019, 11, 30), "date-too-early"), (date(2020, 1, 1), "date-in-future")):
        with pytest.raises(Refused) as refused:
            revoked(on=day)
        assert code(refused) == why
    discontinued, _ = close(NOMINATED, because=Closing.DISCONTINUED, act=act("danvan", TODAY))
    assert revoked(discontinued, on=TODAY).revoked_on == TODAY


def test_verdict_of_a_revocation_is_given_by_nobody() -> None:
    with pytest.raises(Refused) as refused:
        decided(Verdict.REVOKED)
    assert code(refused) == "verdict-not-given"
    with pytest.raises(Refused) as refused:
        mended(NOMINATED, verdict=Verdict.REVOKED)
    assert code(refused) == "verdict-not-given"


def test_reversed_revocation_restores_what_it_took() -> None:
    for review, before in (
        (revoked(), NOMINATED),
        (revoked(step=ReviewStep.REVOKE_NOMINATION), NOMINATED),
        (revoked(revoked(step=ReviewStep.REVOKE_NOMINATION)), revoked(step=ReviewStep.REVOKE_NOMINATION)),
    ):
        last = decision_of(review, None)
        restored = replaced(review, last, without_revocation(last))
        assert counted(restored) == counted(before)
        assert restored.verdict is Verdict.RECOGNISED
    with pytest.raises(Refused) as refused:
        without_revocation(decision_of(NOMINATED, None))
    assert code(refused) == "not-revoked"


def test_closed_review_takes_back_only_what_was_not_revoked() -> None:
    for because, review in ((Closing.WITHDRAWN, revoked()), (Closing.RECORD_LOST, revoked())):
        _, event = (
            close(review, because=because, act=act("danvan", TODAY))
            if because is Closing.WITHDRAWN
            else settle(review, None, act=act("danvan", TODAY)) or pytest.fail("not settled")
        )
        assert (event.verdict, event.nominated_on) == (None, None)  # type: ignore[union-attr]
    only_nomination = revoked(step=ReviewStep.REVOKE_NOMINATION)
    _, closed = close(only_nomination, because=Closing.WITHDRAWN, act=act("danvan", TODAY))
    assert (closed.verdict, closed.nominated_on) == (Verdict.RECOGNISED, None)


def test_corrected_decision_of_a_withdrawn_model_is_taken_back_as_corrected() -> None:
    withdrawn, _ = close(NOMINATED, because=Closing.WITHDRAWN, act=act("danvan", TODAY))
    _, event = restate(withdrawn, mended(withdrawn, verdict=Verdict.NOT_MET), act=act("danvan", TODAY))
    assert isinstance(event, ReviewCorrected)
    assert [(one.step.value, one.verdict.value) for one in event.struck] == [
        ("DECIDE", "RECOGNISED"),
        ("NOMINATE", "RECOGNISED"),
        ("WITHDRAW", "RECOGNISED"),
        ("WITHDRAW_NOMINATION", "RECOGNISED"),
    ]
    assert [(one.step.value, one.verdict.value) for one in event.counted] == [
        ("DECIDE", "NOT_MET"),
        ("WITHDRAW", "NOT_MET"),
    ]


def test_decisions_of_earlier_years_are_corrected_reversed_and_revoked() -> None:
    carried, _ = carry_over(NOMINATED, CARRIED, act=act("danvan", CARRIED.on))
    by = act("appraiser", date(2020, 11, 1), today=date(2020, 12, 1))
    review, _ = decide(carried, unit=UNIT, verdict=Verdict.NOT_MET, reason="Chững lại", act=by)
    first = NOMINATED.decided_version
    with pytest.raises(Refused) as refused:
        decision_of(review, 99)
    assert code(refused) == "decision-not-found"
    assert decision_of(review, None).verdict is Verdict.NOT_MET
    assert decision_of(review, first).year == 2019

    other = mended(review, decision=first, verdict=Verdict.NOT_MET)
    assert (other.verdict, other.earlier[0].verdict) == (Verdict.NOT_MET, Verdict.NOT_MET)
    assert (other.earlier[0].nominated_on, other.version) == (None, review.version + 1)
    with pytest.raises(Refused) as refused:
        mended(review, decision=first, on=date(2019, 2, 1))
    assert code(refused) == "date-too-early"

    earlier = decision_of(review, first)
    gone = replaced(review, earlier, None)
    assert (gone.earlier, gone.verdict) == ((), Verdict.NOT_MET)
    again, event = decide(
        gone, unit=UNIT, verdict=Verdict.NOT_MET, reason="r", act=by.dated(date(2019, 11, 5))
    )
    assert (again.earlier[0].year, event.year) == (2019, 2019)
    taken = revoke(review, earlier, ReviewStep.REVOKE, act=by)
    late = replaced(review, earlier, taken)
    assert (late.verdict, late.earlier[0].verdict) == (Verdict.NOT_MET, Verdict.REVOKED)
    assert (late.earlier[0].revoked_on, late.earlier[0].revoked_version) == (by.on, late.version)


def corrected_model(*changes: Change, **more: Any) -> ModelCorrected:
    about: dict[str, Any] = {"at": AT, "unit": ACCEPTED.unit, "on": TODAY, "title": ACCEPTED.title}
    return ModelCorrected(
        key="m",
        version=10,
        subject_kind=ACCEPTED.subject_kind,
        changes=changes,
        struck=(),
        counted=(),
        correction="c",
        fact=CorrectedFact.MODEL,
        fact_version=0,
        reverses=False,
        reason="r",
        basis="",
        proposed_by="p",
        approved_by="a",
        **{"field": ACCEPTED.field, **about, **more},
    )


def follows(review: Review, *changes: Change, **more: Any) -> Review:
    """The review after these corrections of its model."""
    followed = follow_correction(review, corrected_model(*changes, **more), act=act("danvan", TODAY))
    return followed[0] if followed else review


def test_corrected_field_of_a_model_holds_for_its_earlier_decisions() -> None:
    carried, _ = carry_over(NOMINATED, CARRIED, act=act("danvan", CARRIED.on))
    followed = follows(carried, field=Field.CULTURE_SOCIETY)
    assert {one.field for one in counted(followed).values()} == {Field.CULTURE_SOCIETY}


def moved(field: str, before: str, after: str) -> Change:
    return Change(field=field, before=before, after=after)


def test_review_has_the_corrected_days_of_its_model() -> None:
    accepted = follows(NOMINATED, moved("registered_on", "2019-03-01", "2019-02-01"))
    assert accepted.opened_on == date(2019, 2, 1)
    begun = follows(OPEN, moved("begun_on", "2019-03-10", "2020-01-05"), counted_in=2020)
    assert (begun.begun_on, begun.opened_on, begun.year) == (date(2020, 1, 5), date(2019, 3, 1), 2020)
    carried, _ = carry_over(NOMINATED, CARRIED, act=act("danvan", CARRIED.on))
    later = follows(carried, moved("carried_over_on", "2020-01-10", "2020-02-01"), counted_in=2020)
    assert (later.opened_on, later.past[0].opened_on) == (date(2020, 2, 1), date(2019, 3, 1))
    assert follows(NOMINATED, moved("on", "2019-03-10", "2019-03-11"), counted_in=2021) == NOMINATED


def test_decision_counts_in_the_corrected_year_of_its_model() -> None:
    later = moved("year", "2019", "2020")
    assert {one.year for one in counted(follows(NOMINATED, later, counted_in=2020)).values()} == {2020}
    # It began in 2019, so it is judged for that year even if it was registered for the year before.
    sooner = moved("year", "2019", "2018")
    assert follows(NOMINATED, sooner, counted_in=2019) == NOMINATED
    idle = decided(Verdict.NOT_MET, NOT_BEGUN)
    assert {one.year for one in counted(follows(idle, sooner, counted_in=2018)).values()} == {2018}
    carried, _ = carry_over(NOMINATED, CARRIED, act=act("danvan", CARRIED.on))
    assert follows(carried, sooner, counted_in=2020) == carried
    early = replaced(NOMINATED, decision_of(NOMINATED, None), None)
    assert follows(early, later, counted_in=2020).year == 2020


def test_verdict_of_a_withdrawn_model_counts_until_the_corrected_day() -> None:
    withdrawn, _ = close(NOMINATED, because=Closing.WITHDRAWN, act=act("danvan", date(2019, 12, 28)))
    sooner = follows(withdrawn, moved("ended_on", "2019-12-28", "2019-12-20"))
    assert sooner.closed_on == date(2019, 12, 20)
    days = {one.on for one in counted(sooner).values() if one.step is ReviewStep.WITHDRAW}
    assert days == {date(2019, 12, 20)}
    (entry,) = sooner.restated
    assert {(len(entry.struck), len(entry.counted))} == {(2, 2)}


class Story:
    """A review and all its events."""

    def __init__(self) -> None:
        self.review, opened = open_review(ACCEPTED, key="r", act=act("danvan", ACCEPTED.on, at=AT))
        self.events: list[Event] = [opened]

    def then(self, step: tuple[Review, Event] | None) -> None:
        assert step
        self.review, event = step
        self.events.append(event)

    def judged(self, verdict: Verdict, on: date) -> None:
        by = act("appraiser", on, today=LATER)
        self.then(decide(self.review, unit=UNIT, verdict=verdict, reason="r", act=by))

    def mends(self, after: Review) -> None:
        self.then(restate(self.review, after, act=act("leader", LATER)))

    def revokes(self, step: ReviewStep, on: date, version: int | None = None) -> None:
        before, by = decision_of(self.review, version), act("appraiser", on, today=LATER)
        after = revoke(self.review, before, step, act=by)
        review = replaced(self.review, before, after)
        told = {"correction": "c", "reason": "r", "basis": "", "proposed_by": "p", "approved_by": "a"}
        self.then((review, announce_revocation(before, after, review, act=by, **told)))

    def counts(self, *measures: Measure) -> list[dict[str, int]]:
        """Year → figure of each measure, after the document has given the same facts."""
        facts = [fact for event in self.events for fact in facts_of(event, recorded(event))]
        expected = dict(recount.of_review(to_document(self.review)))
        assert sorted(expected) == sorted(fact.id for fact in facts)
        for fact in facts:
            stored = to_document(fact)
            wanted = {name: expected[fact.id][name] for name in recount.COMPARED}
            assert {name: stored[name] for name in recount.COMPARED} == wanted
        sums = {(p, m): int(c["total"]) for (p, u, m), c in fold(facts).items() if u == "vn" and len(p) == 4}
        return [{year: sums[year, one] for year in YEARS if sums.get((year, one))} for one in measures]


LATER = date(2020, 12, 31)
YEARS = ("2019", "2020")
RESULTS = (Measure.RECOGNISED, Measure.NOT_MET, Measure.NOMINATED, Measure.REVOKED)


def begun() -> Story:
    story = Story()
    story.then(begin(story.review, act=act("danvan", date(2019, 3, 10))))
    return story


def test_figures_of_revocations_equal_a_recount_and_leave_the_years_before_as_they_were() -> None:
    story = begun()
    story.judged(Verdict.RECOGNISED, date(2019, 11, 1))
    story.then(nominate(story.review, unit=UNIT, act=act("appraiser", date(2019, 12, 1), today=LATER)))
    first = story.review.decided_version
    story.then(carry_over(story.review, CARRIED, act=act("danvan", CARRIED.on)))
    assert story.counts(*RESULTS) == [{"2019": 1}, {}, {"2019": 1}, {}]
    story.revokes(ReviewStep.REVOKE_NOMINATION, date(2020, 2, 1), first)
    story.revokes(ReviewStep.REVOKE, date(2020, 3, 1), first)
    assert story.counts(*RESULTS) == [{"2019": 1, "2020": -1}, {}, {"2019": 1, "2020": -1}, {"2020": 1}]
    story.judged(Verdict.RECOGNISED, date(2020, 11, 1))
    last = decision_of(story.review, first)
    story.mends(replaced(story.review, last, without_revocation(last)))
    assert story.counts(*RESULTS) == [{"2019": 1, "2020": 1}, {}, {"2019": 1, "2020": -1}, {}]
    story.mends(mended(story.review, decision=first, verdict=Verdict.NOT_MET))
    assert story.counts(*RESULTS) == [{"2020": 1}, {"2019": 1}, {}, {}]
    story.mends(replaced(story.review, decision_of(story.review, first), None))
    story.judged(Verdict.NOT_MET, date(2019, 11, 3))
    assert story.counts(*RESULTS) == [{"2020": 1}, {"2019": 1}, {}, {}]
    again = story.review.earlier[0].decided_version
    story.mends(replaced(story.review, decision_of(story.review, again), None))
    story.revokes(ReviewStep.REVOKE, date(2020, 12, 1))
    assert story.counts(*RESULTS) == [{}, {}, {}, {"2020": 1}]
    story.then(settle(story.review, None, act=act("danvan", LATER)))
    assert story.counts(*RESULTS) == [{}, {}, {}, {"2020": 1}]


def test_figures_of_a_withdrawn_model_equal_a_recount_after_corrections() -> None:
    story = begun()
    story.judged(Verdict.RECOGNISED, date(2019, 11, 1))
    story.then(close(story.review, because=Closing.WITHDRAWN, act=act("danvan", date(2020, 1, 5))))
    assert story.counts(*RESULTS) == [{"2019": 1, "2020": -1}, {}, {}, {}]
    story.mends(mended(story.review, verdict=Verdict.NOT_MET))
    assert story.counts(*RESULTS) == [{}, {"2019": 1, "2020": -1}, {}, {}]
    story.mends(replaced(story.review, decision_of(story.review, None), None))
    assert story.counts(*RESULTS) == [{}, {}, {}, {}]


def test_figures_of_a_model_with_another_year_equal_a_recount() -> None:
    story = begun()
    story.judged(Verdict.RECOGNISED, date(2019, 11, 1))
    later = corrected_model(moved("year", "2019", "2020"), counted_in=2020)
    followed = follow_correction(story.review, later, act=act("danvan", LATER))
    assert followed
    story.then(followed)
    assert story.counts(Measure.RECOGNISED) == [{"2020": 1}]
