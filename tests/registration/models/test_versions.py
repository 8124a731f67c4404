"""A client can cache an answer: it is sent again only after a record behind it has changed."""

import json
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import Office

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODEL = "query($id: ID!) { node(id: $id) { ... on Model { title state owner { name } unit { name } } } }"
PAGE = """query($unit: ID!, $first: Int!) {
  models(first: $first, filter: { unit: $unit }) { edges { node { title } } pageInfo { hasNextPage } }
}"""
REPORT = """query($unit: ID!, $period: String!) {
  report(unit: $unit, period: $period) { ... on Report { figures { total } } }
}"""


class Reader:
    def __init__(self, graphql: GraphQL, token: str) -> None:
        self._graphql = graphql
        self._token = token

    async def read(self, query: str, held: str = "", **variables: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}", **({"If-None-Match": held} if held else {})}
        params = {"query": query, "variables": json.dumps(variables)}
        return await self._graphql.http.get(self._graphql.url, params=params, headers=headers)


@pytest.fixture
def office(graphql: GraphQL) -> Office:
    return Office(graphql)


@pytest.fixture
def reader(graphql: GraphQL, office: Office) -> Reader:
    return Reader(graphql, office.reporter.token)


@pytest_asyncio.fixture(loop_scope="session")
async def model(office: Office) -> str:
    return await office.draft(await office.organisation())


async def test_etag_is_the_same_until_the_records_behind_the_answer_change(
    office: Office, reader: Reader, model: str
) -> None:
    first = await reader.read(MODEL, id=model)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    again = await reader.read(MODEL, tag, id=model)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await reader.read(MODEL, tag.removeprefix("W/"), id=model)).status_code == 304

    await office.officer.does("submitModel", model=model, on="2019-02-10")
    changed = await reader.read(MODEL, tag, id=model)
    assert changed.status_code == 200
    assert changed.json()["data"]["node"]["state"] == "SUBMITTED"
    assert changed.headers["etag"] != tag


async def test_etag_of_a_page_changes_with_a_new_row(office: Office, reader: Reader, model: str) -> None:
    wanted: dict[str, Any] = {"unit": office.unit, "first": 3}
    tag = (await reader.read(PAGE, **wanted)).headers["etag"]
    assert (await reader.read(PAGE, f'"x", {tag}', **wanted)).status_code == 304
    await office.draft(await office.organisation())
    assert (await reader.read(PAGE, tag, **wanted)).status_code == 200


async def test_etag_differs_between_queries_and_between_rights(
    graphql: GraphQL, office: Office, reader: Reader, model: str
) -> None:
    tag = (await reader.read(MODEL, id=model)).headers["etag"]
    other = Reader(graphql, graphql.token(Role.APPRAISER, office.unit))
    assert (await other.read(MODEL, tag, id=model)).status_code == 200
    assert (await reader.read(MODEL.replace("title", "version"), tag, id=model)).status_code == 200
    assert (await reader.read(MODEL, tag, id=model + "x")).status_code == 200


async def test_unchanged_report_is_not_sent_again(reader: Reader, office: Office) -> None:
    wanted: dict[str, Any] = {"unit": office.unit, "period": "2017"}
    tag = (await reader.read(REPORT, **wanted)).headers["etag"]
    assert tag.startswith('W/"')


async def test_error_and_answer_without_a_service_have_no_etag(reader: Reader) -> None:
    for query in ("{ models(first: 101) { edges { cursor } } }", "{ __typename }", "{ nope }"):
        reply = await reader.read(query)
        assert "etag" not in reply.headers
        assert reply.headers["cache-control"] == "no-store"
