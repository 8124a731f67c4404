"""Administrative units."""

from uuid import uuid4

from services.kernel.rows import Fields
from services.kernel.units import DatedUnit, Spell, UnitLevel
from services.registration.units.messages import (
    ChildUnits,
    RecordUnits,
    UnitAncestors,
    UnitsBelow,
    UnitsNamed,
    UnitsOnDay,
    UnitSuccession,
    UnitWithCode,
)
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


OF_UNIT: Fields = {"id": "unit"}
MESSAGES = {
    "registration.record-units": lambda t: RecordUnits(units=(_new_unit(),)),
    "registration.units-on-day": lambda t: UnitsOnDay(keys=(THEN,), fields=ID),
    "registration.unit-with-code": lambda t: UnitWithCode(code="080", on=DRAFTED, fields=ID),
    "registration.child-units": lambda t: ChildUnits(keys=(THEN,), first=1, fields=ID),
    "registration.unit-ancestors": lambda t: UnitAncestors(keys=(THEN,), first=1, fields=ID),
    "registration.units-below": lambda t: UnitsBelow(unit="u10", on=DRAFTED, first=1, fields=ID),
    "registration.units-named": lambda t: UnitsNamed(name="Ha Noi", on=DRAFTED, first=1, fields=OF_UNIT),
    "registration.unit-succession": lambda t: UnitSuccession(
        unit="u080", since=DRAFTED, to=ACCEPTED, first=1, fields=OF_UNIT
    ),
}
_UNIT = 'query { unit(id: "u080", on: "2019-06-01") { %s } }'
_SUCCESSION = (
    'query { unitSuccession(unit: "u080", since: "2019-02-01", to: "2019-06-01", first: 1)'
    " { edges { node { %s } } } }"
)
QUERIES = {
    "Query.unit": _UNIT % "id",
    "Query.unitByCode": 'query { unitByCode(code: "080", on: "2019-06-01") { id } }',
    "Unit.parent": _UNIT % "parent { id }",
    "Unit.children": _UNIT % "children(first: 1) { edges { node { id } } }",
    "Unit.ancestors": _UNIT % "ancestors(first: 1) { edges { node { id } } }",
    "Query.unitsNamed": 'query { unitsNamed(name: "Ha Noi", first: 1) { edges { node { id: name } } } }',
    "Query.unitsBelow": 'query { unitsBelow(unit: "u10", first: 1, on: "2019-06-01") { edges { node { id } } } }',
    "Query.unitSuccession": _SUCCESSION % "id: whole",
    "UnitNamed.unit": 'query { unitsNamed(name: "Ha Noi", first: 1) { edges { node { id: name unit { id } } } } }',
    "UnitHeir.unit": _SUCCESSION % "id: whole unit { id }",
    "Predecessor.unit": 'query { unitByCode(code: "26740", on: "2026-01-01") { predecessors { unit { id } } } }',
}
