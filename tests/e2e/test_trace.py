"""One trace from the GraphQL request to the counter."""

import asyncio

import pytest

from infra.positions import settled
from infra.stack import Stack
from services.kernel.config import Settings
from services.kernel.store import Store
from tests.collector import Collector, SeenSpan
from tests.conftest import GraphQL

pytestmark = pytest.mark.asyncio(loop_scope="session")

DRAFT = """mutation($input: DraftModelInput!) {
  draftModel(idempotencyKey: "trace-draft", input: $input) { ... on Model { id } } }"""
SUBMIT = """mutation($input: ModelInput!) {
  submitModel(idempotencyKey: "trace-submit", input: $input) { __typename } }"""
ACCEPT = """mutation($input: ModelInput!) {
  acceptModel(idempotencyKey: "trace-accept", input: $input) { __typename } }"""
OWNER = '{ models(first: 1, filter: {unit: "u437"}) { edges { node { owner { id } } } } }'


async def test_one_trace_leads_from_the_request_to_the_counter(
    graphql: GraphQL, stack: tuple[Stack, Settings], collector: Collector
) -> None:
    officer, appraiser = graphql.token("officer"), graphql.token("appraiser")
    owner = (await graphql.ask(OWNER, officer))["models"]["edges"][0]["node"]["owner"]["id"]
    draft = {"owner": owner, "title": "Dấu vết", "field": "ECONOMY", "subjectKind": "COLLECTIVE"}
    model = (await graphql.ask(DRAFT, officer, input={**draft, "on": "2019-01-01"}))["draftModel"]["id"]
    await graphql.ask(SUBMIT, officer, input={"model": model, "on": "2019-01-02"})
    reply = await graphql.post(
        {"query": ACCEPT, "variables": {"input": {"model": model, "on": "2019-01-03"}}}, appraiser
    )
    trace = reply.json()["extensions"]["traceId"]
    await settled(stack[1])

    names = {
        ("gateway", "graphql"),
        ("gateway", "ask command.registration.accept-model"),
        ("registration", "command.registration.accept-model"),
        ("registration", "append event.registration.model-accepted.v1"),
        ("review", "review/registration hears event.registration.model-accepted.v1"),
        ("review", "append event.review.opened.v1"),
        ("reporting", "counters-1/registration hears event.registration.model-accepted.v1"),
    }

    def seen() -> dict[tuple[str, str], SeenSpan]:
        return {(span.service, span.name): span for span in collector.spans if span.trace == trace}

    async with asyncio.timeout(20):
        while not names <= seen().keys():
            await asyncio.sleep(0.1)
    spans = seen()
    ids = {span.id for span in spans.values()}
    roots = [span for span in spans.values() if span.parent not in ids]
    assert [(span.service, span.name) for span in roots] == [("gateway", "graphql")]
    # the transaction is seen where it happens, and nothing of the loops that look for work all day
    assert ("registration", "admin.commitTransaction") in spans
    assert ("reporting", "admin.commitTransaction") not in spans

    store = Store(stack[1].mongo, stack[1].mongo_prefix, "reporting")
    fact = await store.db.facts_1.find_one({"thing": model, "measure": "REGISTERED"})
    store.close()
    assert fact is not None
    assert fact["trace"].split("-")[1] == trace
