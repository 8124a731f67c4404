"""Long-lived connections over WebSocket and server-sent events: how they continue and how they end."""

import asyncio
import contextlib
import hashlib
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

import gateway.schema.review.events
import gateway.transport.websocket
from infra.operate.operator import user_token
from infra.operate.report_view import REPORT
from services.kernel.calendar import today
from services.kernel.caller import Caller, Grant
from services.kernel.messages import Role
from services.kernel.process import end
from tests import npm
from tests.conftest import GraphQL, gateway_with
from tests.people import CITY, TOWN, Office, mutation
from tests.review.test_subscription import EVENTS, connected, last_cursor, number, reviewed, subscribed
from tests.waiting import DEADLINE

pytestmark = pytest.mark.asyncio(loop_scope="session")

TICK = "subscription { reviewEvents { cursor } }"
TERMINATED_BY_CLIENT = 4499
"""Code with which graphql-ws ends a connection by itself."""


@pytest.fixture
def office(graphql: GraphQL) -> Office:
    return Office(graphql)


@pytest.fixture
def token(graphql: GraphQL) -> str:
    return graphql.token(Role.REPORTER, CITY)


class Sse:
    """One operation over server-sent events, block by block."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def block(self) -> dict[str, str]:
        """The fields of the next block; empty for a comment."""
        async with asyncio.timeout(DEADLINE):
            fields: dict[str, str] = {}
            async for line in self._lines:
                if not line:
                    return fields
                name, _, value = line.partition(":")
                if name:
                    fields[name] = value.removeprefix(" ")
        raise EOFError

    async def event(self) -> dict[str, str]:
        while not (found := await self.block()):
            pass
        return found

    async def next(self) -> Any:
        found = await self.event()
        assert found["event"] == "next"
        return json.loads(found["data"])

    async def ended_with(self) -> str:
        """The code of the error with which the stream ends. Checks that nothing follows it."""
        (error,) = (await self.next())["errors"]
        assert await self.event() == {"event": "complete", "data": ""}
        with pytest.raises(EOFError):
            await self.block()
        return str(error["extensions"]["code"])


@asynccontextmanager
async def streamed(
    graphql: GraphQL, token: str | None, query: str = EVENTS, last_id: str = "", **variables: Any
) -> AsyncGenerator[Sse, None]:
    headers = {"Accept": "text/event-stream"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Last-Event-ID": last_id} if last_id else {}
    body = {"query": query, "variables": variables}
    async with graphql.http.stream("POST", graphql.url, json=body, headers=headers) as response:
        yield Sse(response)


@asynccontextmanager
async def greeted(graphql: GraphQL, token: str | None) -> AsyncGenerator[ClientConnection, None]:
    async with connected(graphql, token) as socket:
        await say(socket, type="connection_init")
        assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def hear(socket: ClientConnection) -> dict[str, Any]:
    """The next message that is no keep-alive of the gateway. A keep-alive can come at any time on a slow machine."""
    async with asyncio.timeout(DEADLINE):
        while True:
            heard: dict[str, Any] = json.loads(await socket.recv())
            if heard != {"type": "ping"}:
                return heard


async def ended(socket: ClientConnection) -> tuple[int, str]:
    """The code and reason with which the server closes the connection. Ignores all earlier messages."""
    async with asyncio.timeout(DEADLINE):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code or 0, socket.close_reason or ""


# Client libraries: graphql-ws and graphql-sse


@pytest.mark.parametrize("client", ["ws.mjs", "sse.mjs"])
async def test_client_resumes_from_its_cursor_with_a_new_token(
    graphql: GraphQL, office: Office, node_packages: None, client: str
) -> None:
    head = await last_cursor(graphql)
    await reviewed(office)
    brief = graphql.token(Role.REPORTER, CITY, hours=2 / 3600)
    url = graphql.url.replace("http", "ws", 1) if client == "ws.mjs" else graphql.url
    listening = asyncio.create_task(
        npm.node(client, url=url, tokens=[brief, office.reporter.token], query=EVENTS, many=6, after=head)
    )
    await asyncio.sleep(2)  # until the first token has ended
    await reviewed(office)
    found = await listening
    assert [event["kind"] for event in found["events"]] == ["OPENED", "DECIDED", "NOMINATED"] * 2
    cursors = [number(event["cursor"]) for event in found["events"]]
    assert cursors == sorted(set(cursors))
    if client == "ws.mjs":
        assert found["closes"][0]["code"] == 4403
        assert found["closes"][0]["reason"].startswith("token-expired: ")
    else:
        assert [error["extensions"]["code"] for error in found["errors"]] == ["token-expired"]


async def test_quiet_connection_is_kept_alive(graphql: GraphQL, node_packages: None, token: str) -> None:
    async with gateway_with(graphql, keep_alive=0.2) as lively:
        url = lively.url.replace("http", "ws", 1)
        found = await npm.node("ws.mjs", url=url, tokens=[token], query=EVENTS, many=1, enoughPings=4)
        # The client closed the connection, not the server. So the client had answered the earlier pings.
        assert [close["code"] for close in found["closes"]] == [TERMINATED_BY_CLIENT]
        async with streamed(lively, token, TICK) as live:
            assert [await live.block() for _ in range(4)] == [{}] * 4


async def test_early_timer_does_not_end_a_connection(
    graphql: GraphQL, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter((0.2, 0.03, 0.03, 0.03))  # each timer rings before the token has expired
    monkeypatch.setattr("gateway.transport.live.remaining", lambda _: next(left, 0.0))
    async with gateway_with(graphql) as here, greeted(here, token) as live:
        code, reason = await ended(live)
    assert (code, reason.partition(":")[0]) == (4403, "token-expired")


# Server-sent events


async def test_event_id_is_its_cursor_and_resumes_the_stream(
    graphql: GraphQL, office: Office, token: str
) -> None:
    head = await last_cursor(graphql)
    await reviewed(office)
    async with streamed(graphql, token, after=head) as live:
        events = [await live.event() for _ in range(3)]
    shown = [json.loads(event["data"])["data"]["reviewEvents"] for event in events]
    assert [event["id"] for event in events] == [event["cursor"] for event in shown]
    async with streamed(graphql, token, after=head, last_id=events[0]["id"]) as again:
        assert [(await again.event())["id"] for _ in range(2)] == [event["id"] for event in events[1:]]
    async with streamed(graphql, token, after=head, last_id="x") as wrong:
        assert await wrong.ended_with() == "cursor-invalid"


async def test_query_is_answered_in_a_stream(graphql: GraphQL, token: str) -> None:
    async with streamed(graphql, token, "{ __typename }") as live:
        assert live.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (await live.next())["data"] == {"__typename": "Query"}
        assert await live.event() == {"event": "complete", "data": ""}


@pytest.mark.parametrize(
    ("query", "code"),
    [("{ nope }", "graphql-invalid"), ("subscription { nope }", "graphql-invalid"), (EVENTS, "")],
)
async def test_error_of_an_operation_is_sent_in_its_stream(
    graphql: GraphQL, token: str, query: str, code: str
) -> None:
    async with streamed(graphql, token if code else None, query) as live:
        assert live.response.status_code == 200
        assert await live.ended_with() == (code or "unauthenticated")


async def test_get_streams_no_mutation(graphql: GraphQL, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    params = {"query": mutation("submitModel"), "variables": '{"key": "k", "input": {"model": "m"}}'}
    async with graphql.http.stream("GET", graphql.url, params=params, headers=headers) as response:
        assert await Sse(response).ended_with() == "method-not-allowed"


# Ends of a stream


async def test_ended_grant_ends_its_streams(
    graphql: GraphQL, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants = (
        Grant(role=Role.REPORTER, unit=CITY, until=today()),
        Grant(role=Role.REPORTER, unit=TOWN),
    )
    token = user_token(graphql.settings, Caller(id="x", name="x", grants=grants), timedelta(hours=1))
    head = await last_cursor(graphql)
    await reviewed(office)
    async with (
        gateway_with(graphql) as other,
        streamed(other, token, after=head) as stream,
        subscribed(other, token, after=head) as live,
    ):
        assert (await stream.next())["data"]["reviewEvents"]["kind"] == "OPENED"
        assert (await live.next(3))[0]["kind"] == "OPENED"
        tomorrow = today() + timedelta(days=1)
        monkeypatch.setattr(gateway.schema.review.events, "today", lambda: tomorrow)
        await reviewed(office)
        message = await live.message()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "not-permitted"
        while "errors" not in (last := await stream.next()):
            pass
        assert last["errors"][0]["extensions"]["code"] == "not-permitted"
        async with streamed(other, token, after=head, unit=CITY) as again:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await again.event()


async def test_client_that_does_not_read_is_disconnected(graphql: GraphQL) -> None:
    """It gets only the first of many events. If it reads later, it gets the reason. Its subscription is not counted."""
    provinces = "unit { parent { parent { parent { children(first: 100) { edges { node { name } } } } } } }"
    fat = f'subscription {{ reviewEvents(after: "0") {{ cursor model {{ {provinces} }} }} }}'
    reporter, other = (graphql.token(Role.REPORTER, "vn", name=name) for name in ("slow", "other"))
    async with gateway_with(graphql, slow_client=1.0, subscriptions_per_caller=1) as strict:
        async with streamed(strict, other, fat) as live:
            await live.next()  # warms up: otherwise a later request could overtake the first one
        for upgrade in (False, True):
            reader, writer = await silent(strict, reporter, fat, upgrade=upgrade)
            async with asyncio.timeout(DEADLINE):
                while not await takes_another(strict, reporter):
                    await asyncio.sleep(0.05)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                received = b""
                while b"slow-client" not in received:
                    received += (part := await reader.read(2**16))
                    assert part
            writer.close()
            assert 0 < received.count(b'"cursor"') < 100


async def silent(
    graphql: GraphQL, token: str, query: str, *, upgrade: bool
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Subscribes with the smallest buffers that the system allows, and reads one byte."""
    port = int(graphql.url.split(":")[2].split("/")[0])
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=2**14)
    common = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
    if upgrade:
        writer.write(
            f"GET /graphql HTTP/1.1\r\n{common}Connection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        messages: list[dict[str, Any]] = [
            {"type": "connection_init"},
            {"type": "subscribe", "id": "1", "payload": {"query": query}},
        ]
        for message in messages:
            text = json.dumps(message).encode()
            # A text frame whose mask is zero.
            writer.write(b"\x81\xfe" + len(text).to_bytes(2, "big") + bytes(4) + text)
    else:
        body = json.dumps({"query": query})
        writer.write(
            f"POST /graphql HTTP/1.1\r\n{common}Accept: text/event-stream\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
    await reader.read(1)
    return reader, writer


async def takes_another(graphql: GraphQL, token: str) -> bool:
    async with streamed(graphql, token, TICK) as live:
        try:
            async with asyncio.timeout(0.5):
                return "errors" not in await live.next()
        except TimeoutError:
            return True


async def test_subscriptions_are_bounded_by_connection_and_by_caller(graphql: GraphQL, token: str) -> None:
    async with (
        gateway_with(graphql, subscriptions_per_connection=2, subscriptions_per_caller=3) as strict,
        greeted(strict, token) as first,
        greeted(strict, token) as second,
    ):
        for id_ in ("1", "2", "3"):
            await say(first, type="subscribe", id=id_, payload={"query": TICK})
        refused = await hear(first)
        assert (refused["id"], refused["type"]) == ("3", "error")
        assert refused["payload"][0]["extensions"]["code"] == "too-many-subscriptions"
        async with streamed(strict, token, TICK) as third:
            await say(second, type="subscribe", id="1", payload={"query": TICK})
            # The gateway refuses one of the four subscriptions: the one that it begins last.
            answers = [asyncio.ensure_future(one) for one in (hear(first), third.event(), hear(second))]
            (refused_one,), _ = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
            await end(answers)
            assert "too-many-subscriptions" in json.dumps(refused_one.result())
            # Queries are not counted as subscriptions.
            await say(second, type="subscribe", id="2", payload={"query": "{ __typename }"})
            assert (await hear(second))["payload"]["data"] == {"__typename": "Query"}
        await say(first, type="complete", id="1")
        await say(first, type="complete", id="2")
        while not await takes_another(strict, token):
            await asyncio.sleep(0.05)


# The rules of graphql-transport-ws


async def test_queries_and_mutations_run_over_a_websocket(graphql: GraphQL, office: Office) -> None:
    async with greeted(graphql, office.officer.token) as live:
        await say(live, type="ping")
        assert await hear(live) == {"type": "pong"}
        await say(live, type="subscribe", id="q", payload={"query": "{ __typename }"})
        answered = await hear(live)
        assert (answered["id"], answered["type"]) == ("q", "next")
        assert answered["payload"]["data"] == {"__typename": "Query"}
        assert await hear(live) == {"id": "q", "type": "complete"}
        variables = {"key": "k", "input": {"model": "m", "on": "2019-02-01"}}
        payload = {"query": mutation("submitModel"), "variables": variables}
        await say(live, type="subscribe", id="q", payload=payload)
        done = (await hear(live))["payload"]["data"]["submitModel"]
        assert done["code"] == "model-not-found"


async def test_completed_operation_ends_and_frees_its_id(graphql: GraphQL, office: Office) -> None:
    head = await last_cursor(graphql)
    async with greeted(graphql, office.reporter.token) as live:
        payload = {"query": EVENTS, "variables": {"after": head}}
        await say(live, type="subscribe", id="1", payload=payload)
        await say(live, type="complete", id="1")
        await say(live, type="subscribe", id="1", payload={"query": "{ __typename }"})
        assert (await hear(live))["payload"]["data"] == {"__typename": "Query"}
        assert await hear(live) == {"id": "1", "type": "complete"}


INIT = {"type": "connection_init"}
TICKING = {"type": "subscribe", "id": "1", "payload": {"query": TICK}}
CLOSED: list[tuple[list[dict[str, Any]], int]] = [
    ([TICKING], 4401),
    ([INIT, INIT], 4429),
    ([INIT, TICKING, TICKING], 4409),
    ([INIT, {"type": "start"}], 4400),
    ([INIT, {"type": "subscribe", "payload": {"query": TICK}}], 4400),
    ([INIT, {"type": "complete"}], 4400),
    ([INIT, {**TICKING, "payload": {"query": 1}}], 4400),
    ([{**INIT, "payload": []}], 4400),
    ([{**INIT, "payload": {"Authorization": 5}}], 4403),
]


@pytest.mark.parametrize(("messages", "code"), CLOSED)
async def test_protocol_error_closes_the_connection_with_its_code(
    graphql: GraphQL, token: str, messages: list[dict[str, Any]], code: int
) -> None:
    async with connected(graphql, token) as live:
        for message in messages:
            await say(live, **message)
        assert (await ended(live))[0] == code


async def test_silent_client_is_disconnected(graphql: GraphQL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.transport.websocket, "INIT", 0.2)
    token = graphql.token(Role.REPORTER, CITY)
    async with gateway_with(graphql, keep_alive=0.3) as strict:
        async with connected(strict, token) as live:
            assert (await ended(live))[0] == 4408
        async with greeted(strict, token) as live:  # this client answers no ping
            code, reason = await ended(live)
            assert (code, reason.partition(":")[0]) == (4410, "slow-client")


async def test_page_of_another_site_cannot_open_a_websocket(graphql: GraphQL, token: str) -> None:
    async def opens(url: str, origin: str, protocol: str = "graphql-transport-ws") -> int:
        try:
            async with connect(
                url.replace("http", "ws", 1),
                origin=Origin(origin),
                subprotocols=[Subprotocol(protocol)],
                additional_headers={"Authorization": f"Bearer {token}"},
            ) as live:
                if protocol != "graphql-transport-ws":
                    return (await ended(live))[0]
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    own = graphql.url.removesuffix("/graphql")
    assert await opens(graphql.url, own) == 101
    assert await opens(graphql.url, "https://evil.example") == 403
    async with gateway_with(graphql, cors_origins="https://danvan.example.vn") as shared:
        assert await opens(shared.url, "https://danvan.example.vn") == 101
        assert await opens(shared.url, "https://evil.example") == 403


async def test_older_protocol_is_refused(graphql: GraphQL, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    url = graphql.url.replace("http", "ws", 1)
    async with connect(url, additional_headers=headers) as live:
        assert (await ended(live))[0] == 4406


async def test_registered_operation_runs_by_its_hash_over_a_websocket(graphql: GraphQL) -> None:
    hash_ = hashlib.sha256(REPORT.encode()).hexdigest()
    variables = {"unit": TOWN, "period": "2018"}
    payload = {"extensions": {"persistedQuery": {"sha256Hash": hash_}}, "variables": variables}
    async with greeted(graphql, graphql.token(Role.REPORTER, TOWN)) as live:
        await say(live, type="subscribe", id="1", payload=payload)
        assert (await hear(live))["payload"]["data"]["report"]["unitId"] == TOWN
