"""The life of a model through GraphQL; pages, filters and related records; units as of a day."""

from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from services.kernel.calendar import today
from tests.conftest import GraphQL
from tests.people import CITY, TOWN, Office

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAMPLE = 112
PAGE = """
query Page($first: Int!, $after: String, $filter: ModelsFilter) {
  models(first: $first, after: $after, filter: $filter) {
    edges {
      cursor
      node {
        id title field level state subjectKind
        owner { id name unit { id } }
        unit { id parent { id } }
        review { id title model { id } }
      }
    }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
MODEL = """
query Model($id: ID!) {
  node(id: $id) {
    __typename
    id
    ... on Model {
      version title summary field subjectKind level state
      draftedOn submittedOn registeredOn returnReason
      contributions { kind amount on note }
      owner { id name kind version unit { name } }
      unit { id name level }
      review { id version verdict reason openedOn decidedOn nominatedOn model { id } }
    }
  }
}
"""


@pytest.fixture
def town(graphql: GraphQL) -> Office:
    return Office(graphql, TOWN)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def city_owner(graphql: GraphQL) -> str:
    return await Office(graphql).organisation()


async def pages(office: Office, first: int, **filter_: Any) -> list[dict[str, Any]]:
    """The edges of all pages."""
    edges: list[dict[str, Any]] = []
    after = None
    while True:
        found = (await office.reporter.ask(PAGE, first=first, after=after, filter=filter_))["models"]
        info = found["pageInfo"]
        assert info["hasPreviousPage"] == (after is not None)
        assert len(found["edges"]) == first or not info["hasNextPage"]
        if found["edges"]:
            ends = found["edges"][0]["cursor"], found["edges"][-1]["cursor"]
            assert (info["startCursor"], info["endCursor"]) == ends
        edges += found["edges"]
        if not info["hasNextPage"]:
            return edges
        after = info["endCursor"]


async def test_model_goes_from_draft_to_nomination(graphql: GraphQL) -> None:
    office = Office(graphql)
    owner = await office.organisation()

    async def model() -> dict[str, Any]:
        found: dict[str, Any] = (await office.officer.ask(MODEL, id=id_))["node"]
        return found

    id_ = await office.draft(owner, title="Hàng cây thanh niên", summary="Trồng cây")
    drafted = await model()
    assert drafted == {
        "__typename": "Model",
        "id": id_,
        "version": 1,
        "title": "Hàng cây thanh niên",
        "summary": "Trồng cây",
        "field": "ECONOMY",
        "subjectKind": "COLLECTIVE",
        "level": "COMMUNE",
        "state": "DRAFT",
        "draftedOn": "2019-02-01",
        "submittedOn": None,
        "registeredOn": None,
        "returnReason": None,
        "contributions": [],
        "owner": {
            "id": owner,
            "name": "Hội Phụ nữ phường",
            "kind": "WOMENS_UNION",
            "version": 1,
            "unit": {"name": "Phường Nam Hà"},
        },
        "unit": {"id": "u18073", "name": "Phường Nam Hà", "level": "COMMUNE"},
        "review": None,
    }
    await office.officer.does("submitModel", model=id_, on="2019-02-10")
    await office.appraiser.does("returnModel", model=id_, reason="Thiếu kế hoạch", on="2019-02-12")
    returned = await model()
    assert (returned["state"], returned["returnReason"]) == ("RETURNED", "Thiếu kế hoạch")
    await office.officer.does("submitModel", model=id_, on="2019-02-20")
    submitted = await model()
    assert (submitted["state"], submitted["returnReason"], submitted["submittedOn"]) == (
        "SUBMITTED",
        None,
        "2019-02-20",
    )
    await office.appraiser.does("acceptModel", model=id_, on="2019-03-01")
    await office.officer.does(
        "recordContribution", model=id_, kind="WORK_DAY", amount="12.5", note="", on="2019-04-01"
    )
    await office.officer.does("beginModel", model=id_, on="2019-04-02")
    review = await office.review_of(id_)
    await office.appraiser.does(
        "decideReview", review=review, verdict="RECOGNISED", reason="Thiết thực\nLan tỏa", on="2019-11-01"
    )
    await office.appraiser.does("nominateReview", review=review, on="2019-12-01")
    done = await model()
    assert done == drafted | {
        "version": 7,
        "state": "IMPLEMENTING",
        "submittedOn": "2019-02-20",
        "registeredOn": "2019-03-01",
        "contributions": [{"kind": "WORK_DAY", "amount": "12.5", "on": "2019-04-01", "note": ""}],
        "review": {
            "id": review,
            "version": 4,
            "verdict": "RECOGNISED",
            "reason": "Thiết thực\nLan tỏa",
            "openedOn": "2019-03-01",
            "decidedOn": "2019-11-01",
            "nominatedOn": "2019-12-01",
            "model": {"id": id_},
        },
    }


async def test_default_day_is_today(graphql: GraphQL) -> None:
    office = Office(graphql, "u42")
    owner = await office.officer.does(
        "registerOrganisation", name="Đoàn phường", kind="YOUTH_UNION", unit="u18118-2025"
    )
    model = await office.officer.does(
        "draftModel", owner=owner, title="Thứ bảy tình nguyện", field="VHXH", subjectKind="INDIVIDUAL"
    )
    found = (await office.reporter.ask(MODEL, id=model))["node"]
    assert (found["draftedOn"], found["field"]) == (today().isoformat(), "CULTURE_SOCIETY")
    assert found["unit"] == {"id": "u18118-2025", "name": "Phường Nam Hồng Lĩnh", "level": "COMMUNE"}


@pytest.mark.parametrize("first", [7, 56, 100])
async def test_pages_have_every_model_once(town: Office, first: int) -> None:
    cursors = [edge["cursor"] for edge in await pages(town, first, unit=TOWN, year=2018)]
    assert len(cursors) == len(set(cursors)) == SAMPLE
    assert cursors == sorted(cursors, reverse=True)


async def test_new_model_between_two_pages_shifts_no_row(graphql: GraphQL, city_owner: str) -> None:
    office = Office(graphql)
    for _ in range(5):
        await office.draft(city_owner)
    before = [edge["cursor"] for edge in await pages(office, 100)]
    seen: list[str] = []
    after = None
    while True:
        found = (await office.reporter.ask(PAGE, first=2, after=after))["models"]
        seen += [edge["cursor"] for edge in found["edges"]]
        new = await office.draft(city_owner)
        assert new not in seen
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert seen == before


async def test_filters_split_the_sample_as_published(town: Office) -> None:
    async def many(**filter_: Any) -> int:
        return len(await pages(town, 100, year=2018, **filter_))

    fields = {"ECONOMY": 19, "CULTURE_SOCIETY": 67, "DEFENCE_SECURITY": 12, "POLITICAL_SYSTEM": 14}
    assert {field: await many(field=field) for field in fields} == fields
    assert await many(subjectKind="COLLECTIVE") + await many(subjectKind="INDIVIDUAL") == SAMPLE
    assert await many(level="DISTRICT") + await many(level="COMMUNE") == SAMPLE
    assert await many(level="CITY") == 0
    assert await many(field="ECONOMY", level="COMMUNE") + await many(field="ECONOMY", level="DISTRICT") == 19
    asked = '{ unit(id: "u437", on: "2018-06-01") { children(first: 100) { edges { node { id } } } } }'
    below = (await town.reporter.ask(asked))["unit"]["children"]["edges"]
    in_communes = [await many(unit=child["node"]["id"]) for child in below]
    assert sum(in_communes) == await many(level="COMMUNE")


async def test_filter_by_owner_finds_exactly_its_models(town: Office) -> None:
    everything = await pages(town, 100, year=2018)
    owners = [edge["node"]["owner"]["id"] for edge in everything]
    for owner in sorted(set(owners))[:5]:
        found = await pages(town, 3, year=2018, owner=owner)
        assert {edge["node"]["owner"]["id"] for edge in found} == {owner}
        assert len(found) == owners.count(owner)


async def test_filter_without_matches_returns_an_empty_page(town: Office) -> None:
    for filter_ in ({"unit": "nowhere"}, {"owner": "organisation_x"}, {"unit": "u42-2025"}, {"unit": "u436"}):
        assert await pages(town, 10, **filter_) == []


async def test_filter_does_not_widen_the_scope(graphql: GraphQL) -> None:
    ward = Office(graphql, "u18115")
    found = await pages(ward, 100, unit="vn")
    assert found
    assert {edge["node"]["unit"]["id"] for edge in found} == {"u18115"}


async def test_fields_lead_from_a_model_to_its_related_records(town: Office) -> None:
    for edge in await pages(town, 100, year=2018):
        node = edge["node"]
        assert node["owner"]["unit"]["id"] == node["unit"]["id"]
        assert node["unit"]["id"] == TOWN or node["unit"]["parent"]["id"] == TOWN
        assert node["review"]["title"] == node["title"]
        assert node["review"]["model"]["id"] == node["id"]


async def test_record_of_every_kind_is_found_by_its_id(graphql: GraphQL, city_owner: str) -> None:
    office = Office(graphql)
    model = await office.registered(city_owner)
    await graphql.settled()
    activity = await office.supervisor.does(
        "recordActivity",
        kind="SURVEY",
        bodies=[city_owner],
        unit=CITY,
        title="Khảo sát việc bồi thường",
        heldOn="2019-06-01",
    )
    ids = {
        "Model": model,
        "Review": await office.review_of(model),
        "Organisation": city_owner,
        "Activity": activity,
        "Unit": CITY,
    }
    for name, id_ in ids.items():
        found = (await office.reporter.ask("query($id: ID!) { node(id: $id) { __typename id } }", id=id_))[
            "node"
        ]
        assert found == {"__typename": name, "id": id_}
    assert (await office.reporter.ask(MODEL, id="model_" + "0" * 24))["node"] is None


async def test_registered_model_is_in_the_report(graphql: GraphQL, city_owner: str) -> None:
    office = Office(graphql)
    asked = """query { report(unit: "u18073", period: "2019-H1") {
      ... on Report { complete figures { measure total breakdowns { by gap rows { code value } } } } } }"""

    async def registered() -> int:
        await graphql.settled()
        report = (await office.reporter.ask(asked))["report"]
        assert report["complete"]
        assert all(Decimal(b["gap"]) == 0 for figure in report["figures"] for b in figure["breakdowns"])
        return int(next(f["total"] for f in report["figures"] if f["measure"] == "REGISTERED"))

    before = await registered()
    await office.registered(city_owner)
    assert await registered() == before + 1


UNIT = """
query($code: String!, $on: Date) {
  unitByCode(code: $code, on: $on) {
    id name code kind level since until parent { id name }
    predecessors { kind on main document unit { id name until } }
  }
}"""


async def test_code_names_another_unit_on_another_day(town: Office) -> None:
    before = (await town.reporter.ask(UNIT, code="26740", on="2025-06-30"))["unitByCode"]
    after = (await town.reporter.ask(UNIT, code="26740", on="2025-07-01"))["unitByCode"]
    assert (before["name"], before["until"], before["parent"]["name"]) == (
        "Phường Bến Nghé",
        "2025-07-01",
        "Quận 1",
    )
    assert (after["name"], after["since"], after["level"]) == ("Phường Sài Gòn", "2025-07-01", "COMMUNE")
    assert after["id"] != before["id"]
    assert before["predecessors"] == []
    assert {(p["unit"]["name"], p["kind"], p["main"]) for p in after["predecessors"]} == {
        ("Phường Bến Nghé", "MERGE", True),
        ("Phường Đa Kao", "SPLIT", True),
        ("Phường Nguyễn Thái Bình", "SPLIT", False),
    }
    assert (await town.reporter.ask(UNIT, code="26740"))["unitByCode"] == after
    assert (await town.reporter.ask(UNIT, code="437", on="2026-01-01"))["unitByCode"] is None
    assert (await town.reporter.ask(UNIT, code="không có"))["unitByCode"] is None


async def test_town_has_its_six_communes_until_its_end(town: Office) -> None:
    asked = """query($on: Date) { unit(id: "u437", on: $on) {
      name level until parent { id name parent { id } } children(first: 100) { edges { node { name } } } } }"""
    names = ["Bắc Hồng", "Nam Hồng", "Trung Lương", "Đức Thuận", "Đậu Liêu"]
    then = (await town.reporter.ask(asked, on="2018-06-01"))["unit"]
    below = [edge["node"]["name"] for edge in then["children"]["edges"]]
    assert below == [*(f"Phường {name}" for name in names), "Xã Thuận Lộc"]
    assert then["parent"] == {"id": "u42", "name": "Tỉnh Hà Tĩnh", "parent": {"id": "vn"}}
    assert (await town.reporter.ask(asked))["unit"] == then  # as it was on its last day
    assert (await town.reporter.ask(asked, on="2026-03-01"))["unit"] is None


async def test_units_of_one_name_are_distinguished_by_their_parents(town: Office) -> None:
    async def unit(id_: str, on: str) -> dict[str, Any] | None:
        asked = "query($id: ID!, $on: Date) { unit(id: $id, on: $on) { name level parent { name } } }"
        found: dict[str, Any] | None = (await town.reporter.ask(asked, id=id_, on=on))["unit"]
        return found

    assert await unit("u009", "2017-12-31") == {
        "name": "Quận Thanh Xuân",
        "level": "DISTRICT",
        "parent": {"name": "Thành phố Hà Nội"},
    }
    assert await unit("u00433", "2017-12-31") == {
        "name": "Xã Thanh Xuân",
        "level": "COMMUNE",
        "parent": {"name": "Huyện Sóc Sơn"},
    }
    assert await unit("u00367-2025", "2025-07-01") == {
        "name": "Phường Thanh Xuân",
        "level": "COMMUNE",
        "parent": {"name": "Thành phố Hà Nội"},
    }
    assert await unit("u00367-2025", "2025-06-30") is None


async def test_sub_units_come_in_pages_by_code(town: Office) -> None:
    asked = """query($after: String) { unit(id: "u437", on: "2018-06-01") { children(first: 4, after: $after) {
      edges { cursor node { code } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }"""
    first = (await town.reporter.ask(asked))["unit"]["children"]
    assert first["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False, "endCursor": "18124"}
    rest = (await town.reporter.ask(asked, after="18124"))["unit"]["children"]
    assert [edge["node"]["code"] for edge in rest["edges"]] == ["18127", "18130"]
    assert rest["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True, "endCursor": "18130"}
