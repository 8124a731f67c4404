"""Lists of the open work of units that have ended."""

from collections.abc import Iterator
from datetime import date

from services.registration.handovers.kinds import KINDS
from services.registration.handovers.messages import WaitingRecords, WaitingUnits
from tests.platform.explain.lists import OLDEST, Listed


def lists() -> Iterator[Listed]:
    for one in KINDS:
        where = f"registration.{one.repository.collection}"
        is_open = one.open(date(2026, 1, 1))
        of_unit = {**is_open, "lives_under": "u18115"}
        yield Listed(f"open {one.kind} of a unit", where, of_unit, OLDEST, WaitingRecords, follows=False)
        of_units = {**is_open, "lives_under": {"$in": ["u18115", "u18118"]}}
        yield Listed(f"open {one.kind} of units", where, of_units, message=WaitingUnits, follows=False)
