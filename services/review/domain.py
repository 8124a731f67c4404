"""The rules of reviews: opened when a model is accepted, decided once, nominated once if the model is recognised.

A review is closed when its model is withdrawn or discontinued.
"""

from datetime import date
from typing import Any

from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about, changed
from services.kernel.inputs import happened, not_before, required
from services.kernel.messages import Refused
from services.movement.own_work import not_own_work
from services.movement.words import Field, Level, SubjectKind
from services.registration.models.messages import ModelAccepted
from services.review.messages import (
    Closing,
    ReviewClosed,
    ReviewDecided,
    ReviewedModelChanged,
    ReviewNominated,
    ReviewOpened,
    Verdict,
)

LONGEST_REASON = 4000


class Review(Aggregate, frozen=True, kw_only=True):
    model: str
    title: str
    field: Field
    subject_kind: SubjectKind
    level: Level
    owner: str | None = None
    former_owners: tuple[str, ...] = ()
    written_by: tuple[str, ...]
    opened_on: date
    verdict: Verdict | None = None
    reason: str | None = None
    decided_on: date | None = None
    decided_version: int | None = None
    nominated_on: date | None = None
    nominated_version: int | None = None
    closed_on: date | None = None
    closed_because: Closing | None = None

    @property
    def authors(self) -> frozenset[str | None]:
        """The persons and the organisations whose work it is: they do not judge it."""
        return frozenset({self.owner, *self.written_by, *self.former_owners})


def open_review(accepted: ModelAccepted, *, key: str, act: Act) -> tuple[Review, ReviewOpened]:
    review = Review(
        id=key,
        version=1,
        unit=accepted.unit,
        model=accepted.key,
        title=accepted.title,
        field=accepted.field,
        subject_kind=accepted.subject_kind,
        level=accepted.level,
        owner=accepted.owner,
        written_by=accepted.written_by,
        opened_on=act.on,
    )
    return review, ReviewOpened(**_about(review, act))


def decide(review: Review, *, verdict: Verdict, reason: str, act: Act) -> tuple[Review, ReviewDecided]:
    if review.verdict is not None:
        raise Refused(
            "already-decided",
            "review",
            vi=f"Mô hình này đã có kết quả: {review.verdict.vi.lower()}.",
            en=f"It has been decided already: {review.verdict}.",
        )
    _require_open(review)
    not_own_work(review.authors, act, "review")
    reason = required(reason, "reason", longest=LONGEST_REASON, vi="Lý do", en="The reason", lines=True)
    happened(act.on, act.today)
    not_before(act.on, review.opened_on)
    decided = changed(
        review,
        verdict=verdict,
        reason=reason,
        decided_on=act.on,
        decided_version=review.next_version,
    )
    return decided, ReviewDecided(**_about(decided, act), verdict=verdict, reason=reason)


def nominate(review: Review, *, act: Act) -> tuple[Review, ReviewNominated]:
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
            en=f"It was nominated already on {review.nominated_on}.",
        )
    _require_open(review)
    not_own_work(review.authors, act, "review")
    happened(act.on, act.today)
    not_before(act.on, review.decided_on)
    nominated = changed(review, nominated_on=act.on, nominated_version=review.next_version)
    return nominated, ReviewNominated(**_about(nominated, act))


def close(review: Review, *, because: Closing, act: Act) -> tuple[Review, ReviewClosed]:
    closed = changed(review, closed_on=act.on, closed_because=because)
    return closed, ReviewClosed(**_about(closed, act), because=because)


def follow_owner(review: Review, *, owner: str, act: Act) -> tuple[Review, ReviewedModelChanged]:
    """The review's model has a new owner. Neither the new owner nor a former one may judge the model."""
    former = tuple(dict.fromkeys((*review.former_owners, *([review.owner] if review.owner else []))))
    followed = changed(review, owner=owner, former_owners=former)
    return followed, ReviewedModelChanged(**_about(followed, act), owner=owner)


def follow_level(review: Review, *, level: Level, act: Act) -> tuple[Review, ReviewedModelChanged] | None:
    """The review's model has a new level. None if the review is decided: decisions stay counted on their level."""
    if review.verdict is not None:
        return None
    followed = changed(review, level=level)
    return followed, ReviewedModelChanged(**_about(followed, act), owner=review.owner)


def _require_open(review: Review) -> None:
    if review.closed_because:
        raise Refused(
            "review-closed",
            "review",
            vi=f"Hồ sơ đã khép lại ngày {review.closed_on:%d/%m/%Y}: {review.closed_because.vi.lower()}.",
            en=f"The review was closed on {review.closed_on}: its model is {review.closed_because}.",
        )


def _about(review: Review, act: Act) -> dict[str, Any]:
    """The fields that every event of a review has."""
    return {
        **about(review, act),
        "model": review.model,
        "title": review.title,
        "field": review.field,
        "subject_kind": review.subject_kind,
        "level": review.level,
        "on": act.on,
    }
