"""Handlers of launches: one function per command or query."""

from collections import Counter

from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Page, Row, Rows
from services.registration.documents.repository import GoverningDocuments
from services.registration.launches import domain, repository
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
    act = tx.act(command.on)
    directory = Directory(tx)
    unit = await directory.get(command.unit)
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


async def launch_units(query: LaunchUnits, access: Access) -> Rows:
    pages.page_size(query)
    launch = (await repository.many(access, [query.launch])).get(query.launch)
    if launch is None:
        raise Launches.missing(query.launch)
    standings, _ = await repository.unit_standings(access, launch)
    wanted = {one.unit.id: one for one in standings if not query.standings or one.standing in query.standings}
    ids = list(wanted)
    part, has_next, has_previous = pages.cut(ids, query)
    view = UNITS.view(query, access.sees)
    for id_ in ids[part]:
        one = wanted[id_]
        view.add(
            {
                "_id": id_,
                "launch": launch.id,
                "unit": f"{id_}@{launch.launched_on}",
                "standing": one.standing,
                "in_time": one.tally.in_time,
                "late": one.tally.late,
                "waiting": one.tally.waiting,
                "drafting": one.tally.drafting,
                "ended_on": one.ended_on,
            }
        )
    return view.rows([Page(ids[part], has_next, has_previous)])


async def launch_totals(query: LaunchTotals, access: Access) -> Rows:
    launches = await repository.many(access, query.keys)
    view = TOTALS.view(query, access.sees)
    for key in query.keys:
        launch = launches.get(key)
        if launch is None:
            view.add(None)
            continue
        standings, as_of = await repository.unit_standings(access, launch)
        many = Counter(one.standing for one in standings)
        view.add(
            {
                "_id": key,
                "units": len(standings),
                **{standing.lower(): many[standing] for standing in Standing},
                "as_of": as_of,
            }
        )
    return view.rows()
