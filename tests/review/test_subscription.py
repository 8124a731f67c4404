"""Review events over graphql-transport-ws: live, in order, from a cursor on, and only those in scope."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from gateway.persisted import FILE as MANIFEST
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import CITY, TOWN, Office
from tests.waiting import DEADLINE

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVENTS = """
subscription($after: String, $unit: ID) {
  reviewEvents(after: $after, unit: $unit) {
    cursor id kind at on title verdict review { id } model { id }
  }
}
"""
EXAMPLE = next(query for query in orjson.loads(MANIFEST.read_bytes()).values() if "subscription" in query)
"""A request that any client may send."""


class Events:
    """One subscription on a connection of its own."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def message(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE):
            found: dict[str, Any] = json.loads(await self._socket.recv())
            return found

    async def next(self, many: int) -> list[dict[str, Any]]:
        events = []
        for _ in range(many):
            message = await self.message()
            assert message["type"] == "next", message
            assert "errors" not in message["payload"], message
            events.append(message["payload"]["data"]["reviewEvents"])
        return events


@asynccontextmanager
async def connected(graphql: GraphQL, token: str | None) -> AsyncGenerator[ClientConnection, None]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with connect(
        graphql.url.replace("http", "ws", 1),
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers=headers,
    ) as socket:
        yield socket


@asynccontextmanager
async def subscribed(
    graphql: GraphQL, token: str | None, query: str = EVENTS, **variables: Any
) -> AsyncGenerator[Events, None]:
    async with connected(graphql, token) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        payload = {"query": query, "variables": variables}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        yield Events(socket)


@pytest.fixture
def office(graphql: GraphQL) -> Office:
    return Office(graphql)


async def reviewed(office: Office) -> tuple[str, str]:
    """Ids of a model that was accepted, recognised and nominated (three events), and of its review."""
    model = await office.begun(await office.organisation())
    review = await office.review_of(model)
    await office.appraiser.does(
        "decideReview", review=review, verdict="RECOGNISED", reason="Lan tỏa", on="2019-11-01"
    )
    await office.appraiser.does("nominateReview", review=review, on="2019-12-01")
    return model, review


async def last_cursor(graphql: GraphQL) -> str:
    last = (await graphql.settled()).heads["review"]
    return f"{last}-{await graphql.watch.stores['review'].event_at(last)}" if last else "0"


def number(cursor: str) -> int:
    return int(cursor.partition("-")[0])


async def test_events_arrive_live_and_in_order(graphql: GraphQL, office: Office) -> None:
    head = await last_cursor(graphql)
    async with subscribed(graphql, office.reporter.token) as live:
        await listening(graphql, office, live)
        model, review = await reviewed(office)
        events = await live.next(3)
    assert [event["kind"] for event in events] == ["OPENED", "DECIDED", "NOMINATED"]
    assert [event["verdict"] for event in events] == [None, "RECOGNISED", "RECOGNISED"]
    assert [event["on"] for event in events] == ["2019-03-01", "2019-11-01", "2019-12-01"]
    assert {event["review"]["id"] for event in events} == {review}
    assert {event["model"]["id"] for event in events} == {model}
    assert {event["title"] for event in events} == {"Ngõ xóm sạch đẹp"}
    cursors = [number(event["cursor"]) for event in events]
    assert cursors == sorted(cursors)
    assert cursors[0] > number(head)
    assert all(event["at"].endswith("Z") for event in events)


async def test_event_is_sent_with_the_review_as_of_that_moment(graphql: GraphQL, office: Office) -> None:
    head = await last_cursor(graphql)
    model = await office.registered(await office.organisation())
    query = EVENTS.replace("review { id }", "review { id verdict }")
    async with subscribed(graphql, office.reporter.token, query, after=head) as live:
        (opened,) = await live.next(1)
        assert opened["review"]["verdict"] is None
        await office.officer.does("beginModel", model=model, on="2019-03-02")
        review = await office.review_of(model)
        await office.appraiser.does(
            "decideReview", review=review, verdict="RECOGNISED", reason="Lan tỏa", on="2019-11-01"
        )
        (decided,) = await live.next(1)
    assert decided["review"] == {"id": review, "verdict": "RECOGNISED"}


async def listening(graphql: GraphQL, office: Office, live: Events) -> None:
    """A subscription without a cursor does not say when it has begun, so events are made until one arrives."""
    hearing = asyncio.create_task(live.next(1))
    while not hearing.done():
        await office.registered(await office.organisation())
        await asyncio.wait([hearing], timeout=1)
    (heard,) = await hearing
    head = await last_cursor(graphql)
    while heard["cursor"] != head:
        (heard,) = await live.next(1)


async def test_subscription_with_a_cursor_gets_exactly_the_later_events(
    graphql: GraphQL, office: Office
) -> None:
    head = await last_cursor(graphql)
    await reviewed(office)
    async with subscribed(graphql, office.reporter.token, after=head) as first:
        events = await first.next(3)
    for passed in range(3):
        async with subscribed(graphql, office.reporter.token, after=events[passed]["cursor"]) as again:
            assert await again.next(2 - passed) == events[passed + 1 :]
    async with subscribed(graphql, office.reporter.token, after=events[-1]["cursor"]) as rest:
        await reviewed(office)
        assert [event["kind"] for event in await rest.next(3)] == ["OPENED", "DECIDED", "NOMINATED"]


async def test_subscription_from_zero_gets_every_event_once(graphql: GraphQL) -> None:
    town = Office(graphql, TOWN)
    async with subscribed(graphql, town.reporter.token, after="0") as all_:
        events = await all_.next(112 + 112 + 8)
    kinds = [event["kind"] for event in events]
    assert {kind: kinds.count(kind) for kind in kinds} == {"OPENED": 112, "DECIDED": 112, "NOMINATED": 8}
    decided = [event["verdict"] for event in events if event["kind"] == "DECIDED"]
    assert decided.count("RECOGNISED") == 65
    cursors = [number(event["cursor"]) for event in events]
    assert cursors == sorted(set(cursors))
    assert len({event["id"] for event in events}) == len(events)


async def test_subscription_to_some_types_gets_no_other_events(graphql: GraphQL) -> None:
    query = EVENTS.replace("$unit: ID)", "$unit: ID, $types: [ReviewEventKind!])").replace(
        "unit: $unit)", "unit: $unit, types: $types)"
    )
    token = Office(graphql, TOWN).reporter.token
    async with subscribed(graphql, token, query, after="0", types=["NOMINATED"]) as some:
        assert {event["kind"] for event in await some.next(8)} == {"NOMINATED"}
    async with subscribed(graphql, token, query, after="0", types=["RECOGNISED"]) as refused:
        assert (await refused.message())["type"] == "error"


async def test_subscriber_gets_events_of_units_in_scope_only(graphql: GraphQL, office: Office) -> None:
    head = await last_cursor(graphql)
    ward, town = Office(graphql, "u18077"), Office(graphql, TOWN)
    model, _ = await reviewed(office)
    other = await office.registered(await office.organisation("u18077"))
    await graphql.settled()
    async with subscribed(graphql, ward.reporter.token, after=head) as only:
        (event,) = await only.next(1)
        assert event["model"]["id"] == other
    async with subscribed(graphql, office.reporter.token, after=head, unit="u18077") as wanted:
        (event,) = await wanted.next(1)
        assert event["model"]["id"] == other
    async with subscribed(graphql, town.reporter.token, after=head, unit=CITY) as none:
        owner = await office.registered(await office.organisation())
        await graphql.settled()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(none.next(1), 1)
    assert owner != model


@pytest.mark.parametrize("query", [EVENTS, EXAMPLE])
async def test_subscription_without_a_token_is_refused(graphql: GraphQL, query: str) -> None:
    async with subscribed(graphql, None, query, after="0") as refused:
        message = await refused.message()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "unauthenticated"


async def test_invalid_token_ends_the_connection(graphql: GraphQL) -> None:
    with pytest.raises(InvalidStatus):
        async with connected(graphql, "forged"):
            pass
    async with connected(graphql, None) as socket:
        init = {"type": "connection_init", "payload": {"Authorization": "Bearer forged"}}
        await socket.send(json.dumps(init))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


async def test_token_of_a_browser_comes_with_the_first_message(graphql: GraphQL) -> None:
    token = graphql.token(Role.REPORTER, TOWN)
    async with connected(graphql, None) as socket:
        init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
        await socket.send(json.dumps(init))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        payload = {"query": EVENTS, "variables": {"after": "0"}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        (event,) = await Events(socket).next(1)
        assert event["kind"] == "OPENED"


NEVER = ["", "x", "-1", "1.5", " 1", "٣", "9" * 15, "9" * 16, "model_" + "0" * 24, "\x00"]
NEVER += ["1", "1-", "0-", "1-" + "0" * 24, "9" * 9 + "-" + "0" * 24, "9" * 16 + "-" + "0" * 24]


@pytest.mark.parametrize("cursor", NEVER)
async def test_unknown_cursor_is_an_error(graphql: GraphQL, cursor: str) -> None:
    async with subscribed(graphql, graphql.token(Role.REPORTER, TOWN), after=cursor) as refused:
        message = await refused.message()
        assert message["type"] == "error"
        (error,) = message["payload"]
        assert (error["extensions"]["code"], error["extensions"]["fields"]) == ("cursor-invalid", ["after"])


WRONG = [
    ("subscription {", "Syntax Error"),
    ("subscription { nope }", "'nope'"),
    ("subscription($after: Int) { reviewEvents(after: $after) { cursor } }", "after"),
    ("query A { __typename } query B { __typename }", "operationName"),
]


@pytest.mark.parametrize(("query", "named"), WRONG)
async def test_invalid_subscription_gets_the_validation_errors(
    graphql: GraphQL, query: str, named: str
) -> None:
    async with subscribed(graphql, graphql.token(Role.REPORTER, TOWN), query) as refused:
        message = await refused.message()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "graphql-invalid"
        assert named in message["payload"][0]["message"]


NO_PAYLOAD = '{"type": "subscribe", "id": "1", "payload": []}'
FRAMES = ["1", "[]", "null", "{", "[" * 3000, '{"type": 5}', NO_PAYLOAD, "x" * 300_000]


@pytest.mark.parametrize("frame", FRAMES, ids=range(len(FRAMES)))
async def test_malformed_message_ends_only_its_connection(graphql: GraphQL, frame: str) -> None:
    async with connected(graphql, graphql.token(Role.REPORTER, TOWN)) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        await socket.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400
    assert await graphql.ask("{ __typename }", graphql.token(Role.REPORTER, TOWN)) == {"__typename": "Query"}
