"""Lists of organisations."""

from collections.abc import Iterator

from services.registration.organisations.messages import ORGANISATION, OrganisationsPage
from tests.platform.explain.lists import Listed, by_ids, pages

WHERE = "registration.organisations"


def lists() -> Iterator[Listed]:
    filters = {"within": "u18115", "kind": "POLICE", "ended": False}
    yield from pages(OrganisationsPage, WHERE, ORGANISATION, filters)
    yield by_ids(WHERE, ORGANISATION)
