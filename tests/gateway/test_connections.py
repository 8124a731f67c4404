"""Half-sent requests: they end in time, and others are answered meanwhile."""

import asyncio
import resource
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import httpx
import pytest

from gateway.transport.connections import LARGEST_HEAD, Connection
from infra.run.ports import listening, port_of
from infra.run.stack import environment, process
from infra.run.supervisor import Supervisor
from services.kernel.config import Settings
from tests.conftest import GraphQL, gateway_with
from tests.waiting import DEADLINE, until

HALF_A_HEAD = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-"
HALF_A_BODY = (
    b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{"
)
WEBSOCKET = (
    b"GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
WHOLE = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
USUAL_OPEN_FILES = 1024
MORE = 1100
pytestmark = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def own_gateway(settings: Settings) -> AsyncGenerator[str, None]:
    """A gateway's process that may open as many files as is usual, whatever this machine allows."""
    limited = ["/bin/sh", "-c", f'ulimit -n {USUAL_OPEN_FILES} && exec "$@"', "sh"]
    with listening() as listener:
        port = port_of(listener)
        log = settings.var / f"gateway-{port}.log"  # not among the logs of the stack
        own = process("gateway", "gateway.app", environment(settings, "gateway"), log, listener)
        supervisor = Supervisor([replace(own, argv=[*limited, *own.argv])], lambda line: None)
        await supervisor.start()
        try:
            await supervisor.wait_ready(DEADLINE)
            yield f"http://127.0.0.1:{port}/graphql"
        finally:
            await supervisor.stop()


class Clients:
    """Connections that have sent something and then nothing more."""

    def __init__(self, url: str) -> None:
        self._port = int(url.split(":")[2].partition("/")[0])
        self.open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, sent: bytes, times: int = 1) -> None:
        for _ in range(times):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self.open.append((reader, writer))
            writer.write(sent)

    async def until_ended(self) -> None:
        """Waits until the server has closed all connections."""
        async with asyncio.timeout(DEADLINE):
            for reader, _ in self.open:
                with suppress(ConnectionError):
                    await reader.read()
        self.close()

    def close(self) -> None:
        for _, writer in self.open:
            writer.transport.abort()
        self.open.clear()


@pytest.fixture
def many_files() -> None:
    """This process needs more files than the gateway."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))


async def test_thousands_of_half_sent_requests_leave_the_gateway_reachable(
    graphql: GraphQL, many_files: None
) -> None:
    elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2" if sys.platform == "linux" else None)
    asked = {"query": '{ unit(id: "u437") { name } }'}
    headers = {"authorization": f"Bearer {graphql.token('officer')}"}
    async with own_gateway(graphql.settings) as url:
        for kind in (HALF_A_HEAD, HALF_A_BODY, WEBSOCKET, b""):
            clients = Clients(url)
            await clients.send(kind, MORE)
            async with httpx.AsyncClient(timeout=DEADLINE, transport=elsewhere) as other:
                reply = await other.post(url, json=asked, headers=headers)
            assert reply.json()["data"], kind
            clients.close()


async def test_half_sent_requests_end_in_time(graphql: GraphQL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.transport.connections.TICK", 0.02)
    async with gateway_with(graphql, header_timeout=0.1, body_timeout=0.1) as slow:
        clients = Clients(slow.url)
        for kind in (b"", HALF_A_HEAD, HALF_A_BODY, WHOLE + HALF_A_HEAD):
            await clients.send(kind, 3)
        await clients.until_ended()
        assert (await slow.post({"query": "{ __typename }"}, slow.token("officer"))).status_code == 200


async def test_endless_head_ends(graphql: GraphQL) -> None:
    async with gateway_with(graphql) as gateway:
        clients = Clients(gateway.url)
        await clients.send(HALF_A_HEAD + b"x" * 2 * LARGEST_HEAD)
        await clients.until_ended()


async def test_new_connection_of_an_address_replaces_the_one_that_is_silent_longest(graphql: GraphQL) -> None:
    async with gateway_with(graphql, connections_per_address=4) as gateway:
        clients = Clients(gateway.url)
        await clients.send(HALF_A_HEAD, 12)
        async with httpx.AsyncClient(timeout=DEADLINE) as other:
            headers = {"authorization": f"Bearer {gateway.token('officer')}"}
            reply = await other.post(gateway.url, json={"query": "{ __typename }"}, headers=headers)
        assert reply.status_code == 200
        first, *_ = clients.open
        with suppress(ConnectionError):
            assert await first[0].read() == b""
        clients.close()


async def test_trusted_proxy_has_no_limit_but_each_of_its_clients_has(graphql: GraphQL) -> None:
    def for_client(address: str) -> bytes:
        return HALF_A_BODY.replace(b"host: x", b"host: x\r\nx-forwarded-for: " + address.encode())

    async with gateway_with(graphql, connections_per_address=2, trusted_proxies="127.0.0.0/8") as gateway:
        clients, greedy = Clients(gateway.url), Clients(gateway.url)
        for number in range(6):
            await clients.send(for_client(f"192.0.2.{number}"))
        await greedy.send(for_client("198.51.100.1"), 6)
        ended = [asyncio.create_task(reader.read()) for reader, _ in greedy.open]

        async def only_the_limit_is_left() -> bool:
            return sum(not each.done() for each in ended) == 2

        await until(only_the_limit_is_left)
        await asyncio.gather(*(each for each in ended if each.done()), return_exceptions=True)
        for reader, writer in clients.open:
            assert not reader.at_eof()
            writer.write(b" " * 89)
            assert (await reader.readline()).startswith(b"HTTP/1.1 4")
        clients.close()
        greedy.close()
        await asyncio.gather(*ended, return_exceptions=True)


async def test_websockets_without_a_token_are_bounded(graphql: GraphQL) -> None:
    async with gateway_with(graphql, anonymous_websockets=2) as gateway:
        clients = Clients(gateway.url)
        await clients.send(WEBSOCKET, 2)
        for reader, _ in clients.open:
            assert (await reader.readline()).startswith(b"HTTP/1.1 101")
        refused = Clients(gateway.url)
        await refused.send(WEBSOCKET)
        assert (await refused.open[0][0].readline()).startswith(b"HTTP/1.1 403")
        token = f"\r\nauthorization: Bearer {gateway.token('officer')}".encode()
        await refused.send(WEBSOCKET.replace(b"host: x", b"host: x" + token))
        assert (await refused.open[1][0].readline()).startswith(b"HTTP/1.1 101")
        clients.close()
        refused.close()


class Half(Connection):
    """A connection whose request is at one place of its life."""

    def __init__(self, received: int, *, body: bool) -> None:
        self.cycle = self._seen = Cycle(response_complete=not body)  # type: ignore[assignment]
        self._received, self._waited, self._is_whole = received, 0.0, not body
        self.timeout_keep_alive_task = None
        self.transport = self  # type: ignore[assignment]
        self.flow = self  # type: ignore[assignment]
        self.read_paused = False

    def get_protocol(self) -> "Half":
        return self


class Cycle:
    def __init__(self, *, response_complete: bool) -> None:
        self.response_complete = response_complete


def looks(connection: Half) -> int:
    """The number of looks after which the connection is late, up to 1,000."""
    for number in range(1, 1000):
        if connection.is_late(20, 20, 500):
            return number
    return 1000


async def test_body_may_trickle_while_it_makes_progress() -> None:
    assert looks(Half(0, body=False)) == 21
    assert looks(Half(10_000, body=False)) == 21
    assert looks(Half(0, body=True)) == 21
    assert looks(Half(10_000, body=True)) == 41
    paused = Half(0, body=True)
    paused.read_paused = True  # the application is slow, not the client
    assert looks(paused) == 1000
