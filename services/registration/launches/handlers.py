"""Handlers of launches: one function per command or query."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from services.directory.units import Directory
from services.kernel.act import Act
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Page, Row, Rows
from services.kernel.units import DatedUnit, UnitPath, register_of
from services.registration.documents.repository import GoverningDocuments
from services.registration.launches import domain, repository
from services.registration.launches.addressees import Addressed, Addressees
from services.registration.launches.asked import MOST_ORGANISATIONS, Asked, ask
from services.registration.launches.domain import Launch
from services.registration.launches.messages import (
    LAUNCH,
    ExtendLaunch,
    LaunchesById,
    LaunchesFor,
    LaunchesForOrganisation,
    LaunchesOfProgrammes,
    LaunchesPage,
    LaunchOrganisations,
    LaunchProgramme,
    LaunchTotals,
    LaunchUnits,
    RecallLaunch,
    Standing,
)
from services.registration.launches.organisations import AskedOne, asked_organisations
from services.registration.launches.repository import ORGANISATIONS, TOTALS, UNITS, Launches, Reached
from services.registration.organisations.repository import Organisations
from services.registration.programmes.repository import Programmes

N = TypeVar("N", Addressed, AskedOne)


async def launch_programme(command: LaunchProgramme, tx: Transaction) -> Row:
    directory = Directory(tx)
    unit = await directory.get(command.unit)
    act = tx.act(command.on, unit.spells[-1].path)
    programme = await Programmes(tx).known(command.programme)
    asked = await _asked(command, unit, act, tx)
    below = await directory.below(unit, act.on, command.level, including=True)
    many = len(below)
    if asked.of_organisations:
        paths = {one.id: UnitPath(one.in_force(act.on).path).segments for one in below}
        many = len(await asked_organisations(asked, paths, act.on, tx))
    launch, launched = domain.launch(
        programme,
        key=new_id(LAUNCH),
        unit=unit,
        year=command.year,
        level=command.level,
        units=many,
        until=command.until,
        message=command.message,
        document=await GoverningDocuments(tx).known(command.document) if command.document else None,
        asked=asked,
        act=act,
    )
    return await Launches(tx).add(launch, launched)


async def _asked(command: LaunchProgramme, unit: DatedUnit, act: Act, tx: Transaction) -> Asked:
    directory, organisations = Directory(tx), Organisations(tx)
    named = []
    for one in command.organisations[: MOST_ORGANISATIONS + 1]:
        record = await organisations.load(one.organisation)
        named.append((one, record, await directory.of(record, act.on)))
    return ask(
        quota=command.quota,
        kinds=[(one, await directory.get(one.unit) if one.unit else None) for one in command.kinds],
        organisations=named,
        unit=unit,
        act=act,
    )


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


async def launches_for_organisation(query: LaunchesForOrganisation, access: Access) -> Rows:
    return await repository.addressed_to(access, query)


async def launches_by_id(query: LaunchesById, access: Access) -> Rows:
    return await pages.by_keys(Launches.shown(access), Launches.columns, query)


async def launches_of_programmes(query: LaunchesOfProgrammes, access: Access) -> Rows:
    return await repository.page_of_each(access, query)


async def launch_units(addressees: Addressees, query: LaunchUnits, access: Access) -> Rows:
    launch = await _launch(query, access)
    units = [] if launch.asked.of_organisations else await addressees.seen(launch, access)
    reach = partial(repository.reached_by_units, access, launch)
    part, place = await _part(units, reach, query)
    view = UNITS.view(query, access.sees)
    for one in part:
        view.add(_row(launch, one, one.of.id))
    return view.rows([place])


async def launch_organisations(addressees: Addressees, query: LaunchOrganisations, access: Access) -> Rows:
    launch = await _launch(query, access)
    asked = await _organisations(addressees, launch, access)
    reach = partial(repository.reached_by_organisations, access, launch)
    part, place = await _part(asked, reach, query)
    view = ORGANISATIONS.view(query, access.sees)
    for one in part:
        view.add({**_row(launch, one, one.of.unit), "organisation": one.of.id})
    return view.rows([place])


async def launch_totals(addressees: Addressees, query: LaunchTotals, access: Access) -> Rows:
    launches = await repository.many(access, query.keys)
    view = TOTALS.view(query, access.sees)
    for key in query.keys:
        launch = launches.get(key)
        if launch is None:
            view.add(None)
            continue
        found = await reached(addressees, launch, access)
        many = Counter(one.standing for one in found)
        units = [] if launch.asked.of_organisations else await addressees.seen(launch, access)
        view.add(
            {
                "_id": key,
                "units": many.total(),
                **{standing.lower(): many[standing] for standing in Standing},
                "recorded_months_later": max((one.tally.months for one in found), default=0),
                "as_of": launch.as_of(access.today),
                "register_on": register_of((unit.since for unit in units), launch.launched_on),
            }
        )
    return view.rows()


async def reached(
    addressees: Addressees, launch: Launch, access: Access
) -> Sequence[Reached[Addressed] | Reached[AskedOne]]:
    """The progress of each addressed unit or organisation that the caller may see."""
    if launch.asked.of_organisations:
        asked = await _organisations(addressees, launch, access)
        return await repository.reached_by_organisations(access, launch, asked)
    units = await addressees.seen(launch, access)
    return await repository.reached_by_units(access, launch, units)


async def _organisations(addressees: Addressees, launch: Launch, access: Access) -> list[AskedOne]:
    units = {unit.id: unit.segments for unit in await addressees.all(launch, access)}
    return await asked_organisations(launch.asked, units, launch.as_of(access.today), access)


async def _launch(query: LaunchUnits | LaunchOrganisations, access: Access) -> Launch:
    pages.page_size(query)
    launch = (await repository.many(access, [query.launch])).get(query.launch)
    if launch is None:
        raise Launches.missing(query.launch)
    return launch


async def _part(
    addressed: Sequence[N],
    reach: Callable[[Sequence[N]], Awaitable[list[Reached[N]]]],
    query: LaunchUnits | LaunchOrganisations,
) -> tuple[list[Reached[N]], Page]:
    """The page of the query. Only with a filter by standing, all addressees are judged."""
    if query.standings:
        found = [one for one in await reach(addressed) if one.standing in query.standings]
        part, place = pages.cut([one.of.id for one in found], query)
        return found[part], place
    part, place = pages.cut([one.id for one in addressed], query)
    return await reach(addressed[part]), place


def _row(launch: Launch, one: Reached[Any], unit: str) -> dict[str, Any]:
    tally = one.tally
    return {
        "_id": one.of.id,
        "launch": launch.id,
        "unit": f"{unit}@{launch.launched_on}",
        "quota": one.quota,
        "standing": one.standing,
        "in_time": tally.in_time,
        "declared": tally.declared,
        "late": tally.late,
        "waiting": tally.waiting,
        "drafting": tally.drafting,
        "recorded_months_later": tally.months,
        "ended_on": one.of.ended_on,
    }
