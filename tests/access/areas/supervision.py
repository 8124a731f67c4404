"""Supervision activities."""

from services.supervision.messages import ActivitiesById, ActivitiesPage
from tests.access.tries import ID, NODE, PAGE, entered, newer_than
from tests.access.world import activity

MESSAGES = {
    "supervision.record-activity": lambda t: activity(t.thing),
    "supervision.activities-by-id": lambda t: ActivitiesById(keys=(t.thing,), fields=ID),
    "supervision.activities-page": lambda t: ActivitiesPage(first=1, after=newer_than(t.thing), fields=ID),
}
INPUTS = {"recordActivity": lambda t: entered(activity(t.thing))}
QUERIES = {
    "Query.activities": PAGE % ("activities", ""),
    "Activity.unit": NODE % ("Activity", "unit { id }"),
    "ActivityBody.organisation": NODE % ("Activity", "bodies { organisation { id } }"),
}
