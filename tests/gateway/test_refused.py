"""The running gateway refuses expensive requests with a clear code, and goes on serving usual ones."""

import asyncio
import json
from collections.abc import AsyncGenerator
from types import SimpleNamespace

import pytest
import pytest_asyncio

from gateway.callers.delegating import Delegating
from gateway.engine.policy import Policy
from gateway.fields.errors import SHOWN
from gateway.fields.loader import Loader
from gateway.schema import schema
from services.kernel.caller import Caller, Grant, Tokens
from services.kernel.messages import Role
from services.kernel.messaging import client
from services.kernel.messaging.client import Client
from tests.conftest import GraphQL
from tests.gateway.corpus import Bomb, bombs
from tests.gateway.test_bad_input import readable
from tests.people import WARD, Person, counts, fresh, mutation

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOMBS = bombs()
PAGE = """{ models(first: 50) { edges { node {
    id title owner { id name } unit { id name } review { id verdict reason }
} } pageInfo { hasNextPage } } }"""
SECRET = "Bí mật của riêng tôi"


async def test_each_bomb_has_its_own_name() -> None:
    assert len(BOMBS) >= 40
    assert len({(bomb.code, bomb.name) for bomb in BOMBS}) == len(BOMBS)


async def test_every_bomb_is_refused_with_its_code(graphql: GraphQL) -> None:
    async def thrown(bomb: Bomb) -> str:
        officer = graphql.token(Role.OFFICER, name=f"bomber of {bomb.name}")
        headers = {"Content-Type": "application/json"}
        if not bomb.anonymous:
            headers["Authorization"] = f"Bearer {officer}"
        reply = await graphql.http.post(graphql.url, content=bomb.body, headers=headers)
        answer = readable(reply)
        assert not answer.get("data")
        assert 1 <= len(answer["errors"]) <= SHOWN
        for error in answer["errors"]:
            assert error["extensions"]["vi"] != error["extensions"]["en"]
            assert len(error["message"]) < 1_000
        assert len(answer["extensions"]["traceId"]) == 32
        return str(answer["errors"][0]["extensions"]["code"])

    found = {(bomb.code, bomb.name): await thrown(bomb) for bomb in BOMBS}
    assert {name: code for name, code in found.items() if code != name[0]} == {}


async def test_usual_query_passes_and_shows_its_cost(graphql: GraphQL) -> None:
    leader = graphql.token(Role.LEADER)
    answer = (await graphql.post({"query": PAGE}, leader)).json()
    assert "errors" not in answer
    cost = answer["extensions"]["cost"]
    assert 100 < cost["requested"] < cost["limit"] / 10
    assert 0 < cost["remaining"] < graphql.settings.rate_person


async def test_many_operations_of_one_caller_pass(graphql: GraphQL) -> None:
    officer = graphql.token(Role.OFFICER, name="loader")
    for _ in range(4):
        replies = await asyncio.gather(*(graphql.post({"query": PAGE}, officer) for _ in range(10)))
        assert all("errors" not in reply.json() for reply in replies)


async def test_refused_operation_is_logged_by_hash_without_its_text(graphql: GraphQL) -> None:
    text = "query($titel: String!) { nope(title: $titel, secret: 1234567) }"
    officer = graphql.token(Role.OFFICER)
    await graphql.post({"query": text, "variables": {"titel": SECRET}}, officer)
    log = (graphql.settings.var / "log" / "gateway.log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if '"refused operation"' in line]
    assert lines[-1]["codes"] == ["graphql-invalid"]
    assert len(lines[-1]["operation"]) == 16
    assert len(lines[-1]["trace_id"]) == 32
    assert SECRET not in log
    assert "1234567" not in log


@pytest_asyncio.fixture(loop_scope="session")
async def impatient(graphql: GraphQL) -> AsyncGenerator[SimpleNamespace, None]:
    """The context of an operation in a gateway whose operations may take one millisecond."""
    settings = graphql.settings
    nats = await client.connect(settings, "gateway")
    tokens = Tokens.from_file("gateway", settings.secrets_of("gateway") / "caller.private.json")
    caller = Caller(id="impatient", name="Impatient", grants=(Grant(role=Role.OFFICER, unit="u436"),))
    yield SimpleNamespace(
        loader=Loader(Delegating(Client(nats, tokens, timeout=5)), caller),
        nats=nats,
        policy=Policy(settings.model_copy(update={"operation_timeout": 0.001})),
        caller=caller,
        address="",
    )
    await nats.close()


async def test_timed_out_command_has_one_effect_when_repeated(
    graphql: GraphQL, impatient: SimpleNamespace
) -> None:
    before = await counts(graphql)
    key, text = fresh(), mutation("registerOrganisation")
    entered = {"name": "Hội chậm", "kind": "FARMERS_UNION", "unit": WARD, "on": "2019-01-02"}
    result = await schema.execute(text, {"key": key, "input": entered}, impatient)
    assert [(error.extensions or {})["code"] for error in result.errors or ()] == ["timeout"]
    patient = Person(graphql, Role.OFFICER, name="impatient")
    made = [await patient.does("registerOrganisation", key, **entered) for _ in range(2)]
    assert made[0] == made[1]
    after = await counts(graphql)
    assert {name: n - before[name] for name, n in after.items() if n != before[name]} == {
        "registration.organisations": 1,
        "registration.log": 1,
    }
