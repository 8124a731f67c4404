"""Relations between models."""

from collections.abc import Mapping
from uuid import uuid4

import msgspec

from infra.operate.operator import asking
from infra.operate.positions import settled
from services.kernel.rows import Rows
from services.registration.relations.messages import (
    AssertRelation,
    ConfirmRelation,
    DismissRelation,
    LookalikesOfModels,
    RelationKind,
    RelationsById,
    RelationsFilter,
    RelationsOfModels,
    RelationsPage,
)
from tests.access.people import PLACE
from tests.access.tries import ID, NODE, PAGE, newer_than
from tests.access.world import OFFICER, Making, World, draft


async def _suggested(world: World, made: Making, many: int) -> list[tuple[str, str]]:
    """Relations that the system suggests, and the later model of each. Every pair has titles of its own."""
    tag = uuid4().hex[:8]
    titles = [f"an{tag}{number} binh{tag}{number} khang{tag}{number}" for number in range(many)]
    commands = [msgspec.structs.replace(draft(world.owner), title=title) for title in titles]
    await made.each(commands, OFFICER)
    later = await made.each(commands, OFFICER)
    await settled(world.settings)
    async with asking(world.settings) as services:
        query = LookalikesOfModels(keys=tuple(later), first=1, fields={"id": "id", "model": "model"})
        rows = (await services.ask(query, OFFICER, Rows)).read()
    return [(str(row["id"]), str(row["model"])) for row in rows if row]


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    found = await _suggested(world, made, spare.get("suggested", 0) + 2)
    (open_, opened), (confirmed, related), *others = found
    await made.id(ConfirmRelation(relation=confirmed, reason="Cùng một mô hình"), OFFICER)
    world.things |= {
        "suggested": open_,
        "suggested-model": opened,
        "confirmed": confirmed,
        "confirmed-model": related,
    }
    world.spare["suggested"] = [relation for relation, _ in others]


def _same(model: str) -> AssertRelation:
    return AssertRelation(model=model, other=model, kind=RelationKind.REPLICATION, reason="x")


MESSAGES = {
    "registration.confirm-relation": lambda t: ConfirmRelation(relation=t.thing),
    "registration.dismiss-relation": lambda t: DismissRelation(relation=t.thing, reason="x"),
    "registration.assert-relation": lambda t: _same(t.thing),
    "registration.relations-by-id": lambda t: RelationsById(keys=(t.thing,), fields=ID),
    "registration.relations-page": lambda t: RelationsPage(
        first=1, after=newer_than(t.thing), fields=ID, filter=RelationsFilter(unit=PLACE)
    ),
    "registration.relations-of-models": lambda t: RelationsOfModels(
        keys=(t.thing,), first=1, fields={"id": "model"}
    ),
    "registration.lookalikes-of-models": lambda t: LookalikesOfModels(
        keys=(t.thing,), first=1, fields={"id": "model"}
    ),
}
INPUTS = {
    "confirmRelation": lambda t: {"relation": t.thing},
    "dismissRelation": lambda t: {"relation": t.thing, "reason": "x"},
    "assertRelation": lambda t: {"model": t.thing, "other": t.thing, "kind": "REPLICATION", "reason": "x"},
}
_FIRST = "(first: 1) { edges { node { id } } }"
QUERIES = {
    "Query.relations": PAGE % ("relations", ', filter: { unit: "u080" }'),
    "Model.lookalikes": NODE % ("Model", f"lookalikes{_FIRST}"),
    "Model.relations": NODE % ("Model", f"relations{_FIRST}"),
    "Relation.model": NODE % ("Relation", "model { id }"),
    "Relation.other": NODE % ("Relation", "other { id }"),
    "Relation.unit": NODE % ("Relation", "unit { id }"),
    "Relation.decidedBy": NODE % ("Relation", "decidedBy"),
    "Relation.reason": NODE % ("Relation", "reason"),
}
CHANGING = {"confirm-relation", "dismiss-relation", "confirmRelation", "dismissRelation"}
