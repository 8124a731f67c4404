"""A review is decided once, and nominated once if the model is recognised."""

from services.kernel.act import Act
from services.kernel.aggregate import changed
from services.kernel.inputs import happened, not_before, required
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.homes import spell_on
from services.movement.own_work import not_own_work
from services.review.domain import Review, about_review, require_begun, require_given, require_open
from services.review.messages import (
    ReviewDecided,
    ReviewNominated,
    Verdict,
)

LONGEST_REASON = 4000


def decide(
    review: Review, *, unit: DatedUnit, verdict: Verdict, reason: str, act: Act
) -> tuple[Review, ReviewDecided]:
    """`unit`: the one under which the review lived on the day of the act."""
    if review.verdict is not None:
        raise Refused(
            "already-decided",
            "review",
            vi=f"Mô hình này đã có kết quả: {review.verdict.vi.lower()}.",
            en=f"The review has been decided already: {review.verdict}.",
        )
    require_open(review)
    not_own_work(review.authors, act, "review")
    require_given(verdict)
    reason = required(reason, "reason", longest=LONGEST_REASON, vi="Lý do", en="The reason", lines=True)
    happened(act.on, act.today)
    not_before(act.on, review.opened_on)
    require_begun(review, verdict, act.on)
    spell_on(review, unit, act.on, "review", "on")
    decided = changed(
        review,
        verdict=verdict,
        reason=reason,
        # A decision of a day before the model was carried over is on the year before.
        year=act.on.year if review.carried_on and act.on < review.carried_on else review.year,
        decided_on=act.on,
        decided_version=review.next_version,
        decided_level=review.dated(review.level, act.on),
    )
    return decided, ReviewDecided(**about_review(decided, act), verdict=verdict, reason=reason)


def nominate(review: Review, *, unit: DatedUnit, act: Act) -> tuple[Review, ReviewNominated]:
    """`unit`: the one under which the review lived on the day of the act."""
    if review.verdict is not Verdict.RECOGNISED:
        raise Refused(
            "not-recognised",
            "review",
            vi="Chỉ mô hình đã được công nhận mới được đề nghị biểu dương, khen thưởng.",
            en="Only a recognised model can be nominated.",
        )
    if review.nominated_on:
        raise Refused(
            "already-nominated",
            "review",
            vi=f"Mô hình này đã được đề nghị ngày {review.nominated_on:%d/%m/%Y}.",
            en=f"The model was nominated already on {review.nominated_on}.",
        )
    require_open(review)
    not_own_work(review.authors, act, "review")
    happened(act.on, act.today)
    not_before(act.on, review.decided_on)
    spell_on(review, unit, act.on, "review", "on")
    nominated = changed(
        review,
        nominated_on=act.on,
        nominated_version=review.next_version,
        nominated_level=review.dated(review.level, act.on),
    )
    return nominated, ReviewNominated(**about_review(nominated, act))
