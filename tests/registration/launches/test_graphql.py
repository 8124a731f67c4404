"""Launches that ask organisations, or several models of each unit, through GraphQL."""

from typing import Any

import pytest

from infra.operate.recount import recount
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import Office, Person
from tests.registration.programmes.test_graphql import nodes, started

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROVINCE, TOWN = "u10", "u085"
"""The town ended on 2025-06-30."""
ASKED = """
query($launch: ID!, $standings: [Standing!]) {
  node(id: $launch) { ... on Launch { quota kinds { kind unit quota } organisations { organisation quota }
    standings { units inTime declared late short waiting drafting nothing recordedMonthsLater } } }
  launchOrganisations(launch: $launch, first: 10, standings: $standings) { edges { node {
    quota standing declared waiting endedOn organisation { id } unit { id } } } }
  launchUnits(launch: $launch, first: 100) { edges { node { quota standing declared unit { id } } } }
}
"""
FOR = """
query($organisation: ID!) {
  launchesForOrganisation(organisation: $organisation, first: 10) { edges { node { id } } } }
"""
COMMUNES = """
query { unitsBelow(unit: "u085", on: "2019-01-10", level: COMMUNE, first: 100) { edges { node { id } } } }
"""


async def cooperative(office: Office, unit: str) -> str:
    return await office.officer.does(
        "registerOrganisation",
        name=f"Hợp tác xã {unit}",
        kind="COOPERATIVE",
        unit=unit,
        on="2019-01-02",
        insist=True,
    )


async def registered(office: Office, owner: str, programme: str) -> str:
    model = await office.draft(owner, on="2019-02-01", programme=programme)
    await office.officer.does("submitModel", model=model, on="2019-02-02")
    return await office.appraiser.does("acceptModel", model=model, on="2019-02-03")


async def stand(person: Person, launch: str, *standings: str) -> dict[str, dict[str, Any]]:
    found = await person.ask(ASKED, launch=launch, standings=list(standings) or None)
    return {node["organisation"]["id"]: node for node in nodes(found["launchOrganisations"])}


async def test_organisations_are_asked_for_a_number_of_models(graphql: GraphQL) -> None:
    office = Office(graphql, PROVINCE)
    programme = await started(office, TOWN, 2019, 2019)
    communes = [node["id"] for node in nodes((await office.officer.ask(COMMUNES))["unitsBelow"])]
    one, other, later = [await cooperative(office, unit) for unit in communes[:3]]
    town = await cooperative(office, TOWN)
    union = await office.organisation(communes[0])
    wanted: dict[str, Any] = {"programme": programme, "unit": TOWN, "year": 2019, "level": "COMMUNE"}
    launch = await office.officer.does(
        "launchProgramme",
        **wanted,
        until="2019-03-31",
        on="2019-01-10",
        quota=2,
        kinds=[{"kind": "COOPERATIVE", "unit": communes[0], "quota": 3}, {"kind": "COOPERATIVE"}],
        organisations=[{"organisation": town, "quota": 1}],
    )
    # Nobody has registered anything yet.
    missing = await stand(office.officer, launch, "NOTHING")
    assert {id_: node["quota"] for id_, node in missing.items()} == {one: 3, other: 2, later: 2, town: 1}
    assert {missing[one]["unit"]["id"], missing[town]["unit"]["id"]} == {communes[0], TOWN}

    await registered(office, one, programme)
    moved = await registered(office, other, programme)
    await registered(office, other, programme)
    await registered(office, town, programme)
    waiting = await office.draft(later, on="2019-02-01", programme=programme)
    await office.officer.does("submitModel", model=waiting, on="2019-02-02")
    await registered(office, union, programme)
    each = await stand(office.officer, launch)
    assert {id_: (node["standing"], node["declared"]) for id_, node in each.items()} == {
        one: ("SHORT", 1),
        other: ("DECLARED", 2),
        later: ("WAITING", 0),
        town: ("DECLARED", 1),
    }
    below = await stand(office.officer, launch, "SHORT", "WAITING", "DRAFTING", "NOTHING")
    assert set(below) == {one, later}
    found = await office.officer.ask(ASKED, launch=launch)
    assert found["launchUnits"]["edges"] == []
    assert (found["node"]["standings"]["units"], found["node"]["standings"]["short"]) == (4, 1)
    assert found["node"]["standings"]["recordedMonthsLater"] >= 12
    assert found["node"]["organisations"] == [{"organisation": town, "quota": 1}]
    assert [kind["quota"] for kind in found["node"]["kinds"]] == [3, 2]

    # A model counts for its owner. The organisation that took over counts for the one that has ended.
    await office.officer.does(
        "changeModelOwner", model=moved, owner=later, reason="x", document="QĐ 1", on="2019-02-20"
    )
    await office.officer.does(
        "endOrganisation", organisation=other, successor=later, document="QĐ 2", on="2019-03-01"
    )
    each = await stand(office.officer, launch)
    assert {id_: each[id_]["declared"] for id_ in (other, later)} == {other: 2, later: 1}
    assert (each[other]["standing"], each[other]["endedOn"]) == ("DECLARED", "2019-03-01")

    # An officer of a commune sees the organisations of the commune, and their launches.
    officer = Person(graphql, Role.OFFICER, communes[0])
    assert set(await stand(officer, launch)) == {one}
    for organisation, launches in ((one, [launch]), (union, []), (town, [])):
        found = await officer.ask(FOR, organisation=organisation)
        assert [node["id"] for node in nodes(found["launchesForOrganisation"])] == launches
    named = await office.officer.ask(FOR, organisation=town)
    assert [node["id"] for node in nodes(named["launchesForOrganisation"])] == [launch]

    # Units of the same level are asked by a launch of their own.
    units = await office.officer.does(
        "launchProgramme", **wanted, until="2019-03-31", on="2019-01-10", quota=2
    )
    found = await office.officer.ask(ASKED, launch=units)
    assert found["launchOrganisations"]["edges"] == []
    standings = {node["unit"]["id"]: node["standing"] for node in nodes(found["launchUnits"])}
    assert [standings[unit] for unit in communes[:4]] == ["DECLARED", "DECLARED", "WAITING", "NOTHING"]
    refused = await office.officer.tries(
        "launchProgramme", **wanted, until="2019-03-31", on="2019-01-10", kinds=[{"kind": "SCHOOL"}]
    )
    assert (refused["code"], refused["fields"]) == ("no-organisations", ["kinds"])
    await graphql.settled()
    assert (await recount(graphql.settings)).differences == []
