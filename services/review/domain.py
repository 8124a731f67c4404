"""The rules of review: opened when a model is accepted, decided once, nominated once if recognised, closed when the
model is no more."""

from datetime import date, datetime
from typing import Any

import msgspec

from services.kernel.aggregate import Aggregate
from services.kernel.inputs import happened, not_before, required
from services.kernel.messages import Refused
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
    submitted_by: str
    opened_on: date
    verdict: Verdict | None = None
    reason: str | None = None
    decided_on: date | None = None
    decided_version: int | None = None
    nominated_on: date | None = None
    nominated_version: int | None = None
    closed_on: date | None = None
    closed_because: Closing | None = None


def open_review(accepted: ModelAccepted, *, key: str, at: datetime) -> tuple[Review, ReviewOpened]:
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
        submitted_by=accepted.submitted_by,
        opened_on=accepted.on,
    )
    return review, ReviewOpened(**_about(review, accepted.on, at))


def decide(
    review: Review,
    *,
    own: frozenset[str],
    verdict: Verdict,
    reason: str,
    on: date,
    today: date,
    at: datetime,
) -> tuple[Review, ReviewDecided]:
    """`own`: all whose work is the reviewer's own."""
    if review.verdict is not None:
        raise Refused(
            "already-decided",
            "review",
            vi=f"Mô hình này đã có kết quả: {review.verdict.vi.lower()}.",
            en=f"It has been decided already: {review.verdict}.",
        )
    _open(review)
    _not_own(review, own)
    reason = required(reason, "reason", longest=LONGEST_REASON, vi="Lý do", en="The reason", lines=True)
    happened(on, today)
    not_before(on, review.opened_on)
    decided = msgspec.structs.replace(
        review,
        version=review.version + 1,
        verdict=verdict,
        reason=reason,
        decided_on=on,
        decided_version=review.version + 1,
    )
    return decided, ReviewDecided(**_about(decided, on, at), verdict=verdict, reason=reason)


def nominate(
    review: Review, *, own: frozenset[str], on: date, today: date, at: datetime
) -> tuple[Review, ReviewNominated]:
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
    _open(review)
    _not_own(review, own)
    happened(on, today)
    not_before(on, review.decided_on)
    nominated = msgspec.structs.replace(
        review, version=review.version + 1, nominated_on=on, nominated_version=review.version + 1
    )
    return nominated, ReviewNominated(**_about(nominated, on, at))


def close(review: Review, *, because: Closing, on: date, at: datetime) -> tuple[Review, ReviewClosed]:
    closed = msgspec.structs.replace(review, version=review.version + 1, closed_on=on, closed_because=because)
    return closed, ReviewClosed(**_about(closed, on, at), because=because)


def follow_owner(
    review: Review, *, owner: str, on: date, at: datetime
) -> tuple[Review, ReviewedModelChanged]:
    """Neither the new owner nor those before may judge it."""
    former = tuple(dict.fromkeys((*review.former_owners, *([review.owner] if review.owner else []))))
    changed = msgspec.structs.replace(review, version=review.version + 1, owner=owner, former_owners=former)
    return changed, ReviewedModelChanged(**_about(changed, on, at), owner=owner)


def follow_level(
    review: Review, *, level: Level, on: date, at: datetime
) -> tuple[Review, ReviewedModelChanged] | None:
    """None where it is decided already: what is counted stays counted as it is."""
    if review.verdict is not None:
        return None
    changed = msgspec.structs.replace(review, version=review.version + 1, level=level)
    return changed, ReviewedModelChanged(**_about(changed, on, at), owner=review.owner)


def _open(review: Review) -> None:
    if review.closed_because:
        raise Refused(
            "review-closed",
            "review",
            vi=f"Hồ sơ đã khép lại ngày {review.closed_on:%d/%m/%Y}: {review.closed_because.vi.lower()}.",
            en=f"The review was closed on {review.closed_on}: its model is {review.closed_because}.",
        )


def _not_own(review: Review, own: frozenset[str]) -> None:
    if own & {review.owner, review.submitted_by, *review.former_owners}:
        raise Refused(
            "own-work",
            "review",
            vi="Người hoặc tổ chức đăng ký không được thẩm định mô hình của chính mình.",
            en="Who registered a model may not judge it, and neither may their organisation.",
        )


def _about(review: Review, on: date, at: datetime) -> dict[str, Any]:
    return {
        "key": review.id,
        "version": review.version,
        "at": at,
        "unit": review.unit,
        "model": review.model,
        "title": review.title,
        "field": review.field,
        "subject_kind": review.subject_kind,
        "level": review.level,
        "on": on,
    }
