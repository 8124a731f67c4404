"""Launches in MongoDB, and the standings of units, from the numbers of their models."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from services.directory.homed import LIVES_UNDER
from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.rows import LARGEST_PAGE, ByOwners, Columns, Computed, Rows
from services.kernel.units import UnitOnDay, UnitPath
from services.registration.issued.repository import Issued
from services.registration.launches import domain
from services.registration.launches.addressees import Addressed
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
from services.registration.stages import repository as stages

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
        LIVES_UNDER,
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
    part, page = pages.cut(ids, query)
    for id_ in ids[part]:
        view.add(documents[id_])
    return view.rows([page])


async def deadlines(access: Access, keys: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str, int], date]:
    """The last day for each (path of a unit, programme, year) that a launch addresses."""
    wanted = set(keys)
    launches: dict[tuple[str, int], list[Launch]] = {}
    for programme, year in {(programme, year) for _, programme, year in wanted}:
        found = Launches.shown(access).find({"programme": programme, "year": year})
        launches[programme, year] = [from_document(one, Launch) async for one in found]
    due = {one: domain.nearest(launches[one[1:]], one[0]) for one in wanted}
    return {one: launch.until for one, launch in due.items() if launch}


class UnitStanding(NamedTuple):
    """The standing of one addressed unit."""

    unit: Addressed
    standing: Standing
    tally: Tally


async def unit_standings(access: Access, launch: Launch, units: Sequence[Addressed]) -> list[UnitStanding]:
    """The standing of each of these units, in their order."""
    tallies = await _tallies(access, launch, units)
    standings = []
    for unit in units:
        own = tallies.get(unit.id, NONE)
        if unit.ended_on:
            heirs = [(tallies.get(id_, NONE), whole) for id_, whole in unit.heirs]
            standings.append(UnitStanding(unit, *domain.standing(own, heirs)))
        else:
            standings.append(UnitStanding(unit, own.standing, own))
    return standings


async def _tallies(access: Access, launch: Launch, units: Sequence[Addressed]) -> dict[str, Tally]:
    """The tally of each unit and of its heirs, by id."""
    wanted = None
    if len(units) <= LARGEST_PAGE:
        wanted = {unit.id for unit in units}.union(*({id_ for id_, _ in unit.heirs} for unit in units))
    until = launch.until.isoformat()
    tallies: dict[str, Tally] = {}
    async for document in stages.read(access, launch.programme, launch.year, wanted):
        unit, tally = document["of"], domain.tally(document, until)
        tallies[unit] = tallies[unit] + tally if unit in tallies else tally
    return tallies
