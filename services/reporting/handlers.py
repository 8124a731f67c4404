"""Event and query handlers of reporting."""

from collections.abc import Sequence

from services.directory.units import Directory
from services.kernel.log.inbox import Heard
from services.kernel.mongo.access import Access
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import COUNTRY
from services.reporting import domain, generations
from services.reporting.domain import Fact
from services.reporting.measures import PLACES, Measure
from services.reporting.messages import Position, RebuildCounters, Report, ReportOf
from services.reporting.repository import Counters


async def count(heard: Sequence[Heard], tx: Transaction, counters: Counters) -> None:
    facts: list[Fact] = []
    for one in heard:
        facts += domain.facts_of(one.event, one.recorded)
        if isinstance(one.event, PLACES) and one.event.homes:
            await counters.add(facts, tx)
            await counters.move(one.event.key, one.event.made_under, one.event.homes, tx)
            facts = []
    await counters.add(facts, tx)


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
    spells = unit.between(since, until)
    if not spells:
        # Raises a refusal that says when the unit existed.
        unit.in_force(until, "unit", "period")
        raise AssertionError("a unit in force that day has a spell in the period")
    covered = access.scope.require(*(spell.path for spell in spells))
    below = await directory.children_between(unit.id, since, until)
    names = {child.id: child.between(since, until)[-1].name for child in below}
    names[unit.id] = f"{spells[-1].name} (trực tiếp)"
    state, so_far_until = domain.state_of(since, until, access.today)
    positions = await counters.parked_here(positions, covered, access)
    missing = domain.reasons(query.period, state, access.today, positions)
    counted = await counters.of(covered, query.period, access)
    totals = await counters.totals(covered, domain.BRIDGED, access)
    return Report(
        unit_id=unit.id,
        unit_name=spells[-1].name,
        period=query.period,
        since=since,
        until=until,
        state=state,
        so_far_until=so_far_until,
        complete=not missing,
        incomplete_because=missing,
        figures=domain.with_flags(
            [domain.figure(measure, counted.get(measure, {}), names) for measure in Measure], until
        ),
        bridges=domain.bridges(totals, query.period),
        positions=positions,
    )
