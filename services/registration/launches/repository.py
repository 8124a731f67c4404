"""Launches in MongoDB, and the models that units have submitted for them."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.rows import ByOwners, Columns, Computed, Page, Rows
from services.kernel.units import DatedUnit, UnitOnDay, UnitPath
from services.registration.issued.repository import Issued
from services.registration.launches import domain
from services.registration.launches.domain import NONE, Launch, Tally
from services.registration.launches.messages import (
    LAUNCH,
    LaunchesFor,
    LaunchesPage,
    LaunchRow,
    LaunchTotalsRow,
    LaunchUnitRow,
    Standing,
)
from services.registration.models.messages import ModelState
from services.registration.models.repository import Models
from services.registration.units import lineage

COLLECTION = "launches"
EVERYBODYS = Unscoped(
    COLLECTION, "a launch is read by everybody whom it addresses, and they are below its own unit"
)

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("identity", ASCENDING)], unique=True),
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("programme", ASCENDING), ("year", ASCENDING), NEWEST]),
        IndexModel([("programme", ASCENDING), NEWEST]),
        IndexModel([("year", ASCENDING), NEWEST]),
        IndexModel([("launched_in", ASCENDING), ("level", ASCENDING)]),
    ]
}

UNITS = Columns(LaunchUnitRow)
TOTALS = Columns(LaunchTotalsRow)


class Launches(Issued[Launch]):
    collection = COLLECTION
    everybodys = EVERYBODYS
    kind = LAUNCH
    columns = Columns(LaunchRow, LAUNCH, unit=Computed(("unit", "launched_on"), UnitOnDay.of))
    state = Launch
    known_already = staticmethod(domain.known_already)


async def many(access: Access, ids: Sequence[str]) -> dict[str, Launch]:
    found = Launches.shown(access).find({"_id": {"$in": list(ids)}})
    return {one["_id"]: from_document(one, Launch) async for one in found}


async def page(access: Access, query: LaunchesPage) -> Rows:
    equal = msgspec.structs.asdict(query.filter)
    return await pages.page(
        Launches.shown(access), Launches.columns, query, within=equal.pop("unit"), **equal
    )


async def page_of_each(access: Access, query: ByOwners) -> Rows:
    return await pages.page_of_each(Launches.shown(access), Launches.columns, query, "programme")


async def addressed(access: Access, query: LaunchesFor) -> Rows:
    """The launches that address the unit. A unit has few, so all launches of the units above it are read."""
    unit = await Directory(access).get(query.unit)
    above = sorted({segment for spell in unit.spells for segment in UnitPath(spell.path).segments})
    levels = sorted({spell.level for spell in unit.spells})
    wanted = {"launched_in": {"$in": above}, "level": {"$in": levels}}
    documents = {one["_id"]: one async for one in Launches.shown(access).find(wanted)}
    launches = [from_document(one, Launch) for one in documents.values()]
    ids = sorted(
        (
            one.id
            for one in launches
            if one.addresses(unit.at(one.launched_on))
            and not (query.open and (one.recalled or one.until < access.today))
        ),
        reverse=True,
    )
    view = Launches.columns.view(query, access.sees)
    part, has_next, has_previous = pages.cut(ids, query)
    for id_ in ids[part]:
        view.add(documents[id_])
    return view.rows([Page(ids[part], has_next, has_previous)])


async def deadlines(access: Access, keys: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str, int], date]:
    """The last day for each (path of a unit, programme, year) that a launch addresses."""
    wanted = set(keys)
    launches: dict[tuple[str, int], list[Launch]] = {}
    for programme, year in {(programme, year) for _, programme, year in wanted}:
        found = Launches.shown(access).find({"programme": programme, "year": year})
        launches[programme, year] = [from_document(one, Launch) async for one in found]
    due = {one: domain.nearest(launches[one[1:]], one[0]) for one in wanted}
    return {one: launch.until for one, launch in due.items() if launch}


class UnitStanding(msgspec.Struct, frozen=True, kw_only=True):
    """The standing of one addressed unit."""

    unit: DatedUnit
    standing: Standing
    tally: Tally
    ended_on: date | None


async def unit_standings(access: Access, launch: Launch) -> tuple[list[UnitStanding], date]:
    """The addressed units that the caller may see, by code; and the day for `LaunchTotalsRow.as_of`."""
    as_of = min(access.today, launch.until)
    directory = Directory(access)
    above = await directory.get(launch.launched_in)
    units = []
    for unit in await directory.below(above, launch.launched_on, launch.level, including=True):
        spell = unit.at(launch.launched_on)
        if spell and access.scope.covers(spell.path):
            units.append((spell.code, unit))
    units.sort(key=lambda one: (one[0], one[1].id))
    counted = await _tallies(access, launch)
    ended = [unit for _, unit in units if not unit.at(as_of)]
    succession = await lineage.succession(ended, directory.came_of)
    standings = []
    for _, unit in units:
        tally = counted.get(unit.id, NONE)
        standing, ended_on = tally.standing, None
        if not unit.at(as_of):
            ended_on = unit.spells[-1].until
            heirs = await lineage.later(unit, launch.launched_on, as_of, succession)
            standing, tally = domain.standing(
                tally, [(counted.get(heir.unit.id, NONE), heir.whole) for heir in heirs]
            )
        standings.append(UnitStanding(unit=unit, standing=standing, tally=tally, ended_on=ended_on))
    return standings, as_of


async def _tallies(access: Access, launch: Launch) -> dict[str, Tally]:
    groups = await Models.seen(access).grouped(
        {"programme": launch.programme, "year": launch.year},
        {
            "unit": "$unit",
            "state": "$state",
            "in_time": {"$lte": ["$submitted_on", launch.until.isoformat()]},
        },
    )
    return domain.tallies(
        (group["unit"], ModelState(group["state"]), bool(group["in_time"]), many) for group, many in groups
    )
