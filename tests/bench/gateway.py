"""One page of fifty models through one gateway process: ours, other GraphQL servers, and the limit."""

import asyncio
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any, cast

import orjson
from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClient
from rich.table import Table

from infra.operate.operator import user_token
from infra.operate.positions import settled
from infra.run.embedded import NatsServer
from infra.run.ports import LOOPBACK, free_port
from infra.run.stack import serving
from infra.run.supervisor import Process, Supervisor
from infra.sample.hong_linh_2018 import REGISTRATIONS
from infra.sample.loader import load_sample
from infra.secure.credentials import make_secrets
from infra.secure.rights import RIGHTS, Rights
from services.kernel.caller import Caller, Grant
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER, mongo_login
from services.kernel.messages import Role
from tests import npm
from tests.bench.mutations import TICK, Document, Measured, at_once, seconds_used
from tests.bench.stage import TOWN, Stage, out, quantile, stage, table, warn
from tests.conftest import record_town

PATIENCE = 60.0

OURS, APOLLO, MERCURIUS, LIMIT = "ours", "Apollo Server", "Mercurius, jit", "the limit"
FOLDER = Path(__file__).with_name("peers")


@dataclass(frozen=True)
class Kind:
    """A gateway under test: its command for a port, and settings that differ from ours."""

    start: Callable[[int], list[str]]
    settings: Mapping[str, object] = field(default_factory=dict)


def _python(module: str, **settings: object) -> Kind:
    return Kind(lambda port: serving(module, "--host", LOOPBACK, "--port", str(port)), settings)


def _node(script: str) -> Kind:
    return Kind(lambda _: [str(npm.NODE), str(FOLDER / script)])


KINDS: Mapping[str, Kind] = {
    OURS: _python("gateway.app"),
    "ours, no plan": _python("gateway.app", plan=False),
    "Strawberry": _python("tests.bench.peers.strawberry_stock"),
    APOLLO: _node("apollo.js"),
    MERCURIUS: _node("mercurius.js"),
    LIMIT: Kind(lambda _: [sys.executable, "-m", "tests.bench.peers.spliced"]),
}
QUERY = {
    "query": (FOLDER / "page.graphql").read_text(),
    "operationName": "Page",
    "variables": {"first": 50},
}


@dataclass(frozen=True)
class Load:
    clients: Sequence[int] = (1, 16, 64)
    rounds: int = 3
    seconds: float = 2.0
    """Length of each measurement."""
    warming: float = 3.0
    """Seconds of load before the first measurement: enough for V8 to compile the hot code."""
    registrations: int = len(REGISTRATIONS)
    """Models of the sample, at most."""
    copies: int = 19
    """Copies of each model of the sample, besides the model itself."""
    memoised: Sequence[str] = tuple(KINDS)
    """The gateways that are also measured with services that answer from memory."""

    @property
    def middle(self) -> int:
        """The number of clients for which each round is shown."""
        return self.clients[len(self.clients) // 2]


LOAD = Load()


@dataclass
class Peer:
    name: str
    port: int
    pid: int
    measured: dict[int, Measured] = field(default_factory=lambda: defaultdict(Measured))
    resident: float = 0.0


class Unexpected(Exception):  # noqa: N818
    """The answer is not a GraphQL answer with status 200."""


class Connection(asyncio.Protocol):
    """One kept-alive connection that sends the same bytes again and again and only counts the bytes of answers."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._parts: list[bytes] = []
        self._left = 0
        self._answered: asyncio.Future[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(error or ConnectionResetError())

    async def ask(self) -> None:
        self._parts.clear()
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(self._request)
        await self._answered

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        if self._left:
            self._left -= len(data)
        else:
            head, end, body = b"".join(self._parts).partition(b"\r\n\r\n")
            if not end:
                return
            size = LENGTH.search(head)
            if not size or not head.startswith(b"HTTP/1.1 200"):
                self._answered.set_exception(Unexpected((head + body)[:2000].decode(errors="replace")))
                return
            self._left = int(size[1]) - len(body)
        if not self._left:
            self._answered.set_result(None)

    @property
    def body(self) -> bytes:
        return b"".join(self._parts).partition(b"\r\n\r\n")[2]


LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


async def measure(load: Load = LOAD) -> None:
    names = list(KINDS)
    try:
        await asyncio.to_thread(npm.install, FOLDER)
    except AssertionError as why:
        names = [name for name in names if name not in (APOLLO, MERCURIUS)]
        warn(f"Measured without the Node peers: npm cannot get their packages. {why}")
    async with stage() as made:
        models = await _furnish(made, load)
        async with _memoised(made) as memory:
            await _compare("Services memoised", [n for n in names if n in load.memoised], memory, load)
        await _compare(f"Real services, {models:,} models on MongoDB", names, made.settings, load)


async def _furnish(made: Stage, load: Load) -> int:
    """Loads the sample, and copies of its models and reviews directly into MongoDB. Returns the number of models."""
    await record_town(made.settings)
    await load_sample(made.settings, lambda: None, REGISTRATIONS[: load.registrations])
    await settled(made.settings)
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        made.settings.mongo, **mongo_login(made.settings, OPERATOR_USER)
    )
    prefix = made.settings.mongo_prefix
    models, reviews = client[f"{prefix}_registration"].models, client[f"{prefix}_review"].reviews
    sample = [model async for model in models.find()]
    judged = {review["model"]: review async for review in reviews.find()}
    for _ in range(load.copies):
        ids = {model["_id"]: f"model_{ObjectId()}" for model in sample}
        await models.insert_many([{**model, "_id": ids[model["_id"]]} for model in sample])
        await reviews.insert_many(
            [{**r, "_id": f"review_{ObjectId()}", "model": ids[model]} for model, r in judged.items()]
        )
    client.close()
    return len(sample) * (1 + load.copies)


@asynccontextmanager
async def _memoised(made: Stage) -> AsyncGenerator[Settings, None]:
    """Starts services that answer from memory what the real services have answered once. Yields their settings."""
    secrets = made.settings.secrets_folder
    make_secrets(secrets, {**RIGHTS, "memoised": Rights(subscribe=("query.>",), responds=True)})
    server = NatsServer(made.stack.var / "memoised", secrets)
    await asyncio.to_thread(server.start)
    try:
        argv = [
            sys.executable,
            "-m",
            "tests.bench.peers.memoised",
            made.settings.nats,
            server.url,
            str(secrets),
        ]
        process = Process("memoised", argv, dict(os.environ), made.stack.var / "log" / "memoised.log")
        async with _running([process]):
            yield made.settings.model_copy(update={"nats_url": server.url})
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def _running(processes: list[Process]) -> AsyncGenerator[dict[str, int], None]:
    """Starts the processes. Yields their ids by name."""
    supervisor = Supervisor(processes, out.print)
    try:
        await supervisor.start()
        await supervisor.wait_ready(PATIENCE)
        yield {name: running.pid or 0 for name, running in supervisor.running.items()}
    finally:
        await supervisor.stop()


@asynccontextmanager
async def _peers(names: list[str], settings: Settings) -> AsyncGenerator[list[Peer], None]:
    ports = {name: free_port(settings.port + 100 + place) for place, name in enumerate(names)}
    processes = []
    for name in names:
        changes = {"port": ports[name], **KINDS[name].settings}
        here = settings.model_copy(update=changes).model_dump(exclude_none=True)
        ours = {f"DANVAN_{setting.upper()}": str(value) for setting, value in here.items()}
        environment = {**os.environ, **ours, "NODE_ENV": "production"}
        log = settings.var / "log" / f"{name}.log"
        processes.append(Process(name, KINDS[name].start(ports[name]), environment, log))
    async with _running(processes) as pids:
        yield [Peer(name, ports[name], pids[name]) for name in names]


async def _compare(title: str, names: list[str], settings: Settings, load: Load) -> None:
    caller = Caller(id="bench-leader", name="Bench", grants=(Grant(role=Role.LEADER, unit=TOWN),))
    token = user_token(settings, caller, timedelta(hours=1))
    async with _peers(names, settings) as peers:
        request = _request(token)
        answers = {peer.name: await _first_answer(peer, request) for peer in peers}
        _say_differences(answers)
        for peer in peers:
            await _ask(peer, request, load.middle, load.warming, Measured())
        for _ in range(load.rounds):
            for clients in load.clients:
                for peer in peers:
                    measured = peer.measured[clients]
                    before = seconds_used(peer.pid)
                    await _ask(peer, request, clients, load.seconds, measured)
                    measured.spent["gateway"] += seconds_used(peer.pid) - before
        for peer in peers:
            peer.resident = _resident(peer.pid)
    page = f"50 models, {_leaves(answers[OURS]):,} leaves, {len(orjson.dumps(answers[OURS])) / 1e3:.0f} kB"
    out.print(f"{page}; {load.rounds} interleaved rounds of {load.seconds:g} s")
    out.print(_figures(title, peers))
    out.print(_ratios({peer.name: peer.measured for peer in peers}, load))


def _request(token: str) -> bytes:
    body = orjson.dumps(QUERY)
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {LOOPBACK}\r\nAuthorization: Bearer {token}\r\n"
        f"Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@asynccontextmanager
async def _connected(peer: Peer, request: bytes) -> AsyncGenerator[Connection, None]:
    loop = asyncio.get_running_loop()
    transport, connection = await loop.create_connection(lambda: Connection(request), LOOPBACK, peer.port)
    try:
        yield connection
    finally:
        transport.close()


async def _ask(peer: Peer, request: bytes, clients: int, seconds: float, into: Measured) -> None:
    async with AsyncExitStack() as open_:
        connections = [await open_.enter_async_context(_connected(peer, request)) for _ in range(clients)]

        async def act(number: int) -> None:
            await connections[number].ask()

        await at_once(clients, seconds, act, into)


async def _first_answer(peer: Peer, request: bytes) -> Any:
    """The answer to the first request. Waits until the peer listens."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            async with _connected(peer, request) as connection:
                await connection.ask()
                return orjson.loads(connection.body)["data"]
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.1)


def _say_differences(answers: Mapping[str, Any]) -> None:
    for name, answer in answers.items():
        if answer != answers[OURS]:
            warn(f"{name} answers something else: its figures compare nothing.")


def _leaves(value: Any) -> int:
    if isinstance(value, dict | list):
        return sum(map(_leaves, value.values() if isinstance(value, dict) else value))
    return 1


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


def _figures(title: str, peers: list[Peer]) -> Table:
    shown = table(title, "", "clients", "pages a second", "p50 ms", "p99 ms", "CPU ms for each page", "MB")
    for peer in peers:
        for clients, measured in peer.measured.items():
            first, last = clients == min(peer.measured), clients == max(peer.measured)
            shown.add_row(
                peer.name if first else "",
                str(clients),
                *measured.cells,
                f"{_processor(measured) * 1000:.2f}",
                f"{peer.resident:.0f}" if first else "",
                end_section=last,
            )
    return shown


def _ratios(measured: Mapping[str, Mapping[int, Measured]], load: Load) -> Table:
    middle = load.middle
    shown = table("Ours against them", "", *(f"at {n}" for n in load.clients), f"each round at {middle}")

    def speed(other: str, clients: int) -> list[float]:
        ours, theirs = measured[OURS][clients].rates, measured[other][clients].rates
        return [a / b for a, b in zip(ours, theirs, strict=True)]

    for other in measured:
        if other != OURS:
            cells = [f"{median(speed(other, n)):.2f}" for n in load.clients]
            rounds = " ".join(f"{ratio:.2f}" for ratio in speed(other, middle))
            shown.add_row(f"a second, ours ÷ {other}", *cells, rounds)
    shown.add_section()
    for other in measured:
        if other != OURS:
            cells = [
                f"{_processor(measured[other][n]) / _processor(measured[OURS][n]):.2f}" for n in load.clients
            ]
            shown.add_row(f"CPU, {other} ÷ ours", *cells, "")
    shown.add_section()
    for other in measured.keys() & {APOLLO}:
        cells = [f"{_p99(measured[OURS][n]) / _p99(measured[other][n]):.2f}" for n in load.clients]
        shown.add_row(f"p99, ours ÷ {other}", *cells, "")
    return shown


def _processor(measured: Measured) -> float:
    """Seconds of processor time for each answer. Other load on the machine disturbs this figure least."""
    return max(TICK, measured.spent["gateway"]) / len(measured.took)


def _p99(measured: Measured) -> float:
    return quantile(measured.took, 0.99)
