"""What registration does about units: one function per message."""

from services.kernel.directory import Directory
from services.kernel.pages import cut, page_size
from services.kernel.rows import Page, Rows, aligned, nulls_in
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
    keys = {key: UnitOnDay(key) for key in query.keys}
    found = await Directory(access).many(list({key.unit for key in keys.values()}))
    units = {unit.id: unit for unit in found}
    show = COLUMNS.view(query.fields, access.sees).show
    rows = {
        key: show(row)
        for key, wanted in keys.items()
        if (unit := units.get(wanted.unit)) and (row := domain.on_day(unit, wanted, access.today))
    }
    return aligned(query.keys, rows)


async def unit_with_code(query: UnitWithCode, access: Access) -> Rows:
    show = COLUMNS.view(query.fields, access.sees).show
    on = f"={query.on}"
    rows = [
        show(row)
        for unit in await Directory(access).by_code(query.code, query.on)
        if (row := domain.on_day(unit, UnitOnDay(unit.id + on), access.today))
    ]
    return Rows([*rows, None][:1], nulls_in(rows))


async def child_units(query: ChildUnits, access: Access) -> list[Page]:
    page_size(query)
    directory = Directory(access)
    show = COLUMNS.view(query.fields, access.sees).show
    pages = []
    for key in map(UnitOnDay, query.keys):
        day = key.day(access.today)
        below = await directory.children(key.unit, day)
        codes = [spell.code for unit in below if (spell := unit.at(day))]
        part, has_next, has_previous = cut(codes, query)
        shown = (domain.on_day(unit, UnitOnDay(f"{unit.id}={day}"), day) for unit in below[part])
        rows = [show(row) for row in shown if row]
        pages.append(Page(rows, codes[part], has_next, has_previous, nulls_in(rows)))
    return pages
