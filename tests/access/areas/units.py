"""Administrative units."""

from uuid import uuid4

from services.kernel.units import DatedUnit, Spell, UnitLevel
from services.registration.units.events import ChildUnits, RecordUnits, UnitsOnDay, UnitWithCode
from tests.access.people import PLACE
from tests.access.tries import ID, THEN
from tests.access.world import ACCEPTED, DRAFTED


def _new_unit() -> DatedUnit:
    name = f"u080-{uuid4().hex[:12]}"
    spell = Spell(
        name="Xã mới",
        code=name,
        kind="Xã",
        level=UnitLevel.COMMUNE,
        parent=PLACE,
        path=f"/vn/u10/{PLACE}/{name}",
        since=DRAFTED,
        until=ACCEPTED,
    )
    return DatedUnit(id=name, spells=(spell,))


MESSAGES = {
    "registration.record-units": lambda t: RecordUnits(units=(_new_unit(),)),
    "registration.units-on-day": lambda t: UnitsOnDay(keys=(THEN,), fields=ID),
    "registration.unit-with-code": lambda t: UnitWithCode(code="080", on=DRAFTED, fields=ID),
    "registration.child-units": lambda t: ChildUnits(keys=(THEN,), first=1, fields=ID),
}
_UNIT = 'query { unit(id: "u080", on: "2019-06-01") { %s } }'
QUERIES = {
    "Query.unit": _UNIT % "id",
    "Query.unitByCode": 'query { unitByCode(code: "080", on: "2019-06-01") { id } }',
    "Unit.parent": _UNIT % "parent { id }",
    "Unit.children": _UNIT % "children(first: 1) { edges { node { id } } }",
    "Predecessor.unit": 'query { unitByCode(code: "26740", on: "2026-01-01") { predecessors { unit { id } } } }',
}
