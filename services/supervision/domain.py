"""The rules of supervision activities: held by organisations, in a unit that existed, on a day that has come."""

from collections.abc import Sequence
from datetime import date

from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about
from services.kernel.inputs import happened, required
from services.kernel.messages import Refused
from services.kernel.search.tokenizer import spoken
from services.kernel.units import DatedUnit
from services.movement.organisations import DatedOrganisation, in_being
from services.supervision.messages import ActivityBody, ActivityKind, ActivityRecorded

LONGEST_TITLE = 300
MOST_BODIES = 20
MOST_ALIKE = 10
FEWEST, SHARED = 3, 0.6
"""Number of shared words, and their share of the shorter subject, from which two subjects may be the same."""


class Activity(Aggregate, frozen=True, kw_only=True):
    kind: ActivityKind
    bodies: tuple[ActivityBody, ...]
    title: str
    held_on: date
    alike: tuple[str, ...] = ()


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
    path = unit.in_force(act.on, "unit", "heldOn").path
    title = required(title, "title", longest=LONGEST_TITLE, vi="Nội dung", en="The subject of the activity")
    happened(act.on, act.today, "heldOn")
    participants = _participants(bodies, act.on)
    activity = Activity(
        id=key,
        version=1,
        unit=path,
        kind=kind,
        bodies=participants,
        title=title,
        held_on=act.on,
        alike=tuple(other.id for other in others if _alike(other, participants, title))[:MOST_ALIKE],
    )
    return activity, ActivityRecorded(
        **about(activity, act), kind=kind, bodies=activity.bodies, held_on=act.on
    )


def _alike(other: Activity, bodies: Sequence[ActivityBody], title: str) -> bool:
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
