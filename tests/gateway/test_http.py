"""GraphQL over HTTP follows its specification, and keeps its promises to browsers and clients."""

import hashlib
import json
from typing import Any

import httpx
import pytest

from gateway.persisted import FILE as MANIFEST
from gateway.transport.headers import SECURITY
from infra.operate.report_view import REPORT
from services.kernel.messages import Role
from tests import npm
from tests.conftest import GraphQL, gateway_with
from tests.people import TOWN

pytestmark = pytest.mark.asyncio(loop_scope="session")

TYPENAME = "{ __typename }"
NEW = {"Accept": "application/graphql-response+json"}
ORIGIN = "https://danvan.example.vn"


def hashed(hash_: str, **more: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_}}, **more}


def code(reply: httpx.Response) -> str:
    return str(reply.json()["errors"][0]["extensions"]["code"])


@pytest.fixture
def bearer(graphql: GraphQL) -> dict[str, str]:
    return {"Authorization": f"Bearer {graphql.token(Role.REPORTER, TOWN)}"}


async def test_all_audits_of_the_specification_pass(graphql: GraphQL, node_packages: None) -> None:
    found = await npm.node("audits.mjs", url=graphql.url, token=graphql.token(Role.REPORTER, TOWN))
    assert len(found) == 61
    assert [audit for audit in found if audit["status"] != "ok"] == []


async def test_answer_has_data_only_if_a_field_ran(graphql: GraphQL, bearer: dict[str, str]) -> None:
    async def asked(query: str) -> tuple[int, bool]:
        reply = await graphql.http.post(graphql.url, json={"query": query}, headers=NEW | bearer)
        assert reply.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
        return reply.status_code, "data" in reply.json()

    assert await asked("{ nope }") == (400, False)
    assert await asked("query A { __typename } query B { __typename }") == (400, False)
    assert await asked("subscription { reviewEvents { id } }") == (400, False)
    assert await asked("query($first: Int!) { models(first: $first) { edges { cursor } } }") == (400, False)
    assert await asked("{ models(first: 101) { edges { cursor } } }") == (200, True)


async def test_unacceptable_media_type_is_refused(graphql: GraphQL, bearer: dict[str, str]) -> None:
    reply = await graphql.http.post(
        graphql.url, json={"query": TYPENAME}, headers=bearer | {"Accept": "text/html"}
    )
    assert (reply.status_code, code(reply)) == (406, "not-acceptable")


async def test_head_is_a_get_without_body(graphql: GraphQL, bearer: dict[str, str]) -> None:
    got, head = [
        await graphql.http.request(method, graphql.url, params={"query": TYPENAME}, headers=bearer)
        for method in ("GET", "HEAD")
    ]
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))


async def test_options_lists_allowed_methods(graphql: GraphQL) -> None:
    reply = await graphql.http.options(graphql.url)
    assert (reply.status_code, reply.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert "access-control-allow-origin" not in reply.headers


async def test_every_response_has_security_headers_and_no_answer_is_cached(
    graphql: GraphQL, bearer: dict[str, str]
) -> None:
    url = graphql.url
    replies = [
        await graphql.http.post(url, json={"query": TYPENAME}, headers=bearer),
        await graphql.http.post(url, json={"query": TYPENAME}, headers={"Authorization": "Bearer no"}),
        await graphql.http.post(url, content=b"{"),
        await graphql.http.request("PUT", url),
        await graphql.http.options(url),
        *[await graphql.http.get(url.replace("/graphql", path)) for path in ("/healthz", "/readyz", "/no")],
        await graphql.http.get(url.replace("/graphql", "/graphiql/console.js")),
    ]
    for reply in replies:
        assert {name.decode() for name, _ in SECURITY} <= set(reply.headers), reply.url
        assert "'unsafe-" not in reply.headers["content-security-policy"]
    assert [reply.headers["cache-control"] for reply in replies[:4]] == ["no-store"] * 4


async def test_page_of_another_site_needs_a_preflight(graphql: GraphQL, bearer: dict[str, str]) -> None:
    """Requests that a form or an image on such a page can send are refused before they are read."""
    simple = await graphql.http.get(graphql.url, params={"query": TYPENAME})
    assert (simple.status_code, code(simple)) == (400, "preflight-missing")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        reply = await graphql.http.post(graphql.url, content=b"{}", headers={"Content-Type": kind})
        assert reply.status_code == 415
    announced = {"GraphQL-Preflight": "1"}
    known = hashed(hashlib.sha256(REPORT.encode()).hexdigest())["extensions"]
    params = {"extensions": json.dumps(known), "variables": '{"unit": "u437", "period": "2018"}'}
    assert code(await graphql.http.get(graphql.url, params=params, headers=announced)) == "unauthenticated"


async def test_registered_operation_runs_by_its_hash(graphql: GraphQL, bearer: dict[str, str]) -> None:
    body = hashed(hashlib.sha256(REPORT.encode()).hexdigest())
    body["variables"] = {"unit": TOWN, "period": "2018"}
    posted = await graphql.http.post(graphql.url, json=body, headers=bearer)
    assert posted.json()["data"]["report"]["unitId"] == TOWN
    params = {name: json.dumps(value) for name, value in body.items()}
    got = await graphql.http.get(graphql.url, params=params, headers=bearer)
    assert got.json()["data"] == posted.json()["data"]


async def test_unknown_hash_gets_the_message_of_apollos_protocol(
    graphql: GraphQL, bearer: dict[str, str]
) -> None:
    reply = await graphql.http.post(graphql.url, json=hashed("0" * 64), headers=bearer)
    assert reply.status_code == 200
    assert reply.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    # Such clients then send the document. The gateway runs it, and does not register it.
    hash_ = hashlib.sha256(TYPENAME.encode()).hexdigest()
    sent = await graphql.http.post(graphql.url, json=hashed(hash_, query=TYPENAME), headers=bearer)
    assert sent.json()["data"] == {"__typename": "Query"}
    again = await graphql.http.post(graphql.url, json=hashed(hash_), headers=bearer | NEW)
    assert (again.status_code, code(again)) == (400, "persisted-not-found")


async def test_only_registered_operations_run_without_a_token(graphql: GraphQL) -> None:
    reply = await graphql.post({"query": TYPENAME})
    assert (reply.status_code, code(reply)) == (401, "unauthenticated")
    assert reply.headers["www-authenticate"] == "Bearer"
    for text in json.loads(MANIFEST.read_text()).values():
        variables = {"unit": TOWN, "period": "2018", "first": 1, "key": "k", "input": {}}
        reply = await graphql.post({"query": text, "variables": variables})
        assert reply.status_code == 200, reply.text


async def test_setting_decides_who_runs_unregistered_operations(graphql: GraphQL) -> None:
    token = graphql.token(Role.REPORTER, TOWN)
    registered = {"query": REPORT, "variables": {"unit": TOWN, "period": "2018"}}
    async with gateway_with(graphql, persisted_only="everyone") as strict:
        for caller in (None, token):
            reply = await strict.post({"query": TYPENAME}, caller)
            assert (reply.status_code, code(reply)) == (403, "persisted-only")
        assert (await strict.post(registered, token)).json()["data"]
    async with gateway_with(graphql, persisted_only="nobody") as open_:
        assert (await open_.post({"query": TYPENAME})).json()["data"] == {"__typename": "Query"}


async def test_pages_of_listed_origins_may_ask(graphql: GraphQL, bearer: dict[str, str]) -> None:
    wish = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with gateway_with(graphql, cors_origins=f"{ORIGIN}, https://other.example/") as shared:
        for origin, answer in ((ORIGIN, ORIGIN), ("https://evil.example", None)):
            asked = await shared.http.options(shared.url, headers={"Origin": origin, **wish})
            assert asked.headers.get("access-control-allow-origin") == answer
            sent = await shared.http.post(
                shared.url, json={"query": TYPENAME}, headers={"Origin": origin, **bearer}
            )
            assert sent.headers.get("access-control-allow-origin") == answer
            assert "access-control-allow-credentials" not in sent.headers
    closed = await graphql.http.options(graphql.url, headers={"Origin": ORIGIN, **wish})
    assert "access-control-allow-origin" not in closed.headers


async def test_graphiql_needs_no_other_host_and_can_be_switched_off(graphql: GraphQL) -> None:
    base = graphql.url.replace("/graphql", "/graphiql/")
    page = await graphql.http.get(base)
    assert page.status_code == 200
    assert "//" not in page.text.replace("<!doctype", "")
    for asset in ("vendor/graphiql.min.js", "vendor/graphiql.min.css", "console.js", "examples.json"):
        assert (await graphql.http.get(base + asset)).status_code == 200
    for elsewhere in ("../app.py", "%2e%2e/app.py", "vendor/../../guard.py", "nothing"):
        assert (await graphql.http.get(base + elsewhere)).status_code == 404
    async with gateway_with(graphql, graphiql=False) as without:
        assert (await without.http.get(without.url.replace("/graphql", "/graphiql/"))).status_code == 404
