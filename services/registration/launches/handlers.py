"""Handlers of launches: one function per command or query."""

from collections import Counter
from collections.abc import Sequence

from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Page, Row, Rows
from services.registration.documents.repository import GoverningDocuments
from services.registration.launches import domain, repository
from services.registration.launches.addressees import Addressed, Addressees
from services.registration.launches.messages import (
    LAUNCH,
    ExtendLaunch,
    LaunchesById,
    LaunchesFor,
    LaunchesOfProgrammes,
    LaunchesPage,
    LaunchProgramme,
    LaunchTotals,
    LaunchUnits,
    RecallLaunch,
    Standing,
)
from services.registration.launches.repository import TOTALS, UNITS, Launches
from services.registration.programmes.repository import Programmes


async def launch_programme(command: LaunchProgramme, tx: Transaction) -> Row:
    directory = Directory(tx)
    unit = await directory.get(command.unit)
    act = tx.act(command.on, unit.spells[-1].path)
    launch, launched = domain.launch(
        await Programmes(tx).known(command.programme),
        key=new_id(LAUNCH),
        unit=unit,
        year=command.year,
        level=command.level,
        units=len(await directory.below(unit, act.on, command.level, including=True)),
        until=command.until,
        message=command.message,
        document=await GoverningDocuments(tx).known(command.document) if command.document else None,
        act=act,
    )
    return await Launches(tx).add(launch, launched)


async def extend_launch(command: ExtendLaunch, tx: Transaction) -> Row:
    launches = Launches(tx)
    launch = await launches.load(command.launch)
    extended = domain.extend(launch, until=command.until, reason=command.reason, act=tx.act())
    return await launches.save(*extended)


async def recall_launch(command: RecallLaunch, tx: Transaction) -> Row:
    launches = Launches(tx)
    launch = await launches.load(command.launch)
    return await launches.save(*domain.recall(launch, reason=command.reason, act=tx.act()))


async def launches_page(query: LaunchesPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def launches_for(query: LaunchesFor, access: Access) -> Rows:
    return await repository.addressed(access, query)


async def launches_by_id(query: LaunchesById, access: Access) -> Rows:
    return await pages.by_keys(Launches.shown(access), Launches.columns, query)


async def launches_of_programmes(query: LaunchesOfProgrammes, access: Access) -> Rows:
    return await repository.page_of_each(access, query)


async def launch_units(addressees: Addressees, query: LaunchUnits, access: Access) -> Rows:
    pages.page_size(query)
    launch = (await repository.many(access, [query.launch])).get(query.launch)
    if launch is None:
        raise Launches.missing(query.launch)
    units = await addressees.seen(launch, access)
    if query.standings:
        standings = await repository.unit_standings(access, launch, units)
        found = [one for one in standings if one.standing in query.standings]
        part, place = _page([one.unit for one in found], query)
        shown = found[part]
    else:
        part, place = _page(units, query)
        shown = await repository.unit_standings(access, launch, units[part])
    view = UNITS.view(query, access.sees)
    for unit, standing, tally in shown:
        view.add(
            {
                "_id": unit.id,
                "launch": launch.id,
                "unit": f"{unit.id}@{launch.launched_on}",
                "standing": standing,
                "in_time": tally.in_time,
                "declared": tally.declared,
                "late": tally.late,
                "waiting": tally.waiting,
                "drafting": tally.drafting,
                "ended_on": unit.ended_on,
            }
        )
    return view.rows([place])


async def launch_totals(addressees: Addressees, query: LaunchTotals, access: Access) -> Rows:
    launches = await repository.many(access, query.keys)
    view = TOTALS.view(query, access.sees)
    for key in query.keys:
        launch = launches.get(key)
        if launch is None:
            view.add(None)
            continue
        units = await addressees.seen(launch, access)
        standings = await repository.unit_standings(access, launch, units)
        many = Counter(one.standing for one in standings)
        view.add(
            {
                "_id": key,
                "units": len(standings),
                **{standing.lower(): many[standing] for standing in Standing},
                "as_of": launch.as_of(access.today),
            }
        )
    return view.rows()


def _page(units: Sequence[Addressed], query: LaunchUnits) -> tuple[slice, Page]:
    return pages.cut([unit.id for unit in units], query)
