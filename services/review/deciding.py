"""The rules of decisions and nominations: one decision for each year, and one nomination for each recognition."""

from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import changed
from services.kernel.inputs import happened, not_before, required
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.homes import spell_on
from services.movement.own_work import not_own_work
from services.review.domain import (
    COUNTED_BY,
    Review,
    about_review,
    decision_of,
    replaced,
    require_begun,
    require_given,
    require_open,
)
from services.review.messages import (
    Decision,
    ReviewDecided,
    ReviewNominated,
    Verdict,
)

LONGEST_REASON = 4000


def decide(
    review: Review, *, unit: DatedUnit, verdict: Verdict, reason: str, act: Act
) -> tuple[Review, ReviewDecided]:
    """If the day of the act is in an earlier year of the review, the decision is for that year.

    `unit`: the unit to which the review belonged on the day of the act.
    """
    year = next((one.year for one in review.past if one.year == act.on.year), review.year)
    _require_undecided(review, year)
    require_open(review)
    not_own_work(review.authors, act, "review")
    require_given(verdict)
    reason = required(reason, "reason", longest=LONGEST_REASON, vi="Lý do", en="The reason", lines=True)
    happened(act.on, act.today)
    not_before(act.on, review.opened_for(year))
    require_begun(review, verdict, act.on)
    spell_on(review, unit, act.on, "review", "on")
    made: dict[str, Any] = {
        "verdict": verdict,
        "decided_on": act.on,
        "decided_version": review.next_version,
        "decided_level": review.dated(review.level, act.on),
    }
    decided = (
        changed(review, reason=reason, **made) if year == review.year else _for_past_year(review, year, made)
    )
    about = {**about_review(decided, act), "year": year}
    return decided, ReviewDecided(**about, verdict=verdict, reason=reason)


def _require_undecided(review: Review, year: int | None) -> None:
    """Refused if the review has a decision for this year."""
    for one in review.decisions:
        if one.year == year:
            raise Refused(
                "already-decided",
                "review",
                vi=f"Mô hình này đã có kết quả: {one.verdict.vi.lower()}.",
                en=f"The review has been decided already: {one.verdict}.",
            )


def _for_past_year(review: Review, year: int | None, made: dict[str, Any]) -> Review:
    """The review with a decision for an earlier year. It can still wait for the decision of its present year."""
    counted_by = {name: getattr(review, name) for name in COUNTED_BY} | {"level": made["decided_level"]}
    decision = Decision(year=year, **counted_by, **made)
    earlier = sorted((*review.earlier, decision), key=lambda one: one.year or 0)
    return changed(review, earlier=tuple(earlier))


def nominate(
    review: Review, decision: int | None = None, *, unit: DatedUnit, act: Act
) -> tuple[Review, ReviewNominated]:
    """`decision`: the version that recorded the decision. Default: the decision of the present year.

    `unit`: the unit to which the review belonged on the day of the act.
    """
    before = decision_of(review, decision) if decision or review.verdict else None
    if before is None or before.verdict is not Verdict.RECOGNISED:
        raise Refused(
            "not-recognised",
            "review",
            vi="Chỉ mô hình đã được công nhận mới được đề nghị biểu dương, khen thưởng.",
            en="Only a recognised model can be nominated.",
        )
    if before.nominated_on:
        raise Refused(
            "already-nominated",
            "review",
            vi=f"Mô hình này đã được đề nghị ngày {before.nominated_on:%d/%m/%Y}.",
            en=f"The model was nominated already on {before.nominated_on}.",
        )
    require_open(review)
    not_own_work(review.authors, act, "review")
    happened(act.on, act.today)
    not_before(act.on, before.decided_on)
    spell_on(review, unit, act.on, "review", "on")
    after = msgspec.structs.replace(
        before,
        nominated_on=act.on,
        nominated_version=review.next_version,
        nominated_level=review.dated(review.level, act.on),
    )
    nominated = replaced(review, before, after)
    return nominated, ReviewNominated(**{**about_review(nominated, act), "year": before.year})
