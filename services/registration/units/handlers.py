"""Handlers of units: one function per command or query."""

from services.directory import lineage
from services.directory.units import Directory
from services.kernel.mongo.access import Access
from services.kernel.mongo.pages import cut, page_size
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Rows
from services.kernel.units import UnitOnDay, UnitPath
from services.registration.units import domain, naming, repository
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
from services.registration.units.repository import COLUMNS, HEIRS, NAMED, Units


async def record_units(command: RecordUnits, tx: Transaction) -> int:
    """Returns the number of new and changed units."""
    domain.check_batch(command.units)
    units = Units(tx)
    await units.find({"_id": {"$in": [unit.id for unit in command.units]}})
    act = tx.act()
    outcomes = [domain.record(units.loaded.get(unit.id), unit, act=act) for unit in command.units]
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
        part, page = cut(codes, query)
        for unit in below[part]:
            view.add(domain.on_day(unit, UnitOnDay(f"{unit.id}={day}"), day))
        pages.append(page)
    return view.rows(pages)


async def unit_ancestors(query: UnitAncestors, access: Access) -> Rows:
    page_size(query)
    wanted = [UnitOnDay(key) for key in query.keys]
    directory = Directory(access)
    units = {unit.id: unit for unit in await directory.many([key.unit for key in wanted])}
    paths: list[list[str]] = []
    days = [key.day(access.today) for key in wanted]
    for key, day in zip(wanted, days, strict=True):
        spell = units[key.unit].at(day) if key.unit in units else None
        paths.append(list(reversed(UnitPath(spell.path).segments[:-1])) if spell else [])
    above = {unit.id: unit for unit in await directory.many([id_ for path in paths for id_ in path])}
    view = COLUMNS.view(query, access.sees)
    pages = []
    for path, day in zip(paths, days, strict=True):
        part, page = cut(path, query)
        for id_ in path[part]:
            view.add(domain.on_day(above[id_], UnitOnDay(f"{id_}={day}"), day))
        pages.append(page)
    return view.rows(pages)


async def units_below(query: UnitsBelow, access: Access) -> Rows:
    page_size(query)
    view = COLUMNS.view(query, access.sees)
    directory = Directory(access)
    below = await directory.below(await directory.get(query.unit), query.on, query.level)
    ids = [unit.id for unit in below]
    part, page = cut(ids, query)
    for unit in below[part]:
        view.add(domain.on_day(unit, UnitOnDay(f"{unit.id}={query.on}"), query.on))
    return view.rows([page])


async def units_named(query: UnitsNamed, access: Access) -> Rows:
    page_size(query)
    view = NAMED.view(query, access.sees)
    units = await repository.with_words(access, naming.asked(query.name))
    found = naming.ranked(query.name, units, on=query.on, level=query.level, within=query.within)
    ids = [one.unit.id for one in found]
    part, page = cut(ids, query)
    for one in found[part]:
        view.add(
            {
                "_id": one.unit.id,
                "version": one.unit.version,
                "unit": f"{one.unit.id}@{query.on}",
                "name": one.spell.name,
                "since": one.spell.since,
                "until": one.spell.until,
                "former": one.former,
            }
        )
    return view.rows([page])


async def unit_succession(query: UnitSuccession, access: Access) -> Rows:
    page_size(query)
    directory = Directory(access)
    unit = await directory.get(query.unit)
    unit.in_force(query.since, "unit", "since")
    heirs = (
        await lineage.later(unit, query.since, query.to, directory.came_of, directory.ever_under)
        if query.to >= query.since
        else await lineage.earlier(unit, query.since, query.to, directory.many)
    )
    view = HEIRS.view(query, access.sees)
    ids = [heir.unit.id for heir in heirs]
    part, page = cut(ids, query)
    for heir in heirs[part]:
        view.add(
            {
                "_id": heir.unit.id,
                "version": heir.unit.version,
                "unit": f"{heir.unit.id}@{query.to}",
                "whole": heir.whole,
                "on": heir.on,
                "documents": heir.documents,
            }
        )
    return view.rows([page])
