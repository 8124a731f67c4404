"""Lists of models."""

from collections.abc import Iterator

from services.registration.models.events import ModelsPage
from tests.contract.lists import Listed, by_ids, pages

FILTERS = {
    "within": "u18115",
    "owner": "o_" + "0" * 24,
    "field": "ECONOMY",
    "level": "COMMUNE",
    "subject_kind": "COLLECTIVE",
    "state": "REGISTERED",
    "programme": "p_" + "0" * 24,
    "year": 2018,
}


def lists() -> Iterator[Listed]:
    yield from pages(ModelsPage, "registration.models", "m", FILTERS)
    yield by_ids("registration.models", "m")
