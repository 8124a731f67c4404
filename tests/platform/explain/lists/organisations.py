"""Lists of organisations."""

from collections.abc import Iterator

from services.registration.launches.messages import LaunchOrganisations
from services.registration.organisations.messages import ORGANISATION, OrganisationsPage
from tests.platform.explain.lists import Listed, by_ids, pages

WHERE = "registration.organisations"


def lists() -> Iterator[Listed]:
    filters = {"within": "u18115", "kind": "POLICE", "ended": False}
    yield from pages(OrganisationsPage, WHERE, ORGANISATION, filters)
    kinds = {"$in": ["POLICE", "WOMENS_UNION"]}
    asked = {"kind": kinds, "within": {"$in": ["u18115", "u18118"]}}
    yield Listed("addressees of a launch", WHERE, asked, message=LaunchOrganisations)
    yield Listed("addressees that had another kind", WHERE, {"former.kind": kinds})
    yield by_ids(WHERE, ORGANISATION)
