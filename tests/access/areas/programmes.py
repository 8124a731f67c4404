"""Governing documents, programmes and launches."""

from collections.abc import Mapping
from datetime import date
from itertools import islice
from uuid import uuid4

import msgspec

from services.kernel.units import UnitLevel
from services.registration.documents.messages import (
    DocumentKind,
    DocumentsById,
    DocumentsFilter,
    DocumentsPage,
    RegisterDocument,
)
from services.registration.launches.messages import (
    AskedOrganisation,
    ExtendLaunch,
    LaunchesById,
    LaunchesFilter,
    LaunchesFor,
    LaunchesForOrganisation,
    LaunchesOfProgrammes,
    LaunchesPage,
    LaunchOrganisations,
    LaunchProgramme,
    LaunchTotals,
    LaunchUnits,
    RecallLaunch,
)
from services.registration.programmes.messages import (
    AddPlanItem,
    CiteDocument,
    DocumentsOfProgrammes,
    DropPlanItem,
    EndProgramme,
    ProgrammesById,
    ProgrammesFilter,
    ProgrammesPage,
    SetTheme,
    StartProgramme,
)
from tests.access.people import PLACE
from tests.access.tries import ID, NODE, PAGE, Try, entered, newer_than
from tests.access.world import OFFICER, Making, World, draft

ON = date(2019, 2, 1)


def register(issuer: str) -> RegisterDocument:
    number = f"{uuid4().hex}-KH"
    return RegisterDocument(kind=DocumentKind.PLAN, number=number, issuer=issuer, issued_on=ON, title="x")


def start(document: str) -> StartProgramme:
    name = f"Dân vận khéo {uuid4().hex}"
    return StartProgramme(
        unit=PLACE, name=name, first_year=2019, last_year=2020, documents=(document,), on=ON
    )


def launch(programme: str, year: int = 2019) -> LaunchProgramme:
    return LaunchProgramme(
        programme=programme,
        unit=PLACE,
        year=year,
        level=UnitLevel.DISTRICT,
        until=date(year, 3, 31),
        on=ON,
    )


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    document = await made.id(register(world.owner), OFFICER)
    wanted = {state: spare.get(state, 0) + 1 for state in ("programme", "planned", "unlaunched", "launch")}
    found = iter(await made.each([start(document) for _ in range(sum(wanted.values()))], OFFICER))
    programmes = {state: list(islice(found, many)) for state, many in wanted.items()}
    planned = [AddPlanItem(programme=programme, year=2019, task="x") for programme in programmes["planned"]]
    await made.each(planned, OFFICER)
    launched = programmes["launch"]
    programmes["launch"] = await made.each([launch(programme) for programme in launched], OFFICER)
    for state, records in programmes.items():
        world.things[state], *world.spare[state] = records
    world.things["launched"] = launched[0]
    joined = msgspec.structs.replace(draft(world.owner), programme=world.things["launched"])
    asked = msgspec.structs.replace(
        launch(world.things["launched"], 2020),
        organisations=(AskedOrganisation(organisation=world.owner),),
        message=world.owner,
    )
    world.things |= {
        "asking": await made.id(asked, OFFICER),
        "document": document,
        "joined": await made.id(joined, OFFICER),
    }


def _cite(t: Try) -> CiteDocument:
    return CiteDocument(programme=t.thing, document="document_" + "0" * 24)


COMMANDS = {
    "register-document": lambda t: register(t.thing),
    "start-programme": lambda t: start(t.thing),
    "cite-document": _cite,
    "set-theme": lambda t: SetTheme(programme=t.thing, year=2019, theme=uuid4().hex),
    "add-plan-item": lambda t: AddPlanItem(programme=t.thing, year=2019, task="x"),
    "drop-plan-item": lambda t: DropPlanItem(programme=t.thing, item=2, reason="x"),
    "end-programme": lambda t: EndProgramme(programme=t.thing, reason="x", on=date(2020, 1, 1)),
    "launch-programme": lambda t: launch(t.thing),
    "extend-launch": lambda t: ExtendLaunch(launch=t.thing, until=date(2019, 12, 31), reason="x"),
    "recall-launch": lambda t: RecallLaunch(launch=t.thing, reason="x"),
}


def _camel(name: str) -> str:
    first, *more = name.split("-")
    return first + "".join(word.title() for word in more)


MESSAGES = {
    **{f"registration.{name}": command for name, command in COMMANDS.items()},
    "registration.documents-by-id": lambda t: DocumentsById(keys=(t.thing,), fields=ID),
    "registration.documents-page": lambda t: DocumentsPage(
        first=1, after=newer_than(t.thing), fields=ID, filter=DocumentsFilter(unit=PLACE)
    ),
    "registration.programmes-by-id": lambda t: ProgrammesById(keys=(t.thing,), fields=ID),
    "registration.programmes-page": lambda t: ProgrammesPage(
        first=1, after=newer_than(t.thing), fields=ID, filter=ProgrammesFilter(unit=PLACE)
    ),
    "registration.documents-of-programmes": lambda t: DocumentsOfProgrammes(
        keys=(t.thing,), first=1, fields={"id": f"={t.thing}"}
    ),
    "registration.launches-by-id": lambda t: LaunchesById(keys=(t.thing,), fields=ID),
    "registration.launches-page": lambda t: LaunchesPage(
        first=1, after=newer_than(t.thing), fields=ID, filter=LaunchesFilter(unit=PLACE)
    ),
    "registration.launches-for": lambda t: LaunchesFor(unit=PLACE, first=1, fields=ID),
    "registration.launches-of-programmes": lambda t: LaunchesOfProgrammes(
        keys=(t.thing,), first=1, fields={"id": "programme"}
    ),
    "registration.launch-units": lambda t: LaunchUnits(launch=t.thing, first=1, fields={"id": "launch"}),
    "registration.launches-for-organisation": lambda t: LaunchesForOrganisation(
        organisation=t.thing, first=1, fields={"id": "message"}
    ),
    "registration.launch-organisations": lambda t: LaunchOrganisations(
        launch=t.thing, first=1, fields={"id": "launch"}
    ),
    "registration.launch-totals": lambda t: LaunchTotals(keys=(t.thing,), fields={"id": f"={t.thing}"}),
}
INPUTS = {_camel(name): lambda t, command=command: entered(command(t)) for name, command in COMMANDS.items()}
QUERIES = {
    "Query.documents": PAGE % ("documents", ', filter: { unit: "u080" }'),
    "Query.programmes": PAGE % ("programmes", ', filter: { unit: "u080" }'),
    "Query.launches": PAGE % ("launches", ', filter: { unit: "u080" }'),
    "Query.launchesFor": 'query { launchesFor(unit: "u080", first: 1) { edges { node { id } } } }',
    "Query.launchUnits": (
        "query($id: ID!) { launchUnits(launch: $id, first: 1) { edges { node { id: launch } } } }"
    ),
    "Query.launchesForOrganisation": (
        "query($id: ID!) { launchesForOrganisation(organisation: $id, first: 1) { edges { node { id: message } } } }"
    ),
    "Query.launchOrganisations": (
        "query($id: ID!) { launchOrganisations(launch: $id, first: 1) { edges { node { id: launch } } } }"
    ),
    "GoverningDocument.unit": NODE % ("GoverningDocument", "unit { id }"),
    "Programme.unit": NODE % ("Programme", "unit { id }"),
    "Programme.livesUnder": NODE % ("Programme", "livesUnder { id }"),
    "Programme.documents": NODE % ("Programme", "documents(first: 1) { edges { node { id } } }"),
    "Programme.launches": NODE % ("Programme", "launches(first: 1) { edges { node { id } } }"),
    "Launch.programme": NODE % ("Launch", "programme { id }"),
    "Launch.unit": NODE % ("Launch", "unit { id }"),
    "Launch.livesUnder": NODE % ("Launch", "livesUnder { id }"),
    "Launch.standings": NODE % ("Launch", "standings { units }"),
    "Model.programme": NODE % ("Model", "programme { id }"),
    "LaunchOrganisation.unit": (
        "query($id: ID!) { launchOrganisations(launch: $id, first: 1) { edges { node { id: launch unit { id } } } } }"
    ),
    "LaunchOrganisation.organisation": (
        "query($id: ID!) { launchOrganisations(launch: $id, first: 1) {"
        + " edges { node { id: launch organisation { id } } } } }"
    ),
    "LaunchUnit.unit": (
        "query($id: ID!) { launchUnits(launch: $id, first: 1) { edges { node { id: launch unit { id } } } } }"
    ),
}
CHANGING = {
    name
    for command in ("drop-plan-item", "end-programme", "launch-programme", "extend-launch", "recall-launch")
    for name in (command, _camel(command))
}
