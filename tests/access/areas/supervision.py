"""Supervision sessions."""

from services.supervision.messages import SessionsById, SessionsPage
from tests.access.tries import ID, NODE, PAGE, entered, newer_than
from tests.access.world import session

MESSAGES = {
    "supervision.record-supervision-session": lambda t: session(),
    "supervision.sessions-by-id": lambda t: SessionsById(keys=(t.thing,), fields=ID),
    "supervision.sessions-page": lambda t: SessionsPage(first=1, after=newer_than(t.thing), fields=ID),
}
INPUTS = {"recordSupervisionSession": lambda t: entered(session())}
QUERIES = {
    "Query.supervisionSessions": PAGE % ("supervisionSessions", ""),
    "SupervisionSession.unit": NODE % ("SupervisionSession", "unit { id }"),
}
