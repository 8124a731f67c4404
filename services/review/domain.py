"""A review, and its decisions as reports count them. The rules are in `following`, `deciding` and `amending`."""

from datetime import date
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import about, changed
from services.kernel.messages import Refused
from services.movement.changes import Restated, restated
from services.movement.homes import Homed
from services.movement.words import Field, Level, SubjectKind
from services.review.messages import (
    Closing,
    CountedDecision,
    Decision,
    ReviewCorrected,
    ReviewedModelChanged,
    ReviewStep,
    Verdict,
)

COUNTED_BY = ("field", "subject_kind", "level")
OF_DECISION = (
    *("verdict", "decided_on", "decided_version", "decided_level"),
    *("nominated_on", "nominated_version", "nominated_level"),
    *("revoked_on", "revoked_version", "nomination_revoked_on", "nomination_revoked_version"),
)
DECISION = ("reason", *OF_DECISION)
"""The fields of a review that are empty while it waits for a decision."""


class LostDecision(Decision, frozen=True, kw_only=True):
    """A decision on a model whose registration was lost. `lost_version`: the review's version that took it back."""

    reason: str | None
    lost_version: int


class PastYear(msgspec.Struct, frozen=True, kw_only=True):
    """A year before the model was carried over. `opened_on`: the first possible day of a decision for that year."""

    year: int
    opened_on: date


class Review(Homed, frozen=True, kw_only=True):
    """`year`: the year that the model is judged for: the one it is registered for, or the last one in which it began
    or was carried over. `past`: the years before. `earlier`: the decisions of those years, the oldest first.

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
    revoked_on: date | None = None
    revoked_version: int | None = None
    nomination_revoked_on: date | None = None
    nomination_revoked_version: int | None = None
    closed_on: date | None = None
    closed_because: Closing | None = None
    closed_version: int | None = None
    year: int | None = None
    begun_on: date | None = None
    past: tuple[PastYear, ...] = ()
    earlier: tuple[Decision, ...] = ()
    lost: tuple[LostDecision, ...] = ()
    restated: tuple[Restated[CountedDecision], ...] = ()

    @property
    def waiting(self) -> bool:
        """Whether it waits for a decision."""
        return self.verdict is None and self.closed_because is None

    def opened_for(self, year: int | None) -> date:
        """The first day on which a decision for this year is possible."""
        return next((one.opened_on for one in self.past if one.year == year), self.opened_on)

    @property
    def standing_verdict(self) -> Verdict | None:
        """Its verdict, unless it was revoked."""
        return None if self.verdict is Verdict.REVOKED else self.verdict

    @property
    def standing_nomination(self) -> date | None:
        """The day of its nomination, unless it was revoked."""
        return None if self.nomination_revoked_on else self.nominated_on

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Its decisions, the oldest first. The last one is that of `year`, unless the review waits for it."""
        return (*self.earlier, *([present] if (present := self._present) else []))

    @property
    def _present(self) -> Decision | None:
        if self.verdict is None or self.decided_on is None or self.decided_version is None:
            return None
        of_year = {name: getattr(self, name) for name in ("year", *COUNTED_BY, *OF_DECISION)}
        return Decision(**of_year | {"level": self.decided_level or self.level})

    @property
    def authors(self) -> frozenset[str | None]:
        """The persons and the organisations whose work it is: they do not judge it."""
        return frozenset({self.owner, *self.written_by, *self.former_owners})


Counted = dict[tuple[ReviewStep, int], CountedDecision]
"""By step, and by the version that recorded it."""


def counted(review: Review) -> Counted:
    """The steps of the review that reports count: decisions and nominations, and the steps that take them back."""
    found = [one for decision in review.decisions for one in steps_of(decision)]
    if review.closed_because is Closing.WITHDRAWN and review.closed_version and review.closed_on:
        found += _withdrawn(review, review.closed_version, review.closed_on)
    return {(one.step, one.version): one for one in found}


def steps_of(decision: Decision) -> list[CountedDecision]:
    """The steps of one decision that reports count, each on its own day."""
    decided = decision.decided_level or decision.level
    nominated = decision.nominated_level or decision.level
    steps = (
        (ReviewStep.DECIDE, decision.decided_version, decision.decided_on, decided),
        (ReviewStep.NOMINATE, decision.nominated_version, decision.nominated_on, nominated),
        (ReviewStep.REVOKE, decision.revoked_version, decision.revoked_on, decided),
        (
            ReviewStep.REVOKE_NOMINATION,
            decision.nomination_revoked_version,
            decision.nomination_revoked_on,
            nominated,
        ),
    )
    verdict = Verdict.RECOGNISED if decision.verdict is Verdict.REVOKED else decision.verdict
    of_decision = {name: getattr(decision, name) for name in ("year", "field", "subject_kind")}
    return [
        CountedDecision(step=step, version=version, on=on, verdict=verdict, level=level, **of_decision)
        for step, version, on, level in steps
        if version and on
    ]


def _withdrawn(review: Review, version: int, on: date) -> list[CountedDecision]:
    """The steps that take back the decision of the present year and its nomination, on the day of the withdrawal."""
    steps = {
        ReviewStep.WITHDRAW: review.standing_verdict,
        ReviewStep.WITHDRAW_NOMINATION: review.standing_nomination,
    }
    return [
        CountedDecision(
            step=step,
            version=version,
            on=on,
            verdict=review.verdict,
            year=review.year,
            field=review.field,
            subject_kind=review.subject_kind,
            level=review.dated(review.level, on),
        )
        for step, stands in steps.items()
        if stands and review.verdict
    ]


def decision_of(review: Review, version: int | None) -> Decision:
    """The decision that this version of the review recorded; None means the decision of the present year.

    Refused if there is no such decision.
    """
    if version is None and review.verdict is None:
        raise Refused(
            "not-decided",
            "review",
            vi="Hồ sơ chưa có kết quả thẩm định. Kết quả của một năm trước được nêu bằng `decision`.",
            en="The review has no verdict yet. Name the verdict of an earlier year with `decision`.",
        )
    wanted = review.decided_version if version is None else version
    for decision in review.decisions:
        if decision.decided_version == wanted:
            return decision
    raise Refused(
        "decision-not-found",
        "decision",
        vi=f"Hồ sơ không có kết quả thẩm định nào ở phiên bản {version}.",
        en=f"The review has no verdict of version {version}.",
    )


def replaced(review: Review, before: Decision, after: Decision | None) -> Review:
    """The next version of the review, in which `after` replaces the decision `before`; None removes `before`."""
    if before.decided_version == review.decided_version:
        if after is None:
            return changed(review, **dict.fromkeys(DECISION))
        return changed(review, **{name: getattr(after, name) for name in OF_DECISION})
    mended = [after if one.decided_version == before.decided_version else one for one in review.earlier]
    return changed(review, earlier=tuple(one for one in mended if one is not None))


def restate(
    before: Review, after: Review, *, act: Act, **correction: Any
) -> tuple[Review, ReviewedModelChanged | ReviewCorrected]:
    """The corrected review and its event. `after`: the next version of `before`. `correction`: further fields."""
    struck, added = restated(counted(before), counted(after))
    if not struck and not added:
        return after, ReviewedModelChanged(**about_review(after, act), owner=after.owner)
    entry = Restated(version=after.version, on=act.on, struck=struck, counted=added)
    corrected = msgspec.structs.replace(after, restated=(*after.restated, entry))
    about_event = {**about_review(corrected, act), "verdict": corrected.verdict, **correction}
    return corrected, ReviewCorrected(
        **about_event, struck=struck, counted=added, made_under=corrected.unit, homes=corrected.homes
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


def require_given(verdict: Verdict | None) -> None:
    if verdict is Verdict.REVOKED:
        raise Refused(
            "verdict-not-given",
            "verdict",
            vi="Thu hồi công nhận cần được đề nghị riêng, có người thứ hai duyệt.",
            en="A revocation is not a verdict: propose to revoke the recognition, for a second person to approve.",
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
