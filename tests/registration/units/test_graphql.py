"""Units through GraphQL: by name, by code and day, parents and sub-units, before and after a reorganisation."""

from typing import Any

import pytest

from tests.conftest import GraphQL

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMED = """
query($name: String!, $on: Date, $within: ID, $first: Int, $after: String) {
  unitsNamed(name: $name, on: $on, within: $within, first: $first, after: $after) {
    edges { cursor node { name former since until unit { id level } } } pageInfo { hasNextPage endCursor }
  }
}
"""


async def named(graphql: GraphQL, **variables: Any) -> list[dict[str, Any]]:
    found = await graphql.ask(NAMED, graphql.token("reporter", "vn"), first=50, **variables)
    return [edge["node"] for edge in found["unitsNamed"]["edges"]]


async def test_name_finds_units_that_have_it_or_had_it(graphql: GraphQL) -> None:
    found = await named(graphql, name="quan thanh xuan", on="2024-01-01")
    assert found[0] == {
        "name": "Quận Thanh Xuân",
        "former": False,
        "since": None,
        "until": "2025-07-01",
        "unit": {"id": "u009", "level": "DISTRICT"},
    }
    later = await named(graphql, name="Quận Thanh Xuân", within="u01")
    assert next((n["name"], n["former"], n["unit"]["id"]) for n in later) == ("Quận Thanh Xuân", True, "u009")


async def test_pages_of_a_name_have_every_unit_once(graphql: GraphQL) -> None:
    whole = [node["unit"]["id"] for node in await named(graphql, name="thanh xuan")]
    assert len(whole) > 3
    seen: list[str] = []
    after = None
    while True:
        page = await graphql.ask(
            NAMED, graphql.token("reporter", "vn"), name="thanh xuan", first=2, after=after
        )
        seen += [edge["node"]["unit"]["id"] for edge in page["unitsNamed"]["edges"]]
        after = page["unitsNamed"]["pageInfo"]["endCursor"]
        if not page["unitsNamed"]["pageInfo"]["hasNextPage"]:
            break
    assert seen == whole


async def test_one_code_names_two_wards_and_the_older_is_part_of_the_newer(graphql: GraphQL) -> None:
    token = graphql.token("reporter", "vn")
    ask = 'query($on: Date) { unitByCode(code: "26740", on: $on) { id name } }'
    old = (await graphql.ask(ask, token, on="2025-06-30"))["unitByCode"]
    new = (await graphql.ask(ask, token, on="2025-07-01"))["unitByCode"]
    assert old["id"] != new["id"]
    found = await graphql.ask(
        'query($u: ID!) { unitSuccession(unit: $u, since: "2025-06-30", to: "2025-07-01", first: 9) '
        "{ edges { node { whole on unit { id } } } } }",
        token,
        u=old["id"],
    )
    heirs = {edge["node"]["unit"]["id"]: edge["node"] for edge in found["unitSuccession"]["edges"]}
    assert heirs[new["id"]]["on"] == "2025-07-01"


async def test_decrees_since_2025_are_in_force_from_their_day(graphql: GraphQL) -> None:
    found = await graphql.ask(
        '{ before: unitByCode(code: "26368", on: "2026-04-29") { name } '
        'after: unitByCode(code: "26368", on: "2026-04-30") { name kind } '
        'city: unitByCode(code: "75", on: "2026-05-01") { id name } '
        'reorganisations(unit: "u26368-2025", first: 1) { edges { node { source document { number } } } } }',
        graphql.token("operator", "vn"),
    )
    assert found["before"] == {"name": "Xã Long Thành"}
    assert found["after"] == {"name": "Phường Long Thành", "kind": "Phường"}
    assert found["city"] == {"id": "u75-2025", "name": "Thành phố Đồng Nai"}
    (edge,) = found["reorganisations"]["edges"]
    assert edge["node"]["document"] == {"number": "237/NQ-UBTVQH16"}
    assert edge["node"]["source"].startswith("https://danhmuchanhchinh.nso.gov.vn/")


async def test_town_is_between_its_communes_and_its_province(graphql: GraphQL) -> None:
    found = await graphql.ask(
        'query { below: unitsBelow(unit: "u437", on: "2018-01-01", level: COMMUNE, first: 10) '
        '{ edges { node { id } } } unit(id: "u18127", on: "2018-01-01") '
        "{ ancestors(first: 9) { edges { node { id } } } } }",
        graphql.token("reporter", "vn"),
    )
    below = [edge["node"]["id"] for edge in found["below"]["edges"]]
    assert below == ["u18115", "u18118", "u18121", "u18124", "u18127", "u18130"]
    above = [edge["node"]["id"] for edge in found["unit"]["ancestors"]["edges"]]
    assert above == ["u437", "u42", "vn"]


async def test_blank_name_is_refused_with_its_field(graphql: GraphQL) -> None:
    reply = await graphql.post(
        {"query": NAMED, "variables": {"name": "x", "first": 1}}, graphql.token("reporter", "vn")
    )
    assert reply.json()["errors"][0]["extensions"]["code"] == "unit-name"
