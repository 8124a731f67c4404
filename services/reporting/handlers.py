"""Event and query handlers of reporting."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from services.directory.units import UNITS, Directory, copy_units
from services.kernel.log.inbox import Heard
from services.kernel.log.settling import Stretch, replacing
from services.kernel.mongo.access import Access
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import COUNTRY, DatedUnit
from services.reporting import domain, generations
from services.reporting.composition import Composition, compose, day_of, unassignable
from services.reporting.domain import Fact
from services.reporting.measures import PLACES, Measure
from services.reporting.messages import PartKind, Position, RebuildCounters, Report, ReportOf
from services.reporting.places import Counted, added, places
from services.reporting.placing import moved_since, placed, units_of
from services.reporting.repository import Counters


async def count(heard: Sequence[Heard], tx: Transaction, counters: Counters) -> None:
    facts: list[Fact] = []
    for one in heard:
        facts += domain.facts_of(one.event, one.recorded)
        if isinstance(one.event, PLACES) and one.event.homes:
            await _add(facts, tx, counters)
            await counters.move(one.event.key, one.event.made_under, one.event.homes, tx)
            facts = []
    await _add(facts, tx, counters)


async def _add(facts: Sequence[Fact], tx: Transaction, counters: Counters) -> None:
    if facts:
        await counters.add(placed(facts, await Directory(tx).changed(units_of(facts))), tx)


async def follow_units(heard: Sequence[Heard], tx: Transaction) -> None:
    """Copies the units. If the path of a unit changed for some days, its facts of these days move to the new path."""
    before = await Directory(tx).many(sorted({one.event.key for one in heard}))
    await copy_units(heard, tx)
    await _place(before, tx)


async def settle_units(stretch: Stretch, tx: Transaction) -> int:
    before = await Directory(tx).many(sorted(stretch.records()))
    lost = await replacing(UNITS, handler=copy_units)(stretch, tx)
    await _place(before, tx)
    return lost


async def _place(before: Sequence[DatedUnit], tx: Transaction) -> None:
    """Moves facts of units whose path changed. `before`: the units as they were until this transaction."""
    now = {unit.id: unit for unit in await Directory(tx).many([unit.id for unit in before])}
    moved = [(now[one.id], day) for one in before if (day := moved_since(one, now[one.id]))]
    if moved:
        for generation in await generations.held_still(tx):
            for unit, day in moved:
                await Counters(generation).place(unit, day, tx)


async def ask_for_rebuild(_: RebuildCounters, tx: Transaction) -> int:
    """Returns the generation in use until then. The caller's scope must be the whole country."""
    tx.scope.require(f"/{COUNTRY}")
    return (await generations.ask(tx)).current


async def report(
    query: ReportOf, access: Access, counters: Counters, positions: tuple[Position, ...]
) -> Report:
    since, until = domain.span_of(query.period)
    directory = Directory(access)
    unit = await directory.get(query.unit)
    made = await _composed(unit, since, until, directory)
    paths = [spell.path for spell in (*unit.between(since, until), unit.in_force(made.day, "unit", "period"))]
    covered = [access.scope.require(*paths)]
    # A caller who may read the unit may read the units that went into it as a whole.
    covered += [access.scope.require(*paths, one.spells[-1].path) for one in made.whole]

    async def read(units: Collection[str]) -> Mapping[str, Counted]:
        return await counters.of([access.scope.require(*paths, one) for one in units], query.period, access)

    sums = added((await counters.of(covered, query.period, access)).values())
    rows = await places(made, await directory.children(unit.id, made.day), sums, read, directory)
    counted = rows.into(sums)
    parts = made.parts_in(since, until)
    unassigned = await read([part.unit_id for part in parts if part.kind is PartKind.PART])
    state, so_far_until = domain.state_of(since, until, access.today)
    positions = await counters.parked_here(positions, covered, access)
    missing = (
        *domain.unfinished(query.period, state, access.today),
        *unassignable(parts, unassigned),
        *domain.missing(positions),
    )
    totals = await counters.totals(covered, domain.BRIDGED, access)
    figures = [domain.figure(one, counted.get(one, {}), rows.names(one)) for one in Measure]
    shown = unit.between(since, until) or [unit.in_force(made.day)]
    return Report(
        unit_id=unit.id,
        unit_name=shown[-1].name,
        period=query.period,
        since=since,
        until=until,
        state=state,
        so_far_until=so_far_until,
        made_of=parts,
        places_on=made.day,
        register_on=made.register_on(until),
        complete=not missing,
        incomplete_because=missing,
        figures=domain.with_flags(figures, until),
        bridges=domain.bridges(totals, query.period),
        positions=positions,
    )


async def _composed(unit: DatedUnit, since: date, until: date, directory: Directory) -> Composition:
    """Refused if neither the unit nor a unit that went into it was in force in the period."""
    day = day_of(unit, since, until)
    if day and unit.at(day):
        made = await compose(unit, day, directory)
        if unit.between(since, until) or any(one.between(since, until) for one in (*made.whole, *made.parts)):
            return made
    # Raises a refusal that says when the unit existed.
    unit.in_force(until, "unit", "period")
    raise AssertionError("a unit in force that day has a spell in the period")
