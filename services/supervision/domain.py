"""The rules of supervision activities: held by organisations, in a unit that existed, on a day that has come."""

from collections.abc import Sequence
from datetime import date

from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about
from services.kernel.inputs import happened, required
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.organisations import DatedOrganisation, in_being
from services.supervision.messages import ActivityBody, ActivityKind, ActivityRecorded

LONGEST_TITLE = 300
MOST_BODIES = 20


class Activity(Aggregate, frozen=True, kw_only=True):
    kind: ActivityKind
    bodies: tuple[ActivityBody, ...]
    title: str
    held_on: date


def record(
    *,
    key: str,
    kind: ActivityKind,
    bodies: Sequence[DatedOrganisation],
    unit: DatedUnit,
    title: str,
    act: Act,
) -> tuple[Activity, ActivityRecorded]:
    """`act.on`: the day on which it was held."""
    path = unit.in_force(act.on, "unit", "heldOn").path
    title = required(title, "title", longest=LONGEST_TITLE, vi="Nội dung", en="The subject of the activity")
    happened(act.on, act.today, "heldOn")
    activity = Activity(
        id=key,
        version=1,
        unit=path,
        kind=kind,
        bodies=_participants(bodies, act.on),
        title=title,
        held_on=act.on,
    )
    return activity, ActivityRecorded(
        **about(activity, act), kind=kind, bodies=activity.bodies, held_on=act.on
    )


def _participants(bodies: Sequence[DatedOrganisation], day: date) -> tuple[ActivityBody, ...]:
    """One or more different organisations, each in being on the day."""
    if not bodies:
        raise Refused(
            "bodies-empty",
            "bodies",
            vi="Hãy nêu ít nhất một tổ chức thực hiện.",
            en="Name at least one organisation that held it.",
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
