"""The rules for operations, on a schema of their own: time limits, errors, suggestions, budgets and counters."""

import asyncio
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import strawberry
from strawberry.types import ExecutionResult

from gateway.callers.delegating import Delegating
from gateway.callers.identity import Identity
from gateway.engine.metrics import Metrics
from gateway.engine.policy import BRIEF, Kind, Policed, Policy, Turns, kind_of
from gateway.engine.query_cache import query_cache
from gateway.fields.errors import SHOWN
from gateway.operations import Operations
from gateway.schema import schema
from gateway.transport.http import Http
from infra.secure.credentials import make_secrets
from services.kernel.caller import Caller, Grant, Tokens
from services.kernel.config import Settings
from services.kernel.messages import Refused, Role, Unavailable
from services.kernel.messaging.client import Client
from services.kernel.messaging.wire import Connection

PERSON = Caller(id="p", name="P", grants=(Grant(role=Role.OFFICER, unit="u1"),))
OPERATOR = Caller(id="o", name="O", grants=(Grant(role=Role.OPERATOR, unit="vn"),))
done: list[str] = []


@strawberry.type
class Thing:
    name: str

    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError("the password is 1234")

    @strawberry.field
    def refused(self) -> str | None:
        raise Refused("own-work", "review", vi="Không được.", en="Not allowed.")

    @strawberry.field
    def away(self) -> str:
        raise Unavailable("nobody there", "0" * 32)


@strawberry.type
class Query:
    one: Thing

    @strawberry.field
    def things(self, first: int) -> list[Thing]:
        return [Thing(name=str(number)) for number in range(first)]

    @strawberry.field
    async def slow(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        done.append("slow")
        return "done"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        done.append("change")
        return "done"


SCHEMA = strawberry.Schema(Query, Mutation, extensions=[Policed])


@dataclass
class Context:
    policy: Policy
    caller: Caller | None = PERSON
    address: str = "192.0.2.1"


@dataclass
class Asking:
    """One gateway process with the settings of a test."""

    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.policy = Policy(Settings(**self.settings))

    async def ask(self, query: str, caller: Caller | None = PERSON, **variables: Any) -> ExecutionResult:
        context = Context(self.policy, caller)
        root = Query(one=Thing(name="one"))
        return await SCHEMA.execute(query, variables, context, root)

    async def code(self, query: str, caller: Caller | None = PERSON, **variables: Any) -> str:
        return str(codes(await self.ask(query, caller, **variables))[0])


def codes(result: ExecutionResult) -> list[Any]:
    return [(error.extensions or {})["code"] for error in result.errors or ()]


async def test_operation_over_its_time_limit_ends_with_advice() -> None:
    done.clear()
    asking = Asking({"operation_timeout": 0.05})
    asking.policy.turns = Turns(60)  # the pause after parsing can be longer than this time limit
    for text in ("{ slow(seconds: 5) }", "mutation { change(seconds: 5) }"):
        result = await asking.ask(text)
        assert codes(result) == ["timeout"]
        assert result.data is None
        assert "idempotencyKey" in result.errors[0].message if result.errors else False
    assert done == []
    assert asking.policy.metrics.errors == {"timeout": 2}


async def test_operation_within_its_time_limit_is_not_cancelled() -> None:
    asking = Asking({"operation_timeout": 5.0})
    assert (await asking.ask("{ slow(seconds: 0.01) }")).data == {"slow": "done"}
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_cancelled_request_is_not_reported_as_timeout() -> None:
    asking = Asking({"operation_timeout": 5.0})
    task = asyncio.create_task(asking.ask("{ slow(seconds: 5) }"))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_at_most_five_errors_are_shown_and_the_others_counted() -> None:
    result = await Asking().ask("{ things(first: 12) { name refused } }")
    assert codes(result) == ["own-work"] * SHOWN
    assert result.extensions is not None
    assert result.extensions["moreErrors"] == 7
    many = await Asking().ask("{ " + " ".join(f"nope{i}" for i in range(9)) + " }")
    assert len(codes(many)) == SHOWN
    assert many.extensions is not None
    assert many.extensions["moreErrors"] == 4
    few = await Asking().ask("{ things(first: 5) { name refused } }")
    assert "moreErrors" not in (few.extensions or {})


async def test_internal_error_is_masked_and_refusal_is_not() -> None:
    result = await Asking().ask("{ one { broken } }")
    assert codes(result) == ["internal"]
    assert "password" not in str([error.formatted for error in result.errors or ()])
    assert await Asking().code("{ one { refused } }") == "own-work"
    assert await Asking().code("{ one { away } }") == "unavailable"


async def test_names_are_suggested_only_to_callers_who_may_see_the_schema() -> None:
    wrong = ["{ one { nam } }", "query($a: Int!) { thing(first: $a) { name } }"]
    for text in wrong:
        for who, suggests in ((PERSON, True), (None, False)):
            result = await Asking().ask(text, who, a=1)
            assert ("Did you mean" in str(result.errors)) is suggests, (text, who)
            assert codes(result) == ["graphql-invalid"]
    opened = await Asking({"introspection": True}).ask(wrong[0], None)
    assert "Did you mean" in str(opened.errors)


async def test_schema_is_closed_without_a_token_unless_opened() -> None:
    text = "{ __schema { queryType { name } } }"
    assert await Asking().code(text, None) == "introspection-closed"
    assert (await Asking().ask(text, PERSON)).errors is None
    assert (await Asking({"introspection": True}).ask(text, None)).errors is None
    assert (await Asking().ask("{ __typename one { __typename } }", None)).errors is None
    shared = Asking()
    assert (await shared.ask(text, PERSON)).errors is None
    assert await shared.code(text, None) == "introspection-closed"


async def test_each_kind_of_caller_has_its_budget() -> None:
    asking = Asking({"cost_anonymous": 5, "cost_person": 50, "cost_service": 100})
    text = "query($n: Int!) { things(first: $n) { name } }"
    for caller, budget in ((None, 5), (PERSON, 50), (OPERATOR, 100)):
        fits = await asking.ask(text, caller, n=budget - 1)
        assert fits.errors is None
        assert fits.extensions is not None
        assert fits.extensions["cost"]["requested"] == fits.extensions["cost"]["limit"] == budget
        if budget < 100:
            assert await asking.code(text, caller, n=budget) == "cost-too-high"


async def test_caller_over_the_rate_gets_retry_after() -> None:
    asking = Asking({"rate_person": 400})
    text = "{ things(first: 40) { name } }"
    left = []
    for _ in range(3):
        result = await asking.ask(text)
        assert result.errors is None
        left.append((result.extensions or {})["cost"]["remaining"])
    assert left[0] > left[1] > left[2] == 0
    refused = await asking.ask(text)
    assert codes(refused) == ["rate-limited"]
    assert refused.errors is not None
    assert 1 <= (refused.errors[0].extensions or {})["retryAfter"] <= 60
    assert (await asking.ask(text, OPERATOR)).errors is None


async def test_new_document_of_a_caller_over_budget_is_not_parsed() -> None:
    asking = Asking({"rate_anonymous": 1})
    await asking.ask("{ __typename }", None)
    assert await asking.code("{ this is no GraphQL (((", None) == "rate-limited"


async def test_refused_document_costs_its_caller() -> None:
    asking = Asking({"rate_person": 8000})
    found = [await asking.code("{ nope }") for _ in range(6)]
    assert found[0] == "graphql-invalid"
    assert found[-1] == "rate-limited"


async def test_one_of_several_operations_must_be_named() -> None:
    assert await Asking().code("query A { __typename } query B { __typename }") == "graphql-invalid"


def test_caller_with_a_current_operator_grant_is_a_service() -> None:
    assert kind_of(None) is Kind.ANONYMOUS
    assert kind_of(PERSON) is Kind.PERSON
    assert kind_of(OPERATOR) is Kind.SERVICE
    over = Caller(id="x", name="X", grants=(Grant(role=Role.OPERATOR, unit="vn", until=date(2020, 1, 1)),))
    assert kind_of(over) is Kind.PERSON


async def test_operations_are_counted_by_hash_and_kind_errors_by_code() -> None:
    asking = Asking()
    for _ in range(30):
        await asking.ask("{ __typename }")
    await asking.ask("{ nope }", None)
    counted = asking.policy.metrics
    assert sum(counted.requests.values()) == 31
    assert {kind for _, kind in counted.requests} == {"person", "anonymous"}
    assert len({operation for operation, _ in counted.requests}) == 2
    assert counted.errors == {"graphql-invalid": 1}
    assert counted.times["parse"] == counted.times["validate"]
    assert counted.times["execute"] == 30


def test_labels_of_operations_are_bounded() -> None:
    counted = Metrics(known=["known"])
    for number in range(200):
        for _ in range(50):
            counted.asked(f"h{number}", "person", 1)
    counted.asked("known", "person", 1)
    labels = {operation for operation, _ in counted.requests}
    assert len(labels) <= 64 + 2
    assert {"known", "other"} <= labels
    assert sum(counted.requests.values()) == sum(counted.costs) == 200 * 50 + 1


async def test_caller_over_budget_gets_429_with_retry_after(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, rate_anonymous=24, persisted_only="nobody")
    make_secrets(settings.secrets_folder)
    transport = Http(settings, Identity(settings), operations := Operations(settings))
    # Never connected: these queries need no service.
    operations.nats = connection = Connection()
    tokens = Tokens.from_file("gateway", settings.secrets_of("gateway") / "caller.private.json")
    operations.client = Delegating(Client(connection, tokens, timeout=1))
    headers, asked = {"accept": "application/graphql-response+json"}, {"query": "{ __typename }"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(transport)) as http:
        first = last = await http.post("http://gateway/graphql", json=asked, headers=headers)
        while last.status_code == 200:
            last = await http.post("http://gateway/graphql", json=asked, headers=headers)
    assert first.json()["data"] == {"__typename": "Query"}
    assert last.status_code == 429
    error = last.json()["errors"][0]["extensions"]
    assert error["code"] == "rate-limited"
    assert last.headers["retry-after"] == str(error["retryAfter"])


class SlowCache:
    """Takes `seconds` to parse each document, and notes the order of beginnings and ends."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.told: list[str] = []

    def find(self, text: str) -> Any:
        return text if text in self.told else None

    def parse(self, text: str) -> str:
        self.told.append(f"begin {text}")
        time.sleep(self.seconds)
        self.told.append(f"end {text}")
        return text

    def add(self, text: str, _: Any) -> str:
        self.told.append(text)
        return text


async def test_new_documents_are_parsed_in_turn_while_the_loop_runs() -> None:
    turns, cache, interval = cast(Any, Turns(5)), SlowCache(BRIEF * 5), sys.getswitchinterval()
    told = cache.told

    async def others() -> None:
        while True:
            told.append("others")
            await asyncio.sleep(BRIEF / 2)

    going_on = asyncio.create_task(others())
    reading = (turns.read(cache, text) for text in ("first", "second", "first"))
    assert await asyncio.gather(*reading) == ["first", "second", "first"]
    going_on.cancel()
    assert [what for what in told if what != "others"] == [
        *("begin first", "end first", "first"),
        *("begin second", "end second", "second"),
    ]
    assert "others" in told[told.index("begin first") : told.index("end first")]
    assert "others" in told[told.index("first") : told.index("begin second")]
    assert sys.getswitchinterval() == interval


async def test_request_that_waits_too_long_for_its_turn_is_refused() -> None:
    turns, cache = cast(Any, Turns(0.02)), SlowCache(0.1)
    first = asyncio.create_task(turns.read(cache, "first"))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await turns.read(cache, "late")
    assert await first == "first"
    while turns._lock.locked():
        await asyncio.sleep(0.01)
    assert await turns.read(cache, "in time") == "in time"
    assert "begin late" not in cache.told


async def test_document_whose_turn_does_not_come_is_not_parsed() -> None:
    policy = Policy(Settings(operation_timeout=0.01))
    text = "{ units(first: 1) { edges { node { id } } } } # never seen"
    await policy.turns._lock.acquire()
    result = await schema.execute(text, context_value=Context(policy))
    assert codes(result) == ["rate-limited"]
    assert query_cache(schema._schema).find(text) is None
    assert (result.errors or [])[0].extensions == {
        **((result.errors or [])[0].extensions or {}),
        "retryAfter": 1,
    }
