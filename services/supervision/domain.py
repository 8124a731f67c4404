"""The rules of supervision sessions: held by a body, in a unit that existed, on a day that has come."""

from datetime import date

from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about
from services.kernel.inputs import happened, required
from services.kernel.units import DatedUnit
from services.supervision.messages import SessionKind, SessionRecorded, SupervisingBody

LONGEST_TITLE = 300


class Session(Aggregate, frozen=True, kw_only=True):
    kind: SessionKind
    body: SupervisingBody
    title: str
    held_on: date


def record(
    *,
    key: str,
    kind: SessionKind,
    body: SupervisingBody,
    unit: DatedUnit,
    title: str,
    act: Act,
) -> tuple[Session, SessionRecorded]:
    path = unit.in_force(act.on).path
    title = required(title, "title", longest=LONGEST_TITLE, vi="Nội dung", en="The session's subject")
    happened(act.on, act.today)
    session = Session(id=key, version=1, unit=path, kind=kind, body=body, title=title, held_on=act.on)
    return session, SessionRecorded(**about(session, act), kind=kind, body=body, on=act.on)
