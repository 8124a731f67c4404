"""After any order of steps of a review, figures equal a recount and the number of decisions that still hold."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.messages import Refused
from services.movement.words import Field
from services.review.amending import require_standing, with_verdict, without_revocation
from services.review.deciding import nominate
from services.review.domain import decision_of, replaced
from services.review.following import carry_over, close
from services.review.messages import Closing, ReviewStep, Verdict
from tests.review.test_amending import CARRIED, LATER, RESULTS, Story, begun, follows
from tests.review.test_domain import UNIT
from tests.values import act

GIVEN = (Verdict.RECOGNISED, Verdict.NOT_MET)
DAYS = [date(year, month, 15) for year in (2019, 2020) for month in (4, 12)]
LATE = (date(2020, 7, 1), LATER)
ENDS = (Closing.WITHDRAWN, Closing.DISCONTINUED)


class Steps:
    """Tries steps on a story. A step that the rules refuse changes nothing."""

    def __init__(self, story: Story, data: st.DataObject) -> None:
        self.story, self._data = story, data
        self.all: tuple[Callable[[], None], ...] = (
            *(self.decide, self.decide, self.nominate, self.nominate, self.revoke, self.revoke),
            *(self.restore, self.correct, self.reverse, self.carry_over, self.close, self.correct_field),
        )

    def day(self) -> date:
        return self._data.draw(st.sampled_from(DAYS))

    def version(self) -> int | None:
        """Of some decision, if there is one."""
        known = [one.decided_version for one in self.story.review.decisions]
        return self._data.draw(st.sampled_from(known)) if known else None

    def decide(self) -> None:
        self.story.judged(self._data.draw(st.sampled_from(GIVEN)), self.day())

    def nominate(self) -> None:
        by = act("appraiser", self.day(), today=LATER)
        self.story.then(nominate(self.story.review, self.version(), unit=UNIT, act=by))

    def revoke(self) -> None:
        step = self._data.draw(st.sampled_from((ReviewStep.REVOKE, ReviewStep.REVOKE_NOMINATION)))
        self.story.revokes(step, self._data.draw(st.sampled_from(LATE)), self.version())

    def restore(self) -> None:
        before = decision_of(self.story.review, self.version())
        self.story.mends(replaced(self.story.review, before, without_revocation(before)))

    def correct(self) -> None:
        before = decision_of(self.story.review, self.version())
        verdict, on = self._data.draw(st.sampled_from((None, *GIVEN))), self.day()
        by = act("appraiser", LATER)
        after = with_verdict(self.story.review, before, unit=UNIT, verdict=verdict, on=on, act=by)
        self.story.mends(replaced(self.story.review, before, after))

    def reverse(self) -> None:
        before = decision_of(self.story.review, self.version())
        require_standing(before)
        self.story.mends(replaced(self.story.review, before, None))

    def carry_over(self) -> None:
        if not self.story.review.past and not self.story.review.closed_because:
            self.story.then(carry_over(self.story.review, CARRIED, act=act("danvan", CARRIED.on)))

    def close(self) -> None:
        # Only a model that has not begun is withdrawn, so it has no earlier year.
        because = Closing.DISCONTINUED if self.story.review.past else self._data.draw(st.sampled_from(ENDS))
        if not self.story.review.closed_because:
            self.story.then(close(self.story.review, because=because, act=act("danvan", LATER)))

    def correct_field(self) -> None:
        followed = follows(self.story.review, field=self._data.draw(st.sampled_from(Field)))
        if followed != self.story.review:
            self.story.mends(msgspec.structs.replace(followed, restated=self.story.review.restated))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_figures_are_the_number_of_decisions_that_hold(data: st.DataObject) -> None:
    story = begun()
    story.judged(Verdict.RECOGNISED, DAYS[0])
    steps = Steps(story, data)
    for step in data.draw(st.lists(st.sampled_from(steps.all), min_size=4, max_size=10)):
        with suppress(Refused):
            step()
    figures = [sum(years.values()) for years in story.counts(*RESULTS)]
    review = story.review
    counted = review.earlier if review.closed_because is Closing.WITHDRAWN else review.decisions
    nominated = sum(bool(one.nominated_on and not one.nomination_revoked_on) for one in counted)
    verdicts = [one.verdict for one in counted]
    revoked = [one.verdict for one in review.decisions].count(Verdict.REVOKED)
    assert figures == [
        verdicts.count(Verdict.RECOGNISED),
        verdicts.count(Verdict.NOT_MET),
        nominated,
        revoked,
    ]
    assert {one.year for one in review.decisions} <= {2019, 2020}
    assert len({one.year for one in review.decisions}) == len(review.decisions)
