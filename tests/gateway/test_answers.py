"""A command's answer is kept with the fields that its request selected; a repeat may select others."""

import asyncio
from typing import Any

import msgspec
import pytest

from services.kernel.credentials import OPERATOR_USER
from services.kernel.messaging.client import Reply
from services.kernel.mongo.store import Store
from tests.conftest import GraphQL, gateway_with
from tests.people import Office, fresh

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECORD = """
mutation Do($key: String!, $input: RecordContributionInput!) {
  recordContribution(idempotencyKey: $key, input: $input) { __typename %s ... on Refusal { code } }
}
"""
NARROW = "... on Model { title }"
WIDE = """... on Model { title state version owner { id name } contributions { kind amount } }
... on Node { id }"""


async def kept(graphql: GraphQL, key: str) -> dict[str, Any]:
    store = Store(graphql.settings, "registration", user=OPERATOR_USER)
    stored = await store.db.answers.find_one({"_id.key": key})
    store.close()
    assert stored
    answer: dict[str, Any] = msgspec.json.decode(stored["reply"], type=Reply).answer  # type: ignore[assignment]
    return answer


async def test_answer_is_kept_with_the_selected_fields_only(graphql: GraphQL) -> None:
    office = Office(graphql)
    owner = await office.organisation()
    model = await office.registered(owner)
    await office.officer.does("beginModel", model=model, on="2019-03-02")
    given = {"model": model, "kind": "WORK_DAY", "amount": "2", "on": "2019-04-01"}

    async def record(selection: str, key: str) -> dict[str, Any]:
        answered = await office.officer.ask(RECORD % selection, key=key, input=given)
        found: dict[str, Any] = answered["recordContribution"]
        return found

    key = fresh()
    first = await record(NARROW, key)
    assert first == {"__typename": "Model", "title": "Ngõ xóm sạch đẹp"}
    assert (await kept(graphql, key)).keys() == {"id", "version", "title"}
    assert await record(NARROW, key) == first

    other = await record(WIDE, key)
    assert (other["id"], other["owner"]["id"]) == (model, owner)
    assert [each["amount"] for each in other["contributions"]] == ["2"]

    wide = await record(WIDE, fresh())
    assert len(wide["contributions"]) == 2
    assert wide.keys() == other.keys()


HOSTILE = (
    ("authorization", b"Bearer \xff\xfe.\x80.\xc3"),
    ("authorization", b"Bearer " + b"[" * 9000),
    ("authorization", b"Bearer e30.e30.e30"),
    ("authorization", b"Basic eDp5"),
    ("authorization", b"Bearer"),
    ("accept", b"\xff/\xff;q=\xff, */*;q=nan"),
    ("accept", b"application/json;q=1e999"),
    ("accept", b";;;,,,==="),
    ("content-type", b"application/json; charset=\xff"),
    ("traceparent", b"00-" + b"z" * 32 + b"-0-\xff"),
    ("tracestate", b"\xff=\xff," * 50),
    ("x-forwarded-for", b"\xff, 999.1.1.1, ::ffff:1.2.3.4%eth0"),
    ("origin", b"\xff://\xff"),
    ("last-event-id", b"\xff\xfe"),
    ("if-none-match", b'"\xff", W/"' + b"x" * 5000),
    ("graphql-preflight", b"\xff"),
    ("content-length", b"1e3"),
    ("transfer-encoding", b"\xff"),
    ("host", b"\xff:99999999"),
    ("expect", b"\xff"),
    ("cookie", b"\xff=\x80"),
)


async def test_hostile_header_is_no_failure_of_the_server(
    graphql: GraphQL, caplog: pytest.LogCaptureFixture
) -> None:
    body = b'{"query": "{ __typename }"}'
    async with gateway_with(graphql, trusted_proxies="127.0.0.0/8") as gateway:
        port = int(gateway.url.split(":")[2].partition("/")[0])
        good = gateway.token("officer").encode()
        for name, value in HOSTILE:
            for method in (b"POST", b"GET"):
                headers = {
                    b"host": b"x",
                    b"content-type": b"application/json",
                    b"content-length": b"%d" % len(body),
                    b"authorization": b"Bearer " + good,
                    b"connection": b"close",
                    name.encode(): value,
                }
                lines = b"".join(b"%b: %b\r\n" % line for line in headers.items())
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(
                    method + b" /graphql?query=%7B__typename%7D HTTP/1.1\r\n" + lines + b"\r\n" + body
                )
                status = (await reader.readline()).split()[1]
                writer.close()
                assert b"200" <= status < b"500", (name, value, status)
    assert [line for line in caplog.records if line.exc_info] == []
