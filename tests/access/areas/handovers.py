"""Hand-overs of open records of a unit that has ended."""

from collections.abc import Mapping
from itertools import islice
from uuid import uuid4

import msgspec

from infra.operate.operator import OPERATOR, asking
from services.kernel.units import DatedUnit, Predecessor, SuccessionKind
from services.registration.handovers.messages import (
    HandOver,
    HandOverAll,
    HandOverPreview,
    WaitingFilter,
    WaitingRecords,
    WaitingTotals,
    WaitingUnits,
)
from services.registration.units.messages import RecordUnits
from tests.access.tries import ID, NODE
from tests.access.world import ACCEPTED, OFFICER, Making, World, commune, draft, organisation


def _pair() -> tuple[DatedUnit, DatedUnit]:
    """A unit that has ended, and the unit that has the whole of it."""
    old, new = commune(until=ACCEPTED), commune(since=ACCEPTED)
    line = Predecessor(unit=old.id, kind=SuccessionKind.MERGE, on=ACCEPTED)
    return old, msgspec.structs.replace(new, predecessors=(line,))


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    """The records of `waiting` are models; those of `ended-unit` are the units of other models."""
    many = {state: spare.get(state, 0) + 1 for state in ("waiting", "ended-unit", "handed-over")}
    pairs = [_pair() for _ in range(sum(many.values()))]
    units = [unit for pair in pairs for unit in pair]
    async with asking(world.settings) as services:
        for start in range(0, len(units), 500):
            command = RecordUnits(units=tuple(units[start : start + 500]))
            await services.ask(command, OPERATOR, int, key=uuid4().hex)
    owners = await made.each([organisation(old.id) for old, _ in pairs], OFFICER)
    models = await made.each(map(draft, owners), OFFICER)
    found = iter(zip(pairs, models, strict=True))
    for state, number in many.items():
        records = [old.id if state == "ended-unit" else model for (old, _), model in islice(found, number)]
        if state == "handed-over":
            await made.each([HandOver(record=model) for model in records], OFFICER)
        world.things[state], *world.spare[state] = records


MESSAGES = {
    "registration.hand-over": lambda t: HandOver(record=t.thing),
    "registration.hand-over-all": lambda t: HandOverAll(unit=t.thing),
    "registration.hand-over-preview": lambda t: HandOverPreview(unit=t.thing, fields=ID),
    "registration.waiting-units": lambda t: WaitingUnits(
        first=1, filter=WaitingFilter(unit=t.thing), fields=ID
    ),
    "registration.waiting-totals": lambda t: WaitingTotals(
        filter=WaitingFilter(unit=t.thing), fields={"id": "units"}
    ),
    "registration.waiting-records": lambda t: WaitingRecords(
        unit=t.thing, first=1, fields={"id": f"={t.thing}"}
    ),
}
INPUTS = {"handOver": lambda t: {"record": t.thing}, "handOverAll": lambda t: {"unit": t.thing}}
_UNITS = "query($id: ID!) { waitingUnits(first: 1, filter: { unit: $id }) { edges { node { id %s } } } }"
_PREVIEW = """query($id: ID!) { handOverPreview(unit: $id) {
  ... on HandedOver { %s } ... on Refusal { __typename code } } }"""
QUERIES = {
    "Query.waitingUnits": _UNITS % "unit { id }",
    "Query.waitingTotals": "query($id: ID!) { waitingTotals(filter: { unit: $id }) { units } }",
    "Query.waitingRecords": "query($id: ID!) { waitingRecords(unit: $id, first: 1) { pageInfo { startCursor } } }",
    "Query.handOverPreview": _PREVIEW % "since",
    "WaitingUnit.unit": _UNITS % "unit { id }",
    "WaitingUnit.proposed": _UNITS % "proposed { id }",
    "Successor.unit": _UNITS % "successors { unit { id } }",
    "HandedOver.unit": _PREVIEW % "unit { id }",
    "HandedOver.to": _PREVIEW % "to { id }",
    "Home.unit": NODE % ("Model", "homes { unit { id } }"),
}
CHANGING = {"hand-over", "hand-over-all", "handOver", "handOverAll"}
