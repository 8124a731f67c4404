"""Supervision activities over GraphQL, beside organisations that change their names and end."""

from typing import Any

import pytest

from infra.operate.recount import recount
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import CITY, WARD, Office, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLACE = "u18082"
"""A ward of the city."""

ACTIVITY = """
query($id: ID!) { node(id: $id) { ... on Activity {
  title kind heldOn unit { id } bodies { name kind organisation { id name } }
} } }"""


async def test_activity_shows_its_bodies_as_they_were_that_day(graphql: GraphQL) -> None:
    office = Office(graphql)
    front = await office.organisation(unit=CITY)
    women = await office.organisation(unit=WARD)
    await office.officer.does(
        "renameOrganisation",
        organisation=front,
        name="Ủy ban MTTQ thành phố",
        kind="FATHERLAND_FRONT",
        document="QĐ 1",
        on="2019-05-01",
    )
    await office.officer.does("endOrganisation", organisation=front, document="QĐ 2", on="2019-08-01")
    await graphql.settled()
    wanted: dict[str, Any] = {
        "kind": "SUPERVISION",
        "unit": WARD,
        "title": "Giám sát việc thu quỹ",
        "bodies": [front, women],
    }
    before = await office.supervisor.does("recordActivity", **wanted, heldOn="2019-04-30")
    after = await office.supervisor.does("recordActivity", **wanted, heldOn="2019-05-01")
    late = await office.supervisor.tries("recordActivity", **wanted, heldOn="2019-08-01")
    assert (late["code"], late["fields"]) == ("organisation-ended", ["bodies", "heldOn"])

    shown = [(await office.reporter.ask(ACTIVITY, id=id_))["node"] for id_ in (before, after)]
    assert [[body["name"] for body in one["bodies"]] for one in shown] == [
        ["Hội Phụ nữ phường", "Hội Phụ nữ phường"],
        ["Ủy ban MTTQ thành phố", "Hội Phụ nữ phường"],
    ]
    assert [one["bodies"][0]["kind"] for one in shown] == ["WOMENS_UNION", "FATHERLAND_FRONT"]
    assert [body["organisation"]["id"] for body in shown[0]["bodies"]] == [front, women]

    # An organisation of the city is out of the ward's sight; the record of who held the activity is not.
    seen = (await Office(graphql, WARD).reporter.ask(ACTIVITY, id=after))["node"]
    assert [body["name"] for body in seen["bodies"]] == ["Ủy ban MTTQ thành phố", "Hội Phụ nữ phường"]
    assert seen["bodies"][0]["organisation"] is None


async def test_session_that_is_recorded_again_names_those_that_it_may_be(graphql: GraphQL) -> None:
    office = Office(graphql)
    front, board = await office.organisation(unit=CITY), await office.organisation(unit=WARD)
    await graphql.settled()
    session: dict[str, Any] = {
        "kind": "SUPERVISION",
        "unit": WARD,
        "title": "Giám sát thu chi quỹ",
        "heldOn": "2019-05-17",
    }
    ask = "query($id: ID!) { node(id: $id) { ... on Activity { alike } } }"
    made: list[str] = []
    for body in (front, front, board):
        id_ = await office.supervisor.does("recordActivity", **{**session, "bodies": [body]})
        assert (await office.reporter.ask(ask, id=id_))["node"]["alike"] == made
        made.append(id_)
    elsewhere: dict[str, Any] = {**session, "bodies": [front], "heldOn": "2019-05-18"}
    other = await office.supervisor.does("recordActivity", **elsewhere)
    assert (await office.reporter.ask(ask, id=other))["node"]["alike"] == []


async def test_activities_come_in_pages_of_a_unit_and_below(graphql: GraphQL) -> None:
    office = Office(graphql)
    body = await office.organisation(unit=CITY)
    await graphql.settled()
    made = [
        await office.supervisor.does(
            "recordActivity",
            kind="SUPERVISION",
            bodies=[body],
            unit=unit,
            title=f"Giám sát {number}",
            heldOn="2019-06-01",
        )
        for number, unit in enumerate(["u18082", CITY, "u18085", "u18082"])
    ]
    asked = """
    query($first: Int!, $after: String, $unit: ID) {
      activities(first: $first, after: $after, filter: {unit: $unit}) {
        edges { cursor node { id title } } pageInfo { hasNextPage endCursor }
      }
    }"""
    page = (await office.reporter.ask(asked, first=1, unit="u18082"))["activities"]
    assert page["pageInfo"]["hasNextPage"]
    assert page["edges"][0]["node"]["title"] == "Giám sát 3"
    rest = await office.reporter.ask(asked, first=50, unit="u18082", after=page["pageInfo"]["endCursor"])
    assert [edge["node"]["id"] for edge in rest["activities"]["edges"]] == [made[0]]
    whole = (await office.reporter.ask(asked, first=100))["activities"]["edges"]
    assert [edge["node"]["id"] for edge in whole if edge["node"]["id"] in made] == made[::-1]
    stranger = Office(graphql, "u18085").reporter
    assert (await stranger.ask(asked, first=100, unit="u18082"))["activities"]["edges"] == []


REPORT = """query($unit: ID!) { report(unit: $unit, period: "2017") { ... on Report { figures {
  measure total breakdowns { by addsUp gap rows { code value } } } } } }"""
CORRECTED = """query($id: ID!) { node(id: $id) { ... on Activity {
  title heldOn reversedOn unit { id } corrections(first: 5) { edges { node {
    state figures activity { id } values { field before after } } } } } } }"""


async def held(office: Office) -> tuple[int, dict[str, int]]:
    """The number of activities of 2017 in the ward, and the rows by the kinds of bodies that took part."""
    await office.graphql.settled()
    report = (await office.reporter.ask(REPORT, unit=PLACE))["report"]
    figure = next(one for one in report["figures"] if one["measure"] == "SUPERVISION_ACTIVITY")
    parts = {part["by"]: part for part in figure["breakdowns"]}
    assert {part["gap"] for part in parts.values()} == {"0"}
    assert [by for by, part in parts.items() if not part["addsUp"]] == ["TAKING_PART"]
    rows = {row["code"]: int(row["value"]) for row in parts["TAKING_PART"]["rows"] if int(row["value"])}
    return int(figure["total"]), rows


async def test_session_is_corrected_and_one_entered_twice_is_reversed(graphql: GraphQL) -> None:
    office, leader = Office(graphql), Person(graphql, Role.LEADER)
    does, tries = office.supervisor.does, office.supervisor.tries
    women = await office.organisation(unit=CITY, on="2016-01-02")
    farmers = await office.officer.does(
        "registerOrganisation", name="Hội Nông dân", kind="FARMERS_UNION", unit=CITY, on="2016-01-02"
    )
    await graphql.settled()
    session: dict[str, Any] = {
        "kind": "SUPERVISION",
        "unit": PLACE,
        "title": "Giám sát quỹ",
        "heldOn": "2017-05-17",
    }
    first = await does("recordActivity", **session, bodies=[women])
    second = await does("recordActivity", **session, bodies=[farmers])
    assert await held(office) == (2, {"WOMENS_UNION": 1, "FARMERS_UNION": 1})

    slip = await does("correctActivity", activity=first, title="Giám sát thu, chi quỹ", reason="Gõ nhầm")
    joint = await does("correctActivity", activity=first, bodies=[women, farmers], reason="Hai bên cùng làm")
    twice = await does("reverseActivity", activity=second, reason="Ghi hai lần")
    assert await held(office) == (2, {"WOMENS_UNION": 1, "FARMERS_UNION": 1})
    both = Person(graphql, Role.LEADER, name=f"supervisor@{CITY}")
    assert (await both.tries("approveCorrection", correction=joint))["code"] == "own-work"
    for correction in (joint, twice):
        await leader.does("approveCorrection", correction=correction)
    assert await held(office) == (1, {"WOMENS_UNION": 1, "FARMERS_UNION": 1})

    moved = await does("correctActivity", activity=first, unit=CITY, heldOn="2016-05-17", reason="Sai nơi")
    await leader.does("approveCorrection", correction=moved)
    assert await held(office) == (0, {})
    shown = (await leader.ask(CORRECTED, id=first))["node"]
    assert (shown["title"], shown["heldOn"], shown["unit"]) == (
        "Giám sát thu, chi quỹ",
        "2016-05-17",
        {"id": CITY},
    )
    corrections = [edge["node"] for edge in shown["corrections"]["edges"]]
    assert [(one["state"], one["figures"]) for one in corrections] == [
        ("APPLIED", True),
        ("APPLIED", True),
        ("APPLIED", False),
    ]
    assert corrections[1]["values"] == [
        {"field": "bodies", "before": "Hội Phụ nữ phường", "after": "Hội Phụ nữ phường; Hội Nông dân"}
    ]
    assert (await leader.ask(CORRECTED, id=second))["node"]["reversedOn"]
    late = await tries("correctActivity", activity=second, title="x", reason="x")
    assert (late["code"], slip) == ("activity-reversed", slip)
    assert (await recount(graphql.settings)).differences == []


async def test_activity_in_an_ended_unit_is_entered_and_corrected_by_its_successor(graphql: GraphQL) -> None:
    old, new, neighbour = (
        Office(graphql, "u12472"),
        Office(graphql, "u12472-2025"),
        Office(graphql, "u13225-2025"),
    )
    body = await old.organisation(unit="u12472", on="2025-01-02")
    await graphql.settled()
    session: dict[str, Any] = {"kind": "SURVEY", "bodies": [body], "unit": "u12472", "title": "Khảo sát"}
    for office, held_on, code in (
        (neighbour, "2025-05-01", "not-permitted"),
        (new, "2025-07-01", "unit-not-in-force"),
    ):
        late = await office.supervisor.tries("recordActivity", **session, heldOn=held_on)
        assert late["code"] == code
    held = await new.supervisor.does("recordActivity", **session, heldOn="2025-05-01")
    right: dict[str, Any] = {"activity": held, "heldOn": "2025-04-30", "reason": "Nhầm ngày"}
    assert (await neighbour.supervisor.tries("correctActivity", **right))["code"] == "activity-not-found"
    correction = await new.supervisor.does("correctActivity", **right)
    unseen = await Person(graphql, Role.LEADER, "u13225-2025").tries(
        "approveCorrection", correction=correction
    )
    assert unseen["code"] == "correction-not-found"
    await Person(graphql, Role.LEADER, "u12472-2025").does("approveCorrection", correction=correction)
    shown = (await old.reporter.ask(CORRECTED, id=held))["node"]
    assert (shown["heldOn"], shown["unit"]["id"]) == ("2025-04-30", "u12472")
    await graphql.settled()
    assert (await recount(graphql.settings)).differences == []
