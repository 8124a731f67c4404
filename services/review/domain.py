"""The rules of reviews: opened when a model is accepted, decided once, nominated once if the model is recognised.

A review is closed when its model is withdrawn or discontinued. After a restore of registration's database, the model
has another history, or none.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import about, changed
from services.kernel.inputs import happened, not_before, required
from services.kernel.messages import Event, Refused
from services.kernel.units import DatedUnit
from services.movement.changes import Restated, restated
from services.movement.homes import Home, Homed, following, levelled, spell_on
from services.movement.own_work import not_own_work
from services.movement.words import Field, Level, SubjectKind
from services.registration.models.messages import (
    ModelAccepted,
    ModelBegun,
    ModelCarriedOver,
    ModelCorrected,
    ModelDiscontinued,
    ModelHandedOver,
    ModelLevelChanged,
    ModelOwnerChanged,
    ModelWithdrawn,
)
from services.review.messages import (
    Closing,
    CountedDecision,
    EarlierDecision,
    ReviewClosed,
    ReviewCorrected,
    ReviewDecided,
    ReviewedModelChanged,
    ReviewHandedOver,
    ReviewNominated,
    ReviewOpened,
    ReviewStep,
    Verdict,
)

LONGEST_REASON = 4000
OF_MODEL = (
    *("owner", "former_owners", "written_by", "title", "homes"),
    *("closed_on", "closed_because", "begun_on"),
)
COUNTED_BY = ("field", "subject_kind", "level")
OF_MODEL_UNTIL_DECIDED = (*COUNTED_BY, "opened_on", "year")
"""The values that a review has from its model. A decision stays counted as it was made."""
DECISION = (
    *("verdict", "reason", "decided_on", "decided_version", "decided_level"),
    *("nominated_on", "nominated_version", "nominated_level"),
)

OF_YEAR = ("year", *COUNTED_BY, *(name for name in DECISION if name != "reason"))


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


Step = tuple[Review, ReviewOpened | ReviewClosed | ReviewedModelChanged | ReviewCorrected | ReviewHandedOver]


def open_review(accepted: ModelAccepted, *, key: str, act: Act) -> tuple[Review, ReviewOpened]:
    homes, level = levelled(following(accepted.unit, accepted.homes), accepted.level)
    review = Review(
        id=key,
        version=1,
        unit=accepted.unit,
        homes=homes,
        model=accepted.key,
        title=accepted.title,
        field=accepted.field,
        subject_kind=accepted.subject_kind,
        level=level,
        owner=accepted.owner,
        written_by=accepted.written_by,
        opened_on=act.on,
        year=accepted.year or act.on.year,
    )
    return review, ReviewOpened(**_about(review, act))


def follow(review: Review | None, event: Event, *, key: str, act: Act) -> Step | None:
    """Follows an event of the review's model. None if it changes nothing. `key`: of a review that opens."""
    if isinstance(event, ModelAccepted):
        opened = open_review(event, key=key, act=act)
        return settle(review, opened[0], act=act) if review else opened
    if isinstance(event, ModelWithdrawn) and not event.registered:
        return None
    if isinstance(event, ModelHandedOver):
        return follow_home(review, homes=event.homes, act=act) if review else None
    if review is None:
        raise LookupError(f"there is no review of {event.key}")
    match event:
        case ModelBegun():
            return begin(review, act=act)
        case ModelCarriedOver():
            return carry_over(review, event, act=act)
        case ModelWithdrawn():
            return close(review, because=Closing.WITHDRAWN, act=act)
        case ModelDiscontinued():
            return close(review, because=Closing.DISCONTINUED, act=act)
        case ModelOwnerChanged():
            return follow_owner(review, owner=event.after, act=act)
        case ModelLevelChanged():
            return follow_level(review, level=event.after, act=act)
        case ModelCorrected():
            return follow_correction(review, event, act=act)
    raise LookupError(f"reviews do not follow {event.subject}")


def followed(events: Iterable[tuple[Event, Act]], *, key: str) -> list[Step]:
    """The versions of a review that follows all these events of its model, and nothing else."""
    steps: list[Step] = []
    for event, act in events:
        if step := follow(steps[-1][0] if steps else None, event, key=key, act=act):
            steps.append(step)
    return steps


def settle(review: Review, followed: Review | None, *, act: Act) -> Step | None:
    """Corrects a review of a model whose events are others than it followed. None if it needs no correction.

    `followed`: the review that these events alone lead to; None without events: the registration was lost.
    """
    if followed is None:
        return None if review.closed_because is Closing.RECORD_LOST else _lose(review, act=act)
    names = OF_MODEL if review.verdict else (*OF_MODEL, *OF_MODEL_UNTIL_DECIDED)
    changes = {
        name: getattr(followed, name) for name in names if getattr(followed, name) != getattr(review, name)
    }
    if not changes:
        return None
    settled = changed(review, **changes)
    if changes.keys() == {"homes"}:
        return settled, _handed_over(settled, act)
    if "closed_because" not in changes:
        return settled, ReviewedModelChanged(**_about(settled, act), owner=settled.owner)
    if because := settled.closed_because:
        return _closed(settled, because, act)
    return settled, ReviewOpened(**_about(settled, act))


def _lose(review: Review, *, act: Act) -> tuple[Review, ReviewClosed]:
    """The registration of the model was lost: the review is closed, and its decision does not count."""
    changes: dict[str, Any] = {"closed_on": act.on, "closed_because": Closing.RECORD_LOST}
    if review.verdict:
        taken = {name: getattr(review, name) for name in (*DECISION, *COUNTED_BY, "year")}
        taken["level"] = review.decided_level or review.level
        decision = LostDecision(**taken, lost_version=review.next_version)
        changes |= dict.fromkeys(DECISION)
        changes["lost"] = (*review.lost, decision)
    closed = changed(review, **changes)
    where = (
        {"level": closed.lost[-1].level, "unit": str(review.home_on(review.decided_on))}
        if review.decided_on
        else {}
    )
    return closed, ReviewClosed(
        **_about(closed, act) | where,
        because=Closing.RECORD_LOST,
        verdict=review.verdict,
        decided_on=review.decided_on,
        nominated_on=review.nominated_on,
    )


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
    _require_open(review)
    not_own_work(review.authors, act, "review")
    reason = required(reason, "reason", longest=LONGEST_REASON, vi="Lý do", en="The reason", lines=True)
    happened(act.on, act.today)
    not_before(act.on, review.opened_on)
    _require_begun(review, verdict, act.on)
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
    return decided, ReviewDecided(**_about(decided, act), verdict=verdict, reason=reason)


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
    _require_open(review)
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
    return nominated, ReviewNominated(**_about(nominated, act))


def close(review: Review, *, because: Closing, act: Act) -> tuple[Review, ReviewClosed]:
    """A model that is withdrawn takes its verdict with it in the figures from that day on; it stays in the review."""
    return _closed(changed(review, closed_on=act.on, closed_because=because), because, act)


def _closed(review: Review, because: Closing, act: Act) -> tuple[Review, ReviewClosed]:
    closed = msgspec.structs.replace(review, closed_version=review.version)
    taken = ("verdict", "decided_on", "nominated_on") if because is Closing.WITHDRAWN else ()
    return closed, ReviewClosed(
        **_about(closed, act), because=because, **{name: getattr(review, name) for name in taken}
    )


def begin(review: Review, *, act: Act) -> tuple[Review, ReviewedModelChanged]:
    """The review's model has begun; if that was after its year, it is judged for the year in which it began."""
    later = review.verdict is None and review.year is not None and act.on.year > review.year
    begun = changed(review, begun_on=act.on, year=act.on.year if later else review.year)
    return begun, ReviewedModelChanged(**_about(begun, act), owner=review.owner)


def carry_over(
    review: Review, carried_over: ModelCarriedOver, *, act: Act
) -> tuple[Review, ReviewOpened | ReviewedModelChanged]:
    """The review's model is judged for the next year too. A decision of the year before stays counted there."""
    now: dict[str, Any] = {name: getattr(carried_over, name) for name in COUNTED_BY}
    now |= {"year": act.on.year, "begun_on": review.begun_on or act.on}
    if review.verdict is None:
        carried = changed(review, **now, carried_on=act.on)
        return carried, ReviewedModelChanged(**_about(carried, act), owner=review.owner)
    kept = {name: getattr(review, name) for name in OF_YEAR}
    decision = EarlierDecision(**kept | {"level": review.decided_level or review.level})
    carried = changed(
        review,
        **now,
        opened_on=act.on,
        earlier=(*review.earlier, decision),
        **dict.fromkeys(DECISION),
    )
    return carried, ReviewOpened(**_about(carried, act))


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


def follow_correction(
    review: Review, corrected: ModelCorrected, *, act: Act
) -> tuple[Review, ReviewedModelChanged | ReviewCorrected] | None:
    """The contents of the review's model were corrected. Decisions count under the corrected field and subject."""
    now = {name: getattr(corrected, name) for name in ("title", "field", "subject_kind")}
    if all(getattr(review, name) == value for name, value in now.items()):
        return None
    return restate(review, changed(review, **now), act=act)


def _require_begun(review: Review, verdict: Verdict, on: date) -> None:
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
        _require_begun(review, mended.verdict, mended.decided_on)
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


def restate(
    before: Review, after: Review, *, act: Act, **correction: Any
) -> tuple[Review, ReviewedModelChanged | ReviewCorrected]:
    """Announces a correction. `after`: the next version of `before`. `correction`: further fields of the event."""
    struck, added = restated(counted(before), counted(after))
    if not struck and not added:
        return after, ReviewedModelChanged(**_about(after, act), owner=after.owner)
    entry = Restated(version=after.version, on=act.on, struck=struck, counted=added)
    corrected = msgspec.structs.replace(after, restated=(*after.restated, entry))
    return corrected, ReviewCorrected(
        **_about(corrected, act),
        struck=struck,
        counted=added,
        made_under=corrected.unit,
        homes=corrected.homes,
        verdict=corrected.verdict,
        **correction,
    )


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


def follow_home(
    review: Review, *, homes: tuple[Home, ...], act: Act
) -> tuple[Review, ReviewHandedOver] | None:
    """The review goes on under the unit to which its model was handed over. None if it does so already.

    `homes`: those of the model. An earlier decision stays counted where it was made.
    """
    new = following(review.home, homes)
    if not new:
        return None
    more, level = levelled(new, review.level)
    followed = changed(review, homes=(*review.homes, *more), level=level)
    return followed, _handed_over(followed, act)


def _handed_over(review: Review, act: Act) -> ReviewHandedOver:
    about = _about(review, act) | {"unit": str(review.home)}
    return ReviewHandedOver(
        **about,
        made_under=review.unit,
        homes=review.homes,
        decided=review.verdict is not None,
        verdict=review.verdict,
    )


def _require_open(review: Review) -> None:
    if review.closed_because:
        raise Refused(
            "review-closed",
            "review",
            vi=f"Hồ sơ đã khép lại ngày {review.closed_on:%d/%m/%Y}: {review.closed_because.vi.lower()}.",
            en=f"The review was closed on {review.closed_on}: {review.closed_because}.",
        )


def _about(review: Review, act: Act) -> dict[str, Any]:
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
