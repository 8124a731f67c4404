"""A query plan gives the same bytes as the reference executor, errors and their paths included, for any query."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import pytest_asyncio
from graphql import build_client_schema, build_schema, find_breaking_changes, get_introspection_query
from motor.motor_asyncio import AsyncIOMotorClient

from gateway.callers.delegating import Delegating
from gateway.engine.executor import PlanningExecutor, execute_planned
from gateway.engine.plan import Execution, QueryPlan
from gateway.engine.policy import Policy
from gateway.engine.query_cache import query_cache
from gateway.fields.loader import Loader
from gateway.schema import schema
from infra.run.stack import Stack
from services.kernel.caller import Caller, Grant, Tokens
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER, mongo_login
from services.kernel.messages import Role, Unavailable
from services.kernel.messaging import client
from services.kernel.messaging.client import Client
from services.registration.delegations.messages import EffectiveGrants
from tests.gateway.fuzz.documents import Style, Written, document

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUERIES = sorted((Path(__file__).parent / "queries").glob("*.graphql"))
ALL = frozenset(Role)
OPEN = Policy(
    Settings(
        rate_anonymous=0,
        rate_person=0,
        rate_address=0,
        cost_anonymous=10**6,
        cost_person=10**6,
        introspection=True,
    )
)
CALLERS = {
    "everybody in the country": Caller(
        id="all", name="", grants=tuple(Grant(role=role, unit="vn") for role in sorted(ALL))
    ),
    "a leader of the town": Caller(id="leader", name="", grants=(Grant(role=Role.LEADER, unit="u437"),)),
    "somebody without a role": Caller(id="none", name=""),
    "nobody": None,
}


class InOrder(Client):
    """Sends one request at a time: the order of two errors must not depend on the speed of the services."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn = asyncio.Lock()
        self.asked: list[Any] = []

    async def ask(self, message: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(message, EffectiveGrants):  # repeated every few seconds, whatever the query is
            self.asked.append(message)
        async with self._turn:
            return await super().ask(message, *args, **kwargs)


@dataclass(frozen=True)
class Asking:
    """Runs a document in this process, by a plan or by the reference executor. The stack's services answer."""

    client: Delegating
    orders: InOrder
    ids: dict[str, list[str]]

    async def answer(self, made: Written, caller: Caller | None) -> bytes:
        context = SimpleNamespace(
            loader=Loader(self.client, caller), nats=None, policy=OPEN, caller=caller, address=""
        )
        result = await schema.execute(
            made.query,
            variable_values=made.variables,
            operation_name=made.operation,
            context_value=context,
        )
        errors = [error.formatted for error in result.errors or ()]
        for error in errors:
            # Only the trace id differs from run to run.
            error.get("extensions", {}).pop("traceId", None)
        return orjson.dumps({"data": result.data, "errors": errors})

    async def both(self, made: Written, caller: Caller | None) -> tuple[bytes, bytes]:
        with planned(True):
            ours = await self.answer(made, caller)
            again = await self.answer(made, caller)
        assert ours == again, f"the second time differs\n{made.query}\n{made.variables}"
        with planned(False):
            return ours, await self.answer(made, caller)


@contextmanager
def planned(on: bool) -> Iterator[None]:
    before, PlanningExecutor.on = PlanningExecutor.on, on
    try:
        yield
    finally:
        PlanningExecutor.on = before


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asking(stack: tuple[Stack, Settings]) -> AsyncGenerator[Asking, None]:
    _, settings = stack
    nats = await client.connect(settings, "gateway")
    tokens = Tokens.from_file("gateway", settings.secrets_of("gateway") / "caller.private.json")
    services = InOrder(nats, tokens, timeout=5)
    page = Written(
        """{ models(first: 100) { edges { node { id owner { id } review { id } } } }
             activities(first: 5) { edges { node { id } } } }""",
        {},
        None,
    )
    made = Asking(Delegating(services), services, {})
    data = orjson.loads(await made.answer(page, CALLERS["everybody in the country"]))["data"]
    models = [edge["node"] for edge in data["models"]["edges"]]
    made.ids["model_"] = [model["id"] for model in models]
    made.ids["organisation_"] = [model["owner"]["id"] for model in models]
    made.ids["review_"] = [model["review"]["id"] for model in models if model["review"]]
    made.ids["activity_"] = [edge["node"]["id"] for edge in data["activities"]["edges"]]
    made.ids["units"] = ["vn", "u42", "u437", "u18115-2025", "u18115", "u436", "u439"]
    yield made
    await nats.close()


def style(ids: dict[str, list[str]], random: Random) -> Style:
    """Most arguments find a record; a few are invalid or find none."""
    all_ids = [id_ for some in ids.values() for id_ in some[:4]]

    def some(*values: Any) -> Any:
        return lambda random: random.choice(values)

    return Style(
        size=random.choice((5, 15, 40, 80)),
        introspection=random.random() < 0.1,
        arguments={
            "first": some(*(1, 2, 3) * 6, 0, None),
            "last": some(*[None] * 12, 1),
            "after": some(*[None] * 12, ids["model_"][3], "18115", "x"),
            "before": some(*[None] * 12, ids["model_"][0], "x"),
            "Query.node.id": some(*all_ids, "x", "u437@x", "model_" + "0" * 24),
            "unit": some(*ids["units"], "x"),
            "Query.unit.id": some(*ids["units"], "x", "u437<2018-01-01"),
            "on": some(None, "2018-05-05", "2025-07-01", "1700-01-01"),
            "code": some("18115", "42", "26740", "x"),
            "period": some(*("2018", "2018-H1", "2019") * 3, "x"),
            "owner": some(None, *ids["organisation_"][:2]),
            "name": some("Thanh Xuân", "nam hong", "x"),
            "since": some("2018-05-05", "2025-07-01"),
            "text": some("dan van kheo", "đường", ""),
        },
    )


async def test_plan_and_reference_agree_on_generated_queries(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_plan = shortly = with_data = with_errors = 0
    run = QueryPlan.run

    async def counted(plan: QueryPlan, operation: Execution) -> Any:
        nonlocal by_plan
        answer = await run(plan, operation)
        by_plan += 1
        return answer

    async def counted_known(*asked: Any) -> Any:
        nonlocal shortly
        answer = await execute_planned(*asked)
        shortly += answer is not None
        return answer

    monkeypatch.setattr(QueryPlan, "run", counted)
    monkeypatch.setattr("gateway.schema.execute_planned", counted_known)
    for seed in range(480):
        random = Random(seed)
        made = document(schema._schema, random, style(asking.ids, random))
        caller = random.choice((*[CALLERS["everybody in the country"]] * 3, *CALLERS.values()))
        ours, theirs = await asking.both(made, caller)
        assert ours == theirs, f"seed {seed}\n{made.query}\n{made.variables}"
        with_data += b'"data":{' in ours
        with_errors += b'"errors":[]' not in ours
    assert by_plan > 140
    assert shortly > 70
    assert with_data > 100
    assert with_errors > 20


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
async def test_plan_and_reference_agree_on_the_corpus(asking: Asking, file: Path) -> None:
    variables = {
        "unit": "u437",
        "period": "2018",
        "model": asking.ids["model_"][0],
        "first": 20,
        "yes": True,
        "no": False,
    }
    for caller in CALLERS.values():
        ours, theirs = await asking.both(Written(file.read_text(), variables, None), caller)
        assert ours == theirs
    assert b'"errors":[]' in (
        await asking.answer(Written(file.read_text(), variables, None), CALLERS["everybody in the country"])
    )


@pytest.mark.parametrize(
    "variables", [{"unit": None}, {"first": None}, {"no": None}, {"unit": None, "first": None}], ids=str
)
async def test_plan_and_reference_agree_on_null_for_an_argument_with_default(
    asking: Asking, variables: dict[str, Any]
) -> None:
    query = (QUERIES[0].parent / "nullvariable.graphql").read_text()
    ours, theirs = await asking.both(Written(query, variables, None), CALLERS["everybody in the country"])
    assert ours == theirs
    assert b'"errors":[{' in ours


async def test_whole_schema_can_be_introspected(asking: Asking) -> None:
    query = get_introspection_query(input_value_deprecation=True, one_of=True, specified_by_url=True)
    answer = await asking.answer(Written(query, {}, None), CALLERS["everybody in the country"])
    found = orjson.loads(answer)
    assert found["errors"] == []
    served, seen = build_schema(schema.as_str()), build_client_schema(found["data"])
    assert find_breaking_changes(served, seen) == find_breaking_changes(seen, served) == []


@pytest.mark.parametrize("by_plan", [True, False], ids=["by plan", "by reference"])
async def test_query_asks_once_for_each_type_and_level(asking: Asking, by_plan: bool) -> None:
    page = Written(
        """{ models(first: 50) { edges { node {
             title owner { name unit { name } } unit { code parent { level } } review { verdict } } } } }""",
        {},
        None,
    )
    everybody = CALLERS["everybody in the country"]
    await asking.answer(page, everybody)  # so that the delegated grants are in the cache
    asking.orders.asked.clear()
    with planned(by_plan):
        assert b'"errors":[]' in await asking.answer(page, everybody)
    asked = {
        f"{type(message).__name__} {sorted(column(source) for source in message.fields.values())}"
        for message in asking.orders.asked
    }
    assert asked == {
        "ModelsPage ['id', 'owner', 'title', 'unit']",
        "OrganisationsById ['name', 'unit']",
        "UnitsOnDay ['code', 'parent']",
        "ReviewsByModel ['verdict']",
        "UnitsOnDay ['name']",
        "UnitsOnDay ['level']",
    }
    assert len(asking.orders.asked) == len(asked)


def column(source: Any) -> str:
    return str(source).removeprefix(source[:2] if source.startswith(">") else "")


async def test_plan_and_reference_agree_on_null_in_a_non_null_field(
    asking: Asking, stack: tuple[Stack, Settings]
) -> None:
    _, settings = stack
    model, other = asking.ids["model_"][:2]
    query = """query($a: ID!, $b: ID!) {
      a: node(id: $a) { id ... on Model { state title } } b: node(id: $b) { ... on Model { titel: title } }
      models(first: 100) { edges { node { title } } }
    }"""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        settings.mongo, **mongo_login(settings, OPERATOR_USER)
    )
    models = client[f"{settings.mongo_prefix}_registration"].models
    before = await models.find_one({"_id": model})
    assert before is not None
    try:
        await models.update_one({"_id": model}, {"$set": {"title": None}})
        made = Written(query, {"a": model, "b": other}, None)
        ours, theirs = await asking.both(made, CALLERS["everybody in the country"])
    finally:
        await models.replace_one({"_id": model}, before)
        client.close()
    assert ours == theirs
    errors = orjson.loads(ours)["errors"]
    assert ["a", "title"] in [error["path"] for error in errors]


class Away:
    async def ask(self, *_: Any, **__: Any) -> Any:
        raise Unavailable("nobody there", "0" * 32)


class Silent:
    async def ask(self, *_: Any, **__: Any) -> Any:
        await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("settings", "services", "variables", "code", "shortly"),
    [
        ({}, None, {"n": 5}, None, True),
        ({"cost_service": 3}, None, {"n": 50}, "cost-too-high", True),
        ({"operation_timeout": 0.01}, Silent(), {"n": 5}, "timeout", True),
        ({}, Away(), {"n": 5}, "unavailable", True),
        ({}, None, {"n": "five"}, "graphql-invalid", False),
        ({}, None, {}, "graphql-invalid", False),
    ],
    ids=["answered", "too much", "too late", "unavailable", "wrong variable", "missing variable"],
)
async def test_rules_hold_for_a_repeated_query(
    asking: Asking,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    services: Any,
    variables: dict[str, Any],
    code: str | None,
    shortly: bool,
) -> None:
    """A query with a plan has the same budget, refusals, time limit, counters and answers as one without a plan."""
    ways: list[bool] = []

    async def noted(*asked: Any) -> Any:
        answer = await execute_planned(*asked)
        ways.append(answer is not None)
        return answer

    monkeypatch.setattr("gateway.schema.execute_planned", noted)
    text = "query Rules($n: Int!) { models(first: $n) { edges { node { id } } } }"
    caller = CALLERS["everybody in the country"]
    policy = Policy(Settings(rate_person=0, rate_service=0, rate_address=0, **settings))

    async def ask(client: Any, policy: Policy, variables: dict[str, Any]) -> Any:
        loader = Loader(client, caller)
        context = SimpleNamespace(loader=loader, nats=None, policy=policy, caller=caller, address="")
        result = await schema.execute(text, variables, context, operation_name="Rules")
        extensions = dict(result.extensions or {})
        assert int(extensions.pop("traceId"), 16)
        errors = [(error.path, (error.extensions or {}).get("code")) for error in result.errors or ()]
        counted = (dict(policy.metrics.requests), dict(policy.metrics.errors), policy.metrics.costs[:])
        return type(result), orjson.dumps(result.data), errors, extensions, counted

    query_cache.cache_clear()
    client = services or asking.client
    *long, counted_long = await ask(client, policy, variables)
    await ask(asking.client, OPEN, {"n": 1})  # so that there is a plan, whatever the first result was
    *short, counted_short = await ask(client, policy, variables)
    assert long == short
    assert [code for _, code in long[2]] == ([code] if code else [])
    assert (ways[0], ways[2]) == (False, shortly)
    for once, twice in zip(counted_long[:2], counted_short[:2], strict=True):
        assert {name: 2 * n for name, n in once.items()} == twice
    assert [2 * n for n in counted_long[2]] == counted_short[2]


async def test_similar_values_are_not_mixed_up(asking: Asking) -> None:
    text = """query Same($n: Int, $yes: Boolean!) {
        models(first: $n) { edges { node { id title @include(if: $yes) } } } }"""
    for variables in (
        {"n": 1, "yes": True},
        {"n": 1.0, "yes": True},
        {"n": True, "yes": True},
        {"n": "1", "yes": True},
        {"n": 1, "yes": 1},
        {"n": 1, "yes": False},
        {"n": None, "yes": False},
        {"yes": False},
        {"n": 1, "yes": True, "more": 2},
    ):
        ours, theirs = await asking.both(Written(text, variables, None), CALLERS["everybody in the country"])
        assert ours == theirs, variables
