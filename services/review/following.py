"""How a review follows its model: it opens when the model is accepted, and closes when it is withdrawn or discontinued.

After a restore of registration's database, the model may have other events than before, or none: `settle` corrects its
review.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import changed
from services.kernel.messages import Event
from services.movement.homes import Home, following, levelled
from services.movement.words import Level
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
from services.review.domain import (
    COUNTED_BY,
    DECISION,
    OF_DECISION,
    LostDecision,
    PastYear,
    Review,
    about_review,
    counted,
    restate,
)
from services.review.messages import (
    Closing,
    Decision,
    ReviewClosed,
    ReviewCorrected,
    ReviewedModelChanged,
    ReviewHandedOver,
    ReviewOpened,
)

OF_MODEL = (
    *("owner", "former_owners", "written_by", "title", "homes"),
    *("closed_on", "closed_because", "begun_on", "past"),
)
OF_MODEL_UNTIL_DECIDED = (*COUNTED_BY, "opened_on", "year")
"""The values that a review without a verdict takes from its model. A decision keeps the values of its day."""
OF_YEAR = ("year", *COUNTED_BY, *OF_DECISION)
DAYS = {
    "registered_on": ("opened_on",),
    "begun_on": ("begun_on",),
    "carried_over_on": ("opened_on",),
    "ended_on": ("closed_on",),
}
"""Corrected day of the model → days of the review that may have been copied from it."""

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
    return review, ReviewOpened(**about_review(review, act))


def follow(review: Review | None, event: Event, *, key: str, act: Act) -> Step | None:
    """Applies an event of the model to its review. None if it changes nothing. `key`: id for a review that opens.

    Raises `LookupError` if there is no review, or if reviews do not follow this type of event.
    """
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
    """The versions of a review to which only these events of its model are applied."""
    steps: list[Step] = []
    for event, act in events:
        if step := follow(steps[-1][0] if steps else None, event, key=key, act=act):
            steps.append(step)
    return steps


def settle(review: Review, followed: Review | None, *, act: Act) -> Step | None:
    """Corrects a review if the events of its model are no longer those that it followed. None if nothing differs.

    `followed`: the review that the present events lead to; None if there are none, as the registration was lost.
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
        return settled, ReviewedModelChanged(**about_review(settled, act), owner=settled.owner)
    if because := settled.closed_because:
        return _closed(settled, because, act)
    if counted(settled) != counted(review):
        return restate(review, settled, act=act)
    return settled, ReviewOpened(**about_review(settled, act))


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
        **about_review(closed, act) | where,
        because=Closing.RECORD_LOST,
        verdict=review.standing_verdict,
        decided_on=review.decided_on,
        nominated_on=review.standing_nomination,
    )


def close(review: Review, *, because: Closing, act: Act) -> tuple[Review, ReviewClosed]:
    """Closes the review. The verdict of a withdrawn model no longer counts from that day on, but stays visible."""
    return _closed(changed(review, closed_on=act.on, closed_because=because), because, act)


def _closed(review: Review, because: Closing, act: Act) -> tuple[Review, ReviewClosed]:
    closed = msgspec.structs.replace(review, closed_version=review.version)
    taken: dict[str, Any] = {
        "verdict": review.standing_verdict,
        "decided_on": review.decided_on,
        "nominated_on": review.standing_nomination,
    }
    return closed, ReviewClosed(
        **about_review(closed, act), because=because, **(taken if because is Closing.WITHDRAWN else {})
    )


def begin(review: Review, *, act: Act) -> tuple[Review, ReviewedModelChanged]:
    """The model has begun. If it began after its year, it is judged for the year in which it began."""
    later = review.verdict is None and review.year is not None and act.on.year > review.year
    begun = changed(review, begun_on=act.on, year=act.on.year if later else review.year)
    return begun, ReviewedModelChanged(**about_review(begun, act), owner=review.owner)


def carry_over(
    review: Review, carried_over: ModelCarriedOver, *, act: Act
) -> tuple[Review, ReviewOpened | ReviewedModelChanged]:
    """The model is judged for the next year too. A decision of the year before still counts in that year."""
    now: dict[str, Any] = {name: getattr(carried_over, name) for name in COUNTED_BY}
    now |= {"year": act.on.year, "begun_on": review.begun_on or act.on}
    if review.year:
        now["past"] = (*review.past, PastYear(year=review.year, opened_on=review.opened_on))
    if review.verdict is None:
        carried = changed(review, **now)
        return carried, ReviewedModelChanged(**about_review(carried, act), owner=review.owner)
    kept = {name: getattr(review, name) for name in OF_YEAR}
    decision = Decision(**kept | {"level": review.decided_level or review.level})
    carried = changed(
        review,
        **now,
        opened_on=act.on,
        earlier=(*review.earlier, decision),
        **dict.fromkeys(DECISION),
    )
    return carried, ReviewOpened(**about_review(carried, act))


def follow_owner(review: Review, *, owner: str, act: Act) -> tuple[Review, ReviewedModelChanged]:
    """The review's model has a new owner. Neither the new owner nor a former one may judge the model."""
    former = tuple(dict.fromkeys((*review.former_owners, *([review.owner] if review.owner else []))))
    followed = changed(review, owner=owner, former_owners=former)
    return followed, ReviewedModelChanged(**about_review(followed, act), owner=owner)


def follow_level(review: Review, *, level: Level, act: Act) -> tuple[Review, ReviewedModelChanged] | None:
    """The review's model has a new level. None if the review is decided: decisions stay counted on their level."""
    if review.verdict is not None:
        return None
    followed = changed(review, level=level)
    return followed, ReviewedModelChanged(**about_review(followed, act), owner=review.owner)


def follow_correction(
    review: Review, corrected: ModelCorrected, *, act: Act
) -> tuple[Review, ReviewedModelChanged | ReviewCorrected] | None:
    """The model was corrected. Decisions count under the corrected field, subject kind and year."""
    counted_by = {"field": corrected.field, "subject_kind": corrected.subject_kind}
    now: dict[str, Any] = {"title": corrected.title, **counted_by, **_redated(review, corrected)}
    begun = now.get("begun_on", review.begun_on)
    now["earlier"] = tuple(
        msgspec.structs.replace(one, **counted_by, year=_year(one.year, one.decided_on, begun, corrected))
        for one in review.earlier
    )
    now["past"] = tuple(
        msgspec.structs.replace(
            one,
            **_redated(one, corrected),
            year=_year(one.year, date(one.year, 12, 31), begun, corrected) or one.year,
        )
        for one in review.past
    )
    if review.verdict is None and corrected.counted_in:
        now["year"] = corrected.counted_in
    elif review.decided_on:
        now["year"] = _year(review.year, review.decided_on, begun, corrected)
    if all(getattr(review, name) == value for name, value in now.items()):
        return None
    return restate(review, changed(review, **now), act=act)


def _year(year: int | None, decided_on: date, begun: date | None, corrected: ModelCorrected) -> int | None:
    """The year of a decision after a correction: the year of the registration, or the later year in which it began."""
    for change in corrected.changes:
        if change.field == "year" and change.before == f"{year}" and change.after:
            registered = int(change.after)
            return max(registered, begun.year) if begun and begun <= decided_on else registered
    return year


def _redated(record: Review | PastYear, corrected: ModelCorrected) -> dict[str, date]:
    """The corrected days of the model's steps from which the record has copied a day: field → day."""
    return {
        name: date.fromisoformat(change.after)
        for change in corrected.changes
        for name in DAYS.get(change.field, ())
        if change.after and f"{getattr(record, name, None)}" == change.before
    }


def follow_home(
    review: Review, *, homes: tuple[Home, ...], act: Act
) -> tuple[Review, ReviewHandedOver] | None:
    """The review moves to the unit to which its model was handed over. None if it is there already.

    `homes`: those of the model. An earlier decision still counts in the unit in which it was made.
    """
    new = following(review.home, homes)
    if not new:
        return None
    more, level = levelled(new, review.level)
    followed = changed(review, homes=(*review.homes, *more), level=level)
    return followed, _handed_over(followed, act)


def _handed_over(review: Review, act: Act) -> ReviewHandedOver:
    about = about_review(review, act) | {"unit": str(review.home)}
    return ReviewHandedOver(
        **about,
        made_under=review.unit,
        homes=review.homes,
        decided=review.verdict is not None,
        verdict=review.verdict,
    )
