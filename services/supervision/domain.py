"""The rules of supervision sessions: held by a body, in a unit that existed, on a day that has come."""

from datetime import date, datetime

from services.kernel.aggregate import Aggregate
from services.kernel.inputs import happened, required
from services.kernel.units import Spell
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
    unit: Spell,
    title: str,
    on: date,
    today: date,
    at: datetime,
) -> tuple[Session, SessionRecorded]:
    title = required(title, "title", longest=LONGEST_TITLE, vi="Nội dung", en="The session's subject")
    happened(on, today)
    session = Session(id=key, version=1, unit=unit.path, kind=kind, body=body, title=title, held_on=on)
    return session, SessionRecorded(key=key, version=1, at=at, unit=unit.path, kind=kind, body=body, on=on)
