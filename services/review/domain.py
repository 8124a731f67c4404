"""The rules of review: opened when a model is accepted, decided once, nominated once if recognised."""

from datetime import date, datetime
from typing import Any

import msgspec

from services.kernel.aggregate import Aggregate
from services.kernel.inputs import happened, not_before, required
from services.kernel.messages import Refused
from services.registration.events import Field, Level, SubjectKind
from services.registration.models.events import ModelAccepted
from services.review.events import ReviewDecided, ReviewNominated, ReviewOpened, Verdict

LONGEST_REASON = 4000


class Review(Aggregate, frozen=True, kw_only=True):
    model: str
    title: str
    field: Field
    subject_kind: SubjectKind
    level: Level
    owner: str | None = None
    submitted_by: str
    opened_on: date
    verdict: Verdict | None = None
    reason: str | None = None
    decided_on: date | None = None
    decided_version: int | None = None
    nominated_on: date | None = None
    nominated_version: int | None = None


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
    _not_own(review, own)
    happened(on, today)
    not_before(on, review.decided_on)
    nominated = msgspec.structs.replace(
        review, version=review.version + 1, nominated_on=on, nominated_version=review.version + 1
    )
    return nominated, ReviewNominated(**_about(nominated, on, at))


def _not_own(review: Review, own: frozenset[str]) -> None:
    if own & {review.owner, review.submitted_by}:
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
