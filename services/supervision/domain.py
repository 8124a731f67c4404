"""The rules of supervision activities: held by organisations, in a unit that existed, on a day that has come."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about, changed
from services.kernel.inputs import happened, required
from services.kernel.messages import Refused
from services.kernel.search.tokenizer import spoken
from services.kernel.units import DatedUnit
from services.movement.changes import Restated, restated
from services.movement.organisations import DatedOrganisation, in_being
from services.supervision.messages import (
    ActivityBody,
    ActivityCorrected,
    ActivityKind,
    ActivityRecorded,
    CountedActivity,
)

LONGEST_TITLE = 300
MOST_BODIES = 20
MOST_ALIKE = 10
RECORDED = 1
"""The version with which an activity is recorded."""
FEWEST, SHARED = 3, 0.6
"""Number of shared words, and their share of the shorter subject, from which two subjects may be the same."""


class Activity(Aggregate, frozen=True, kw_only=True):
    kind: ActivityKind
    bodies: tuple[ActivityBody, ...]
    title: str
    held_on: date
    alike: tuple[str, ...] = ()
    recorded_by: str | None = None
    reversed_on: date | None = None
    restated: tuple[Restated[CountedActivity], ...] = ()

    @property
    def authors(self) -> frozenset[str | None]:
        """The person who recorded it and the organisations that held it: they approve no correction of it."""
        return frozenset({self.recorded_by, *(body.organisation for body in self.bodies)})


def record(
    *,
    key: str,
    kind: ActivityKind,
    bodies: Sequence[DatedOrganisation],
    unit: DatedUnit,
    title: str,
    others: Sequence[Activity] = (),
    act: Act,
) -> tuple[Activity, ActivityRecorded]:
    """`act.on`: the day on which it was held. `others`: of the same kind, in the same unit, on the same day."""
    path, title, participants = _values(unit, title, bodies, act.on, act)
    activity = Activity(
        id=key,
        version=1,
        unit=path,
        kind=kind,
        bodies=participants,
        title=title,
        held_on=act.on,
        alike=_alike(participants, title, others),
        recorded_by=act.by,
    )
    return activity, ActivityRecorded(
        **about(activity, act), kind=kind, bodies=activity.bodies, held_on=act.on
    )


def correct(
    activity: Activity,
    *,
    kind: ActivityKind | None,
    bodies: Sequence[DatedOrganisation],
    unit: DatedUnit,
    title: str | None,
    held_on: date | None,
    others: Sequence[Activity],
    act: Act,
) -> Activity:
    """The activity with these values; None leaves a value as it is. `bodies`, `unit`: the right ones, or the present.

    `others`: as in `record`, of the corrected day.
    """
    require_standing(activity)
    day = held_on or activity.held_on
    path, topic, participants = _values(unit, activity.title if title is None else title, bodies, day, act)
    return changed(
        activity,
        unit=path,
        kind=kind or activity.kind,
        bodies=participants,
        title=topic,
        held_on=day,
        alike=_alike(participants, topic, [other for other in others if other.id < activity.id]),
    )


def reverse(activity: Activity, act: Act) -> Activity:
    """The activity counts no more."""
    require_standing(activity)
    return changed(activity, reversed_on=act.today)


def require_standing(activity: Activity) -> None:
    if activity.reversed_on:
        raise Refused(
            "activity-reversed",
            "activity",
            vi=f"Cuộc này đã bị hủy bỏ từ ngày {activity.reversed_on:%d/%m/%Y}.",
            en=f"This activity was reversed on {activity.reversed_on}.",
        )


def counted(activity: Activity) -> dict[int, CountedActivity]:
    """The facts of the activity that reports count, by the version of the activity that recorded them."""
    if activity.reversed_on:
        return {}
    one = CountedActivity(
        version=RECORDED,
        kind=activity.kind,
        bodies=activity.bodies,
        held_on=activity.held_on,
        unit=activity.unit,
    )
    return {RECORDED: one}


def restate(
    before: Activity, after: Activity, *, correction: Mapping[str, Any], act: Act
) -> tuple[Activity, ActivityCorrected]:
    """Announces a correction. `after`: the next version of `before`. `correction`: the other fields of the event."""
    struck, added = restated(counted(before), counted(after))
    corrected = after
    if struck or added:
        entry = Restated(version=after.version, on=act.today, struck=struck, counted=added)
        corrected = msgspec.structs.replace(after, restated=(*after.restated, entry))
    event = ActivityCorrected(
        **about(corrected, act), on=act.today, struck=struck, counted=added, **correction
    )
    return corrected, event


def _values(
    unit: DatedUnit, title: str, bodies: Sequence[DatedOrganisation], held_on: date, act: Act
) -> tuple[str, str, tuple[ActivityBody, ...]]:
    """The path of the unit, the subject and the bodies, all as of the day on which it was held."""
    path = unit.in_force(held_on, "unit", "heldOn").path
    title = required(title, "title", longest=LONGEST_TITLE, vi="Nội dung", en="The subject of the activity")
    happened(held_on, act.today, "heldOn")
    return path, title, _participants(bodies, held_on)


def _alike(bodies: Sequence[ActivityBody], title: str, others: Sequence[Activity]) -> tuple[str, ...]:
    standing = [other for other in others if not other.reversed_on]
    return tuple(other.id for other in standing if _may_be_same(other, bodies, title))[:MOST_ALIKE]


def _may_be_same(other: Activity, bodies: Sequence[ActivityBody], title: str) -> bool:
    """Whether it may be the same activity: one body held both, or their subjects share most of their words."""
    if {body.organisation for body in bodies} & {body.organisation for body in other.bodies}:
        return True
    words, known = set(spoken(title).split()), set(spoken(other.title).split())
    shared = len(words & known)
    return words == known or (shared >= FEWEST and shared >= SHARED * min(len(words), len(known)))


def _participants(bodies: Sequence[DatedOrganisation], day: date) -> tuple[ActivityBody, ...]:
    """One or more different organisations, each in being on the day."""
    if not bodies:
        raise Refused(
            "bodies-empty",
            "bodies",
            vi="Hãy nêu ít nhất một tổ chức thực hiện.",
            en="Name at least one organisation that held the activity.",
        )
    if len(bodies) > MOST_BODIES:
        raise Refused(
            "too-many-bodies",
            "bodies",
            vi=f"Một cuộc có tối đa {MOST_BODIES} tổ chức cùng thực hiện.",
            en=f"An activity is held by at most {MOST_BODIES} organisations.",
        )
    participants: dict[str, ActivityBody] = {}
    for body in bodies:
        if body.id in participants:
            raise Refused(
                "body-twice",
                "bodies",
                vi=f"“{body.name}” có hai lần trong danh sách.",
                en=f"“{body.name}” is in the list twice.",
            )
        in_being(body, day, "bodies", "heldOn")
        then = body.named_on(day)
        participants[body.id] = ActivityBody(organisation=body.id, name=then.name, kind=then.kind)
    return tuple(participants.values())
