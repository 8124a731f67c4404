"""What supervision can be asked and what it announces: the only module others may import."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

import msgspec

from services.kernel.messages import Command, Event, Query, Role


class SessionKind(StrEnum):
    """Giám sát, phản biện xã hội, kiểm tra, khảo sát."""

    SUPERVISION = "SUPERVISION"
    SOCIAL_CRITICISM = "SOCIAL_CRITICISM"
    INSPECTION = "INSPECTION"
    SURVEY = "SURVEY"


class SupervisingBody(StrEnum):
    FATHERLAND_FRONT = "FATHERLAND_FRONT"
    WOMENS_UNION = "WOMENS_UNION"
    FARMERS_UNION = "FARMERS_UNION"
    VETERANS_ASSOCIATION = "VETERANS_ASSOCIATION"
    YOUTH_UNION = "YOUTH_UNION"
    TRADE_UNION = "TRADE_UNION"
    PEOPLES_INSPECTION_BOARD = "PEOPLES_INSPECTION_BOARD"
    COMMUNITY_INVESTMENT_SUPERVISION_BOARD = "COMMUNITY_INVESTMENT_SUPERVISION_BOARD"
    PARTY_COMMITTEE = "PARTY_COMMITTEE"


class RecordSession(Command, frozen=True, kw_only=True):
    """`on`: the day it was held; today when left out."""

    subject: ClassVar[str] = "command.supervision.record-session"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.SUPERVISOR})

    kind: SessionKind
    body: SupervisingBody
    unit: str
    title: str
    on: date | None = None


class SessionsById(Query, frozen=True, kw_only=True):
    subject: ClassVar[str] = "query.supervision.sessions-by-id"

    ids: tuple[str, ...]


class SessionsPage(Query, frozen=True, kw_only=True):
    """The newest first: at most `first` after the session `after`, in `unit` or below."""

    subject: ClassVar[str] = "query.supervision.sessions-page"

    first: int
    unit: str | None = None
    after: str | None = None


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    version: int
    unit: str
    kind: SessionKind
    body: SupervisingBody
    title: str
    held_on: date


class SessionRecorded(Event, frozen=True, kw_only=True):
    subject: ClassVar[str] = "event.supervision.session-recorded.v1"

    kind: SessionKind
    body: SupervisingBody
    on: date
