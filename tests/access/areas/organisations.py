"""Organisations."""

from collections.abc import Mapping
from datetime import date
from uuid import uuid4

from services.registration.organisations.messages import (
    EndOrganisation,
    MergeOrganisations,
    OrganisationsById,
    OrganisationsFilter,
    OrganisationsPage,
    RenameOrganisation,
)
from tests.access.people import PLACE
from tests.access.tries import ID, NODE, PAGE, Try, entered, newer_than
from tests.access.world import OFFICER, Making, World, organisation

NO_OWNER = "organisation_" + "0" * 24

ON = date(2019, 6, 1)


def _rename(t: Try) -> RenameOrganisation:
    return RenameOrganisation(organisation=t.thing, name=f"Hội {uuid4().hex}", document="QĐ 1", on=ON)


def _end(t: Try) -> EndOrganisation:
    return EndOrganisation(organisation=t.thing, document="QĐ 2", on=ON)


def _merge(t: Try) -> MergeOrganisations:
    return MergeOrganisations(organisation=t.thing, into=NO_OWNER, reason="Ghi hai lần")


MESSAGES = {
    "registration.register-organisation": lambda t: organisation(),
    "registration.rename-organisation": _rename,
    "registration.end-organisation": _end,
    "registration.merge-organisations": _merge,
    "registration.organisations-by-id": lambda t: OrganisationsById(keys=(t.thing,), fields=ID),
    "registration.organisations-page": lambda t: OrganisationsPage(
        first=1, after=newer_than(t.thing), fields=ID, filter=OrganisationsFilter(unit=PLACE)
    ),
}
INPUTS = {
    "registerOrganisation": lambda t: entered(organisation()),
    "renameOrganisation": lambda t: entered(_rename(t)),
    "endOrganisation": lambda t: entered(_end(t)),
    "mergeOrganisations": lambda t: entered(_merge(t)),
}
QUERIES = {
    "Query.organisations": PAGE % ("organisations", ', filter: { unit: "u080" }'),
    "Organisation.unit": NODE % ("Organisation", "unit { id }"),
    "Organisation.successor": NODE % ("Organisation", "successor { id }"),
}
CHANGING = {"rename-organisation", "end-organisation", "renameOrganisation", "endOrganisation"}


async def build(world: World, made: Making, spare: Mapping[str, int]) -> None:
    body, ended, *others = await made.each([organisation() for _ in range(spare.get("body", 0) + 2)], OFFICER)
    heir = EndOrganisation(organisation=ended, document="QĐ 3", successor=world.owner, on=ON)
    await made.id(heir, OFFICER)
    world.things |= {"body": body, "ended": ended}
    world.spare["body"] = others
