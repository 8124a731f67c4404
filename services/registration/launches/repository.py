"""Launches in MongoDB, and the standings of units and organisations, from the numbers of their models."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date
from typing import Generic, NamedTuple, TypeVar

import msgspec

from services.directory.homed import LIVES_UNDER
from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel
from services.kernel.mongo.pages import NEWEST
from services.kernel.rows import LARGEST_PAGE, ByFilter, ByOwners, Columns, Computed, Rows
from services.kernel.units import DatedUnit, UnitOnDay, UnitPath
from services.registration.issued.repository import Issued
from services.registration.launches import domain
from services.registration.launches.addressees import Addressed
from services.registration.launches.domain import Launch
from services.registration.launches.messages import (
    LAUNCH,
    LaunchesFor,
    LaunchesForOrganisation,
    LaunchesPage,
    LaunchOrganisationRow,
    LaunchRow,
    LaunchTotalsRow,
    LaunchUnitRow,
    Standing,
)
from services.registration.launches.organisations import AskedOne
from services.registration.launches.standings import NONE, Tally, standing, tally
from services.registration.organisations.domain import Organisation
from services.registration.organisations.repository import Organisations, kept
from services.registration.stages import repository as stages

T = TypeVar("T")

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
        IndexModel([("organisations.organisation", ASCENDING)]),
        IndexModel([("recalled", ASCENDING), ("until", ASCENDING)]),
        LIVES_UNDER,
    ]
}

UNITS = Columns(LaunchUnitRow)
ORGANISATIONS = Columns(LaunchOrganisationRow)
TOTALS = Columns(LaunchTotalsRow)


class Launches(Issued[Launch]):
    collection = COLLECTION
    everybodys = EVERYBODYS
    kind = LAUNCH
    columns = Columns(
        LaunchRow,
        LAUNCH,
        unit=Computed(("unit", "launched_on"), UnitOnDay.of),
        quota=Computed(("quota",), lambda quota: quota or 1),
    )
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
    """The launches that address the unit."""
    unit = await Directory(access).get(query.unit)
    return await _page_of(
        [one for one in await around(access, unit) if one.addresses(unit.at(one.launched_on))],
        access,
        query,
        open_only=query.open,
    )


async def addressed_to(access: Access, query: LaunchesForOrganisation) -> Rows:
    """The launches that address the organisation."""
    means = await kept(access, [query.organisation])
    found = Organisations.seen(access).find({"_id": means.get(query.organisation, query.organisation)})
    launches: list[Launch] = []
    async for document in found:
        organisation = from_document(document, Organisation)
        units = {unit.id: unit for unit in await Directory(access).many(sorted(_homes(organisation)))}
        near = {one.id: one for unit in units.values() for one in await around(access, unit)}
        named = await of_organisations(access, organisation.ids)
        for one in {**near, **named}.values():
            spell = units[organisation.home_on(one.launched_on).unit].at(one.launched_on)
            segments = UnitPath(spell.path).segments if spell and one.covers(spell) else None
            if one.asked.of_organisations and one.asked.of(organisation, segments):
                launches.append(one)
    return await _page_of(launches, access, query, open_only=query.open)


def _homes(organisation: Organisation) -> set[str]:
    return {UnitPath(path).unit for path in (organisation.unit, *(home.path for home in organisation.homes))}


async def around(access: Access, unit: DatedUnit) -> list[Launch]:
    """The launches in the units above this one, for levels that it had. They are few, so all are read."""
    above = sorted({segment for spell in unit.spells for segment in UnitPath(spell.path).segments})
    levels = sorted({spell.level for spell in unit.spells})
    wanted = {"launched_in": {"$in": above}, "level": {"$in": levels}}
    return [from_document(one, Launch) async for one in Launches.shown(access).find(wanted)]


async def open_launches(access: Access) -> list[Launch]:
    """Launches that are not recalled and whose last day is today or later."""
    wanted = {"recalled": False, "until": {"$gte": access.today.isoformat()}}
    return [from_document(one, Launch) async for one in Launches.shown(access).find(wanted)]


async def of_organisations(access: Access, ids: Sequence[str]) -> dict[str, Launch]:
    """The launches that name one of these organisations."""
    found = Launches.shown(access).find({"organisations.organisation": {"$in": list(ids)}})
    return {one["_id"]: from_document(one, Launch) async for one in found}


async def _page_of(launches: Sequence[Launch], access: Access, query: ByFilter, *, open_only: bool) -> Rows:
    """A page of a short list, newest first."""
    kept_ = [one for one in launches if not open_only or is_open(one, access.today)]
    ids = sorted((one.id for one in kept_), reverse=True)
    part, page = pages.cut(ids, query)
    documents = {one["_id"]: one async for one in Launches.shown(access).find({"_id": {"$in": ids[part]}})}
    view = Launches.columns.view(query, access.sees)
    for id_ in ids[part]:
        view.add(documents[id_])
    return view.rows([page])


def is_open(launch: Launch, today: date) -> bool:
    return not launch.recalled and launch.until >= today


async def deadlines(access: Access, keys: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str, int], date]:
    """The last day for each (path of a unit, programme, year) that a launch addresses."""
    wanted = set(keys)
    launches: dict[tuple[str, int], list[Launch]] = {}
    for programme, year in {(programme, year) for _, programme, year in wanted}:
        found = Launches.shown(access).find({"programme": programme, "year": year})
        launches[programme, year] = [from_document(one, Launch) async for one in found]
    due = {one: domain.nearest(launches[one[1:]], one[0]) for one in wanted}
    return {one: launch.until for one, launch in due.items() if launch}


class Reached(NamedTuple, Generic[T]):
    """How far an addressee has come."""

    of: T
    quota: int
    standing: Standing
    tally: Tally

    @property
    def is_behind(self) -> bool:
        """Whether it has submitted fewer models than the launch asks for. Registered models count as submitted."""
        sent = self.tally.in_time + self.tally.declared + self.tally.late + self.tally.waiting
        return self.standing is not Standing.UNASSIGNED and sent < self.quota


async def reached_by_units(
    access: Access, launch: Launch, units: Sequence[Addressed]
) -> list[Reached[Addressed]]:
    """One for each of these units, in their order."""
    if not units:
        return []
    wanted = None
    if len(units) <= LARGEST_PAGE:
        wanted = {unit.id for unit in units}.union(*({id_ for id_, _ in unit.heirs} for unit in units))
    tallies = await _tallies(stages.read(access, launch.programme, launch.year, wanted), "of", launch)
    reached = []
    for unit in units:
        own = tallies.get(unit.id, NONE)
        heirs = [(tallies.get(id_, NONE), whole) for id_, whole in unit.heirs]
        reached.append(Reached(unit, launch.quota, *standing(own, heirs, launch.quota)))
    return reached


async def reached_by_organisations(
    access: Access, launch: Launch, asked: Sequence[AskedOne]
) -> list[Reached[AskedOne]]:
    """One for each of these organisations, in their order. Models of its successors count for an ended organisation."""
    if not asked:
        return []
    wanted = {id_ for one in asked for id_ in (*one.ids, *one.heirs)}
    read = stages.read_owners(access, launch.programme, launch.year, wanted)
    tallies = await _tallies(read, "owner", launch)
    reached = []
    for one in asked:
        heirs = [(tallies.get(id_, NONE), True) for id_ in (*one.ids, *one.heirs)]
        reached.append(Reached(one, one.quota, *standing(NONE, heirs, one.quota)))
    return reached


async def _tallies(read: AsyncIterator[Document], by: str, launch: Launch) -> dict[str, Tally]:
    """The tally of each unit or owner, by its id in the field `by`."""
    until = launch.until.isoformat()
    tallies: dict[str, Tally] = {}
    async for document in read:
        of, found = document[by], tally(document, until)
        tallies[of] = tallies[of] + found if of in tallies else found
    return tallies
