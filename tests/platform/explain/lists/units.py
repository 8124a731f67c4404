"""Lists of units, in registration and in services with a copy of the units."""

from collections.abc import Iterator

from services.registration.units.messages import (
    ChildUnits,
    UnitAncestors,
    UnitsBelow,
    UnitsNamed,
    UnitSuccession,
)
from tests.platform.explain.lists import Listed


def lists() -> Iterator[Listed]:
    for service in ("registration", "supervision", "reporting"):
        units = f"{service}.units"
        yield Listed(f"{service}: units by id", units, {"_id": {"$in": ["u437", "u436"]}})
        yield Listed(f"{service}: units by code", units, {"spells.code": "26740"})
        yield Listed(f"{service}: children", units, {"spells.parent": "u437"}, message=ChildUnits)
    on = {"since": {"$not": {"$gt": "2026-01-10"}}, "until": {"$not": {"$lte": "2026-01-10"}}}
    below = {"spells": {"$elemMatch": {"path": {"$regex": "^/vn/u42/"}, **on, "level": "COMMUNE"}}}
    yield Listed("units below", "registration.units", below, message=UnitsBelow, follows=False)
    yield Listed("units above", "registration.units", {"_id": {"$in": ["u42", "vn"]}}, message=UnitAncestors)
    named = {"$and": [{"words": "thanh"}, {"words": {"$regex": "^xua"}}]}
    yield Listed("units named", "registration.units", named, message=UnitsNamed, follows=False)
    heirs = {"predecessors.unit": {"$in": ["u437", "u18115"]}}
    yield Listed("heirs of units", "registration.units", heirs, message=UnitSuccession)
