"""Lists of units, which every service keeps a copy of."""

from collections.abc import Iterator

from services.registration.units.events import ChildUnits
from tests.contract.lists import Listed


def lists() -> Iterator[Listed]:
    for service in ("registration", "supervision", "reporting"):
        units = f"{service}.units"
        yield Listed(f"{service}: units by id", units, {"_id": {"$in": ["u437", "u436"]}})
        yield Listed(f"{service}: units by code", units, {"spells.code": "26740"})
        yield Listed(f"{service}: children", units, {"spells.parent": "u437"}, message=ChildUnits)
