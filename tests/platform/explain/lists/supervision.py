"""Lists of supervision."""

from collections.abc import Iterator

from services.supervision.messages import SESSION, SessionsPage
from tests.platform.explain.lists import Listed, by_ids, pages


def lists() -> Iterator[Listed]:
    yield from pages(SessionsPage, "supervision.sessions", SESSION, {"within": "u18115"})
    yield by_ids("supervision.sessions", SESSION)
