"""Lists of reorganisations, and of the units and records that a reorganisation concerns."""

from collections.abc import Iterator

from services.registration.reorganisations.messages import (
    REORGANISATION,
    OpenModelsOfUnits,
    ReorganisationsPage,
)
from services.registration.reorganisations.repository import REORGANISATIONS
from tests.platform.explain.lists import NEWEST, Listed, by_ids, pages

WHERE = "registration.reorganisations"


def lists() -> Iterator[Listed]:
    yield from pages(
        ReorganisationsPage,
        WHERE,
        REORGANISATION,
        {"units": "u437"},
        lambda access: access.unscoped(REORGANISATIONS),
    )
    yield by_ids(WHERE, REORGANISATION, scoped=False)
    yield Listed("the reorganisation of a file", WHERE, {"digest": "0" * 64})
    states = {"within": "u18115", "state": {"$in": ["DRAFT", "SUBMITTED", "REGISTERED"]}}
    yield Listed("open models", "registration.models", states, NEWEST, OpenModelsOfUnits, follows=False)
    yield Listed("organisations of a unit", "registration.organisations", {"within": "u18115"})
    named = {"$or": [{"_id": {"$in": ["u437"]}}, {"spells.code": {"$in": ["18115"]}}]}
    yield Listed("units by id or code", "registration.units", named, follows=False)
    below = {"$or": [{"spells.path": {"$regex": f"^/vn/{unit}/"}} for unit in ("u42", "u01")]}
    yield Listed("units below some", "registration.units", below, follows=False)
