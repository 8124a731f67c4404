"""A review and its decisions as reports count them; the rules are in `following`, `deciding` and `amending`."""

from datetime import date
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import about
from services.kernel.messages import Refused
from services.movement.changes import Restated, restated
from services.movement.homes import Homed
from services.movement.words import Field, Level, SubjectKind
from services.review.messages import (
    Closing,
    CountedDecision,
    EarlierDecision,
    ReviewCorrected,
    ReviewedModelChanged,
    ReviewStep,
    Verdict,
)

COUNTED_BY = ("field", "subject_kind", "level")
DECISION = (
    *("verdict", "reason", "decided_on", "decided_version", "decided_level"),
    *("nominated_on", "nominated_version", "nominated_level"),
)


class LostDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision on a model whose registration was lost. `lost_version`: the review's version that took it back."""

    verdict: Verdict
    reason: str | None
    decided_on: date
    decided_version: int
    decided_level: Level | None = None
    nominated_on: date | None
    nominated_version: int | None
    nominated_level: Level | None = None
    field: Field
    subject_kind: SubjectKind
    level: Level
    year: int | None = None
    lost_version: int


class Review(Homed, frozen=True, kw_only=True):
    """`year`: the year that the model is judged for: the one it is registered for, or the last one in which it begun
    or was carried over. `earlier`: decisions of the years before.

    `decided_level`, `nominated_level`: its level on the day of the decision, and of the nomination.
    """

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
    decided_level: Level | None = None
    nominated_on: date | None = None
    nominated_version: int | None = None
    nominated_level: Level | None = None
    closed_on: date | None = None
    closed_because: Closing | None = None
    closed_version: int | None = None
    year: int | None = None
    begun_on: date | None = None
    carried_on: date | None = None
    earlier: tuple[EarlierDecision, ...] = ()
    lost: tuple[LostDecision, ...] = ()
    restated: tuple[Restated[CountedDecision], ...] = ()

    @property
    def waiting(self) -> bool:
        """Whether it waits for a decision."""
        return self.verdict is None and self.closed_because is None

    @property
    def authors(self) -> frozenset[str | None]:
        """The persons and the organisations whose work it is: they do not judge it."""
        return frozenset({self.owner, *self.written_by, *self.former_owners})


def counted(review: Review) -> dict[ReviewStep, CountedDecision]:
    """The decisions on the review that reports count."""
    found: dict[ReviewStep, CountedDecision] = {}
    for step, version, on, level in (
        (ReviewStep.DECIDE, review.decided_version, review.decided_on, review.decided_level),
        (ReviewStep.NOMINATE, review.nominated_version, review.nominated_on, review.nominated_level),
    ):
        if review.verdict and version and on:
            found[step] = CountedDecision(
                step=step,
                version=version,
                on=on,
                verdict=review.verdict,
                year=review.year,
                field=review.field,
                subject_kind=review.subject_kind,
                level=level or review.level,
            )
    return found


def restate(
    before: Review, after: Review, *, act: Act, **correction: Any
) -> tuple[Review, ReviewedModelChanged | ReviewCorrected]:
    """Announces a correction. `after`: the next version of `before`. `correction`: further fields of the event."""
    struck, added = restated(counted(before), counted(after))
    if not struck and not added:
        return after, ReviewedModelChanged(**about_review(after, act), owner=after.owner)
    entry = Restated(version=after.version, on=act.on, struck=struck, counted=added)
    corrected = msgspec.structs.replace(after, restated=(*after.restated, entry))
    return corrected, ReviewCorrected(
        **about_review(corrected, act),
        struck=struck,
        counted=added,
        made_under=corrected.unit,
        homes=corrected.homes,
        verdict=corrected.verdict,
        **correction,
    )


def require_open(review: Review) -> None:
    if review.closed_because:
        raise Refused(
            "review-closed",
            "review",
            vi=f"Hồ sơ đã khép lại ngày {review.closed_on:%d/%m/%Y}: {review.closed_because.vi.lower()}.",
            en=f"The review was closed on {review.closed_on}: {review.closed_because}.",
        )


def require_begun(review: Review, verdict: Verdict, on: date) -> None:
    if verdict is Verdict.RECOGNISED and (review.begun_on is None or review.begun_on > on):
        begun = review.begun_on
        raise Refused(
            "not-begun",
            "review",
            "on",
            vi="Chỉ công nhận mô hình đã triển khai; "
            + (
                f"mô hình này triển khai từ ngày {begun:%d/%m/%Y}."
                if begun
                else "mô hình này chưa triển khai."
            ),
            en="Only a model that has begun can be recognised; "
            + (f"this one began on {begun}." if begun else "this one has not."),
        )


def about_review(review: Review, act: Act) -> dict[str, Any]:
    """The fields that every event of a review has."""
    return {
        **about(review, act),
        "unit": str(review.home_on(act.on)),
        "model": review.model,
        "title": review.title,
        "field": review.field,
        "subject_kind": review.subject_kind,
        "level": review.dated(review.level, act.on),
        "year": review.year,
        "on": act.on,
    }
