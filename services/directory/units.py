"""Dated units in a service's database: in registration the records themselves, in other services a copy."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Protocol, runtime_checkable

from services.kernel.kinds import Noun
from services.kernel.log.inbox import Heard
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.codec import from_document, to_document
from services.kernel.mongo.driver import (
    ASCENDING,
    Document,
    Indexes,
    IndexModel,
    ReplaceOne,
    UpdateOne,
    new_digits,
)
from services.kernel.mongo.repository import not_found
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import DatedUnit, UnitLevel, UnitPath
from services.movement.homes import Homed

COLLECTION = "units"
UNITS = Unscoped(COLLECTION, "units and their lineage are public knowledge")
MARKS = Unscoped("unit_marks", "its one document tells whether any unit has changed, and nothing of a unit")
UNIT = Noun("unit", "đơn vị", "unit")

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("spells.code", ASCENDING)]),
        IndexModel([("spells.parent", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("spells.path", ASCENDING)]),
        IndexModel([("predecessors.unit", ASCENDING)]),
    ]
}


class Directory:
    """Looks up units. Units are public knowledge, so that needs no scope."""

    def __init__(self, access: Access) -> None:
        self._units = access.unscoped(UNITS)

    async def get(self, unit: str) -> DatedUnit:
        document = await self._units.find_one({"_id": unit})
        if document is None:
            raise not_found(UNIT, unit)
        return _unit(document)

    async def of(self, record: Homed, day: date) -> DatedUnit:
        """The unit under which the record lived on `day`."""
        return await self.get(record.home_on(day).unit)

    async def many(self, units: Sequence[str]) -> list[DatedUnit]:
        return await self._find({"_id": {"$in": list(units)}})

    async def changed(self, units: Sequence[str]) -> dict[str, DatedUnit]:
        """Those of the units that were renamed or came under another unit, by id."""
        found = await self._find({"_id": {"$in": list(units)}, "spells.1": {"$exists": True}})
        return {unit.id: unit for unit in found}

    async def by_code(self, code: str, day: date) -> list[DatedUnit]:
        """The units with this national code on `day`. In sound data there is at most one."""
        return [u for u in await self._find({"spells.code": code}) if (s := u.at(day)) and s.code == code]

    async def children(self, unit: str, day: date) -> list[DatedUnit]:
        """The units directly below `unit` on `day`, in the order of their codes."""
        found = await self._find({"spells.parent": unit})
        below = [(s.code, u.id, u) for u in found if (s := u.at(day)) and s.parent == unit]
        return [u for *_, u in sorted(below, key=lambda row: row[:2])]

    async def below(
        self, unit: DatedUnit, day: date, level: UnitLevel | None = None, *, including: bool = False
    ) -> list[DatedUnit]:
        """All units that were under `unit` on that day, at any depth, in the order of their ids.

        `level`: only units of this level. `including`: `unit` too.
        """
        spell = unit.in_force(day)
        # A plain prefix: with an alternative in the expression MongoDB would read the whole index.
        then: Document = {"path": {"$regex": f"^{re.escape(spell.path)}/"}, **_in_force(day)}
        if level:
            then["level"] = level
        found = await self._find({"spells": {"$elemMatch": then}})
        if including:
            found.append(unit)
        return [
            u
            for u in sorted(found, key=lambda u: u.id)
            if (s := u.at(day)) and level in (None, s.level) and UnitPath(s.path).within(unit.id)
        ]

    async def ever_under(self, units: Sequence[str]) -> list[DatedUnit]:
        """The units that have, or had, one of these units as their parent."""
        return await self._find({"spells.parent": {"$in": list(units)}})

    async def came_of(self, units: Sequence[str]) -> list[DatedUnit]:
        """The units that have one of these units as a predecessor."""
        return await self._find({"predecessors.unit": {"$in": list(units)}})

    async def _find(self, filter_: Document) -> list[DatedUnit]:
        return [_unit(document) async for document in self._units.find(filter_)]


@runtime_checkable
class TellsUnit(Protocol):
    """An event that carries a whole unit."""

    def dated(self) -> DatedUnit: ...


async def copy_units(heard: Sequence[Heard], tx: Transaction) -> None:
    """Event handler of the services that keep a copy: stores the units that the events carry."""
    await keep_units([one.event.dated() for one in heard if isinstance(one.event, TellsUnit)], tx)


async def keep_units(units: Sequence[DatedUnit], tx: Transaction) -> None:
    """Stores the last version of each unit, whole."""
    if not units:
        return
    newest = {unit.id: unit for unit in units}
    writes = [ReplaceOne({"_id": id_}, to_document(unit), upsert=True) for id_, unit in newest.items()]
    await tx.unscoped(UNITS).write(writes)
    await change_mark(tx)


async def change_mark(tx: Transaction) -> None:
    new = {"$set": {"mark": new_digits()}}
    await tx.unscoped(MARKS).write([UpdateOne({"_id": COLLECTION}, new, upsert=True)])


async def mark(access: Access) -> str:
    """A text that is another one after any unit has changed. A restored database has its old mark again."""
    found = await access.unscoped(MARKS).find_one({"_id": COLLECTION})
    return str(found["mark"]) if found else ""


async def path_of(access: Access, unit: str) -> str:
    """Path of the unit as it is today, or as it was when it ended."""
    return (await Directory(access).get(unit)).spells[-1].path


def _in_force(day: date) -> Document:
    """Matches the spells that hold on `day`, as `Spell.covers` does."""
    on = day.isoformat()
    return {"since": {"$not": {"$gt": on}}, "until": {"$not": {"$lte": on}}}


def _unit(document: Document) -> DatedUnit:
    return from_document(document, DatedUnit)
