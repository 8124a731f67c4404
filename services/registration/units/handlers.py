"""What registration does about units: one function per message."""

from services.kernel import pages
from services.kernel.directory import Directory
from services.kernel.store import Access, Transaction
from services.kernel.units import DatedUnit
from services.registration.units import domain
from services.registration.units.events import ChildUnits, RecordUnits, UnitsByCode, UnitsById
from services.registration.units.repository import Units


async def record_units(command: RecordUnits, tx: Transaction) -> int:
    """How many were new or changed."""
    domain.check_batch(command.units)
    units = Units(tx)
    known = await units.known([unit.id for unit in command.units])
    outcomes = [domain.record(known.get(unit.id), unit, at=tx.at) for unit in command.units]
    recorded = [outcome for outcome in outcomes if outcome]
    await units.put_many(recorded)
    return len(recorded)


async def units_by_id(query: UnitsById, access: Access) -> list[DatedUnit]:
    return await Directory(access).many(query.ids)


async def units_by_code(query: UnitsByCode, access: Access) -> list[DatedUnit]:
    return await Directory(access).by_code(query.code, query.on)


async def child_units(query: ChildUnits, access: Access) -> list[DatedUnit]:
    pages.check_size(query.first)
    below = await Directory(access).children(query.unit, query.on)
    codes = [spell.code for unit in below if (spell := unit.at(query.on))]
    if query.after is not None and query.after not in codes:
        raise pages.unknown_cursor(query.after)
    start = codes.index(query.after) + 1 if query.after is not None else 0
    return below[start : start + query.first]
