"""Reorganisations of units."""

from collections.abc import Mapping
from uuid import uuid4

from infra.operate.operator import OPERATOR, asking
from services.registration.reorganisations.file import COLUMNS
from services.registration.reorganisations.messages import (
    OpenModelsOfUnits,
    PreviewOfReorganisation,
    ReorganisationsById,
    ReorganisationsPage,
    ReorganiseUnits,
)
from services.registration.units.messages import RecordUnits
from tests.access.people import PLACE
from tests.access.tries import ID, NODE, PAGE, newer_than
from tests.access.world import (
    ACCEPTED,
    DECIDED,
    DRAFTED,
    OFFICER,
    Making,
    World,
    commune,
    draft,
    organisation,
)


def _file(unit: str) -> str:
    """Gives the unit another name."""
    cells = [
        f"{ACCEPTED}",
        "Nghị quyết",
        "1/NQ",
        "HĐND",
        "2019-02-20",
        "RENAME",
        unit,
        "",
        "Xã mới",
        "",
        "",
        "",
        "",
    ]
    return f"{','.join(COLUMNS)}\n{','.join(cells)}\n"


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    units = [commune(since=DRAFTED, until=DECIDED) for _ in range(spare.get("unit-to-rename", 0) + 3)]
    async with asking(world.settings) as services:
        for start in range(0, len(units), 500):
            command = RecordUnits(units=tuple(units[start : start + 500]))
            await services.ask(command, OPERATOR, int, key=uuid4().hex)
    done, shared, lived_in, *others = (unit.id for unit in units)
    world.things["reorganisation"] = await made.id(ReorganiseUnits(file=_file(done)), OPERATOR)
    world.things["unit-to-rename"] = shared
    await made.id(draft(await made.id(organisation(lived_in), OFFICER)), OFFICER)
    world.things["file"] = _file(lived_in)
    world.spare["unit-to-rename"] = others


MESSAGES = {
    "registration.reorganise-units": lambda t: ReorganiseUnits(file=_file(t.thing)),
    "registration.preview-of-reorganisation": lambda t: PreviewOfReorganisation(
        file=_file(t.thing), fields={"id": "digest"}
    ),
    "registration.reorganisations-by-id": lambda t: ReorganisationsById(keys=(t.thing,), fields=ID),
    "registration.reorganisations-page": lambda t: ReorganisationsPage(
        first=1, after=newer_than(t.thing), fields=ID
    ),
    "registration.open-models-of-units": lambda t: OpenModelsOfUnits(
        keys=(PLACE,), first=1, after=newer_than(t.thing), fields=ID
    ),
}
INPUTS = {"reorganiseUnits": lambda t: {"file": _file(t.thing)}}
_PREVIEW = "query($id: String!) { reorganisationPreview(file: $id) { %s } }"
QUERIES = {
    "Query.reorganisationPreview": _PREVIEW % "digest",
    "Query.reorganisations": PAGE % ("reorganisations", ""),
    "ReorganisedUnit.unit": NODE % ("Reorganisation", "lines { unit { id } }"),
    "AffectedUnit.unit": _PREVIEW % "affected { unit { id } }",
    # Everybody sees units. The tests of the service check that callers see only models in their scope.
    "AffectedUnit.models": _PREVIEW % "digest affected { models(first: 1) { edges { node { id } } } }",
}
CHANGING = {"reorganise-units", "reorganiseUnits"}
