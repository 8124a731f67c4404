"""Operators' commands on a stack of their own: the trace from a request to its counter, and the rebuild."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
import nats
import pytest
import pytest_asyncio

from infra.operate.operator import rebuild
from infra.operate.positions import Watch
from infra.operate.recount import recount
from infra.run.stack import Stack
from services.kernel.config import Settings
from services.kernel.mongo.store import Store
from tests.collector import Collector, SeenSpan, collecting
from tests.commands import Ended, danvan
from tests.conftest import GraphQL, record_town
from tests.people import mutation
from tests.ports import stack_port
from tests.waiting import DEADLINE

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Town:
    settings: Settings
    graphql: GraphQL
    collector: Collector

    async def do(self, name: str, role: str, /, **input_: Any) -> tuple[str, str]:
        """The id of the record, and the id of the trace."""
        body = {"query": mutation(name), "variables": {"key": f"{name} {input_}", "input": input_}}
        reply = (await self.graphql.post(body, self.graphql.token(role))).json()
        return reply["data"][name]["id"], reply["extensions"]["traceId"]

    async def accept_a_model(self) -> tuple[str, str]:
        owner, _ = await self.do(
            "registerOrganisation",
            "officer",
            name="Thị đoàn",
            kind="YOUTH_UNION",
            unit="u437",
            on="2018-01-02",
        )
        draft = {"owner": owner, "title": "Dấu vết", "field": "ECONOMY", "subjectKind": "COLLECTIVE"}
        model, _ = await self.do("draftModel", "officer", **draft, on="2018-02-01")
        await self.do("submitModel", "officer", model=model, on="2018-02-02")
        return await self.do("acceptModel", "appraiser", model=model, on="2018-02-03")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Town, None]:
    with collecting() as collector, pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_METRIC_EXPORT_INTERVAL", "500")
        made = Settings(
            var=tmp_path_factory.mktemp("town"), port=stack_port(), otlp_endpoint=collector.endpoint
        )
        async with Stack(made, lambda line: None) as stack, httpx.AsyncClient(timeout=DEADLINE) as http:
            settings = made.model_copy(update={"nats_url": stack.nats_url, "mongo_url": stack.mongo_url})
            await record_town(settings)
            with closing(Watch(settings)) as watch:
                yield Town(settings, GraphQL(stack.gateway_url, settings, http, watch), collector)


async def test_one_trace_leads_from_the_request_to_the_counter(town: Town) -> None:
    model, trace = await town.accept_a_model()
    await town.graphql.settled()

    names = {
        ("gateway", "graphql"),
        ("gateway", "ask command.registration.accept-model"),
        ("registration", "command.registration.accept-model"),
        ("registration", "append event.registration.model-accepted.v1"),
        ("review", "review/registration hears event.registration.model-accepted.v1"),
        ("review", "append event.review.review-opened.v1"),
        ("reporting", "counters-1/registration hears event.registration.model-accepted.v1"),
    }

    def seen() -> dict[tuple[str, str], SeenSpan]:
        return {(span.service, span.name): span for span in town.collector.spans if span.trace == trace}

    async with asyncio.timeout(DEADLINE):
        while not names <= seen().keys():
            await asyncio.sleep(0.1)
    spans = seen()
    ids = {span.id for span in spans.values()}
    roots = [span for span in spans.values() if span.parent not in ids]
    assert [(span.service, span.name) for span in roots] == [("gateway", "graphql")]
    # The trace shows the transaction, and none of the polling loops.
    assert ("registration", "admin.commitTransaction") in spans
    assert ("reporting", "admin.commitTransaction") not in spans

    store = Store(town.settings, "reporting")
    fact = await store.db.facts_1.find_one({"thing": model, "measure": "REGISTERED"})
    store.close()
    assert fact is not None
    assert fact["trace"].split("-")[1] == trace


async def test_operator_rebuilds_the_counters(town: Town) -> None:
    model, _ = await town.accept_a_model()
    await town.do("beginModel", "officer", model=model, on="2018-03-01")
    resting = {"reason": "Nhân rộng", "document": "QĐ 12/QĐ-UBND"}
    await town.do("changeModelLevel", "appraiser", model=model, level="CITY", **resting, on="2018-04-01")
    await town.do(
        "recordContribution",
        "officer",
        model=model,
        kind="MONEY",
        amount="5000000",
        covers="CASH",
        on="2018-05-02",
    )
    await town.do("carryOverModel", "officer", model=model, on="2019-01-15")
    await town.do("discontinueModel", "officer", model=model, reason="Đã thành nếp", on="2019-06-30")
    await town.graphql.settled()
    before = await recount(town.settings)
    assert before.facts == 9
    # The remains of a rebuild that an older program began: its number is not used again.
    store = Store(town.settings, "reporting")
    await store.db.cursors.insert_one({"_id": "counters-2/registration", "seq": 1})
    await store.db.facts_2.insert_one({"_id": "half"})
    store.close()
    left = await town.graphql.settled()
    assert (left.building, left.rebuilds) == ({}, ["rebuild of the counters: none"])
    await rebuild(town.settings)
    async with asyncio.timeout(DEADLINE):
        while "counters-3/registration" not in (await town.graphql.watch.positions()).cursors:
            await asyncio.sleep(0.05)
    await town.graphql.settled()
    after = await recount(town.settings)
    assert (after.differences, after.facts, after.counters) == ([], before.facts, before.counters)


async def test_gateway_metrics_count_requests_without_their_content(town: Town) -> None:
    leader = town.graphql.token("leader")
    for _ in range(30):
        await town.graphql.ask("{ models(first: 1) { edges { cursor } } }", leader)
    await town.graphql.post({"query": "{ nope }"}, leader)
    found = town.collector.metrics

    def counted() -> bool:
        told = sum(found.get("danvan.gateway.requests", {}).values())
        priced = found.get("danvan.gateway.cost.operations", {}).get(("+Inf",), 0)
        return told == priced >= 31 and ("graphql-invalid",) in found.get("danvan.gateway.errors", {})

    async with asyncio.timeout(DEADLINE):
        while not counted():
            await asyncio.sleep(0.1)
    requests = found["danvan.gateway.requests"]
    assert {kind for _, kind in requests} == {"person"}
    labels = {operation for operation, _ in requests}
    assert "other" in labels
    assert all(len(label) == 16 for label in labels - {"other"})
    assert {phase for (phase,) in found["danvan.gateway.time"]} == {
        "parse",
        "validate",
        "execute",
        "services",
    }
    buckets = found["danvan.gateway.cost.operations"]
    assert buckets["1",] <= buckets["10",] <= buckets["+Inf",]


async def test_operator_adds_tests_and_removes_a_subscriber(town: Town) -> None:
    var, located = town.settings.var, {"DANVAN_NATS_URL": town.settings.nats}

    async def run(*command: str) -> Ended:
        return await asyncio.to_thread(danvan, var, "subscriber", *command, **located)

    await town.accept_a_model()
    await town.graphql.settled()
    added = await run("add", "printer")
    key = var / "secrets" / "subscribers" / "printer" / "nats.seed"
    assert added.returncode == 0, added.stderr
    assert f'SERVER, KEY, NAME = "{town.settings.nats}", "{key}", "printer"' in added.stdout
    assert (await run("list")).stdout == "printer: review: has not read yet\n"
    reading = await nats.connect(town.settings.nats, nkeys_seed=str(key))
    pulling = await reading.jetstream().pull_subscribe("", durable="printer", stream="danvan-review-v1")
    (opened, *_) = await pulling.fetch(1, timeout=DEADLINE)
    assert opened.subject == "danvan.review.v1.opened"
    assert (await run("ping", "printer")).returncode == 0
    assert (await run("add", "printer")).returncode == 1
    assert (await run("remove", "printer")).stderr == "printer is shut out.\n"
    await reading.close()
    assert not key.exists()
    assert (await run("list")).stdout == ""
    unknown = await run("ping", "printer")
    assert (unknown.returncode, unknown.stderr) == (1, "There is no subscriber printer.\n")
