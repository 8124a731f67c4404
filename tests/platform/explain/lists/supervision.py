"""Lists of supervision."""

from collections.abc import Iterator

from services.supervision.messages import ACTIVITY, ActivitiesPage
from tests.platform.explain.lists import Listed, by_ids, pages


def lists() -> Iterator[Listed]:
    yield from pages(ActivitiesPage, "supervision.activities", ACTIVITY, {"within": "u18115"})
    day = {"unit": "/vn/u42/u18115", "held_on": "2019-06-01", "kind": "SURVEY"}
    yield Listed("activities of a unit on a day", "supervision.activities", day)
    yield by_ids("supervision.activities", ACTIVITY)
