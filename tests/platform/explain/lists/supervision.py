"""Lists of supervision."""

from collections.abc import Iterator

from services.supervision.messages import ACTIVITY, ActivitiesPage
from tests.platform.explain.lists import Listed, by_ids, pages

FILTERS = {
    "within": "u18115",
    "kind": "SUPERVISION",
    "reversed": True,
    "bodies.organisation": "organisation_" + "0" * 24,
    "held_on": {"$gte": "2026-01-01", "$lte": "2026-06-30"},
}


def lists() -> Iterator[Listed]:
    yield from pages(ActivitiesPage, "supervision.activities", ACTIVITY, FILTERS)
    day = {"unit": "/vn/u42/u18115", "held_on": "2019-06-01", "kind": "SURVEY"}
    yield Listed("activities of a unit on a day", "supervision.activities", day)
    yield by_ids("supervision.activities", ACTIVITY)
