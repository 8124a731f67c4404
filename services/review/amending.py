"""Decisions that are corrected or reversed."""

from datetime import date

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import changed
from services.kernel.inputs import happened, not_before
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.homes import spell_on
from services.review.domain import DECISION, Review, require_begun
from services.review.messages import (
    Verdict,
)


def with_verdict(
    review: Review, *, unit: DatedUnit, verdict: Verdict | None, on: date | None, act: Act
) -> Review:
    """The review with this verdict and day of it; None leaves a value as it is.

    `unit`: the one under which the review lived on the day of the verdict.
    """
    _require_verdict(review)
    if on is not None:
        happened(on, act.today)
        not_before(on, review.opened_on)
        spell_on(review, unit, on, "review", "on")
        if review.nominated_on:
            not_before(review.nominated_on, on)
    mended = changed(review, verdict=verdict or review.verdict, decided_on=on or review.decided_on)
    if mended.verdict is Verdict.RECOGNISED and mended.decided_on:
        require_begun(review, mended.verdict, mended.decided_on)
        return mended
    nomination = ("nominated_on", "nominated_version", "nominated_level")
    return msgspec.structs.replace(mended, **dict.fromkeys(nomination))


def without_verdict(review: Review) -> Review:
    """The review without its decision and nomination: it waits for a decision again."""
    _require_verdict(review)
    return changed(review, **dict.fromkeys(DECISION))


def _require_verdict(review: Review) -> None:
    if review.verdict is None:
        raise Refused(
            "not-decided",
            "review",
            vi="Hồ sơ chưa có kết quả thẩm định để đính chính.",
            en="The review has no verdict that could be corrected.",
        )
