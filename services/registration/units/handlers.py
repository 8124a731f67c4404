"""What registration does about units: one function per message."""

from services.kernel.directory import Directory
from services.kernel.pages import cut, page_size
from services.kernel.rows import Page, Rows
from services.kernel.store import Access, Transaction
from services.kernel.units import UnitOnDay
from services.registration.units import domain
from services.registration.units.events import ChildUnits, RecordUnits, UnitsOnDay, UnitWithCode
from services.registration.units.repository import COLUMNS, Units


async def record_units(command: RecordUnits, tx: Transaction) -> int:
    """How many were new or changed."""
    domain.check_batch(command.units)
    units = Units(tx)
    known = await units.known([unit.id for unit in command.units])
    outcomes = [domain.record(known.get(unit.id), unit, at=tx.at) for unit in command.units]
    recorded = [outcome for outcome in outcomes if outcome]
    await units.put_many(recorded)
    return len(recorded)


async def units_on_day(query: UnitsOnDay, access: Access) -> Rows:
    wanted = [UnitOnDay(key) for key in query.keys]
    found = await Directory(access).many(list({key.unit for key in wanted}))
    units = {unit.id: unit for unit in found}
    view = COLUMNS.view(query, access.sees)
    for key in wanted:
        unit = units.get(key.unit)
        view.add(domain.on_day(unit, key, access.today) if unit else None)
    return view.rows()


async def unit_with_code(query: UnitWithCode, access: Access) -> Rows:
    view = COLUMNS.view(query, access.sees)
    found = await Directory(access).by_code(query.code, query.on)
    view.add(domain.on_day(found[0], UnitOnDay(f"{found[0].id}={query.on}"), access.today) if found else None)
    return view.rows()


async def child_units(query: ChildUnits, access: Access) -> Rows:
    page_size(query)
    directory = Directory(access)
    view = COLUMNS.view(query, access.sees)
    pages = []
    for key in map(UnitOnDay, query.keys):
        day = key.day(access.today)
        below = await directory.children(key.unit, day)
        codes = [spell.code for unit in below if (spell := unit.at(day))]
        part, has_next, has_previous = cut(codes, query)
        for unit in below[part]:
            view.add(domain.on_day(unit, UnitOnDay(f"{unit.id}={day}"), day))
        pages.append(Page(codes[part], has_next, has_previous))
    return view.rows(pages)
