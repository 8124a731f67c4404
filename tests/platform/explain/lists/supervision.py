"""Lists of supervision."""

from collections.abc import Iterator

from services.supervision.messages import ACTIVITY, ActivitiesPage
from tests.platform.explain.lists import Listed, by_ids, pages


def lists() -> Iterator[Listed]:
    yield from pages(ActivitiesPage, "supervision.activities", ACTIVITY, {"within": "u18115"})
    yield by_ids("supervision.activities", ACTIVITY)
