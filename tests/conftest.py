"""Real servers: one mongod for each worker, a new nats-server and empty databases for each test."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog
import uvicorn
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from gateway.app import create_app
from gateway.transport.connections import Connection
from infra.operate.operator import OPERATOR, asking, user_token
from infra.operate.positions import Positions, Watch, settled
from infra.run.embedded import MongoServer, NatsServer
from infra.run.ports import LOOPBACK, listening, port_of
from infra.run.stack import Stack
from infra.secure.credentials import make_secrets
from infra.secure.rights import RIGHTS, Rights
from services.kernel.caller import Caller, Grant
from services.kernel.config import Settings
from services.kernel.credentials import MONGO_PASSWORD
from services.kernel.messages import Role
from services.kernel.units import COUNTRY, UnitPath
from services.registration.units.messages import RecordUnits
from services.registration.units.national import national_units
from tests import ROOT, npm
from tests.databases import TOY, Databases
from tests.ports import stack_port
from tests.template import Template, shared_template
from tests.waiting import DEADLINE

# The build tries the same cases each time; `make properties` tries new ones.
# Neither leans on the machine's speed.
_slow = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("build", _slow, derandomize=True)
hypothesis_settings.register_profile("new", _slow, print_blob=True)
hypothesis_settings.load_profile("build")

# Tests enter years of long ago in any unit.
os.environ.setdefault("DANVAN_BACKDATED_YEARS", "200")
os.environ.setdefault("DANVAN_BACKDATED_YEARS_ABOVE", "200")

# The default renderer takes up to a second of processor time for a traceback. The event loop stands still meanwhile, so
# on a slow machine one failed attempt makes all others fail too.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

TESTER = "tester"
"""A NATS user with all rights, which exists only in tests. Tests cause faults with it."""


def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: one more than processors, since many tests wait for servers without using a processor."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps tests on one worker that share a fixture of their module, and orders modules: long tests come first.

    Any free worker takes each other test. Each worker starts the stack once.
    """
    places: dict[Path, int] = {}
    for item in items:
        places[item.path] = min(_place(item), places.get(item.path, 2))
        if _shares_a_fixture(item) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: places[item.path])


def _place(item: pytest.Item) -> int:
    if item.path.is_relative_to(ROOT / "tests" / "bench") or "chaos" in item.keywords:
        return 0
    fixtures: list[str] = getattr(item, "fixturenames", [])
    if "stack" in fixtures:
        return 1
    has_servers = {"secrets", "node_packages", "template"} & {*fixtures}
    return 0 if has_servers or item.path.parent.name in ("operate", "run") else 2


def _shares_a_fixture(item: pytest.Item) -> bool:
    fixtures: dict[str, Sequence[pytest.FixtureDef[Any]]] = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
    scopes = {one[-1].scope for name, one in fixtures.items() if not name.startswith("_")}
    return "module" in scopes


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    make_secrets(folder, {**RIGHTS, TESTER: Rights(publish=(">",), subscribe=(">",))})
    (folder / TOY).mkdir()
    (folder / TOY / MONGO_PASSWORD).write_text("toys have no secrets")
    return folder


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory, secrets: Path) -> Generator[MongoServer, None, None]:
    server = MongoServer(tmp_path_factory.mktemp("mongo"), secrets)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def nats_server(tmp_path: Path, secrets: Path) -> Generator[NatsServer, None, None]:
    server = NatsServer(tmp_path / "nats", secrets)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def databases(mongo: MongoServer, secrets: Path) -> Generator[Databases, None, None]:
    with Databases(mongo, secrets) as databases:
        yield databases


@pytest_asyncio.fixture
async def settings(
    databases: Databases, mongo: MongoServer, nats_server: NatsServer, secrets: Path, tmp_path: Path
) -> Settings:
    """Settings of provisioned, empty servers."""
    made = Settings(
        nats_url=nats_server.url,
        mongo_url=mongo.url,
        mongo_prefix=databases.prefix,
        var=tmp_path,
        secrets=secrets,
        heartbeat=0.2,
        lease=1.0,
    )
    await databases.empty(made)
    return made


@dataclass(frozen=True)
class GraphQL:
    """A client of a running gateway, over HTTP."""

    url: str
    settings: Settings
    http: httpx.AsyncClient
    watch: Watch

    async def settled(self) -> Positions:
        """Waits until every reader has processed every event."""
        return await self.watch.settled()

    def token(self, role: Role | str, unit: str = "u437", *, name: str = "", hours: float = 1) -> str:
        grants = (Grant(role=Role(role), unit=unit),)
        return user_token(
            self.settings,
            Caller(id=name or f"{role}@{unit}", name="Test", grants=grants),
            timedelta(hours=hours),
        )

    async def post(self, body: Any, token: str | None = None, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.http.post(self.url, json=body, headers=headers, **kwargs)

    async def ask(self, query: str, token: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer without errors."""
        reply = (await self.post({"query": query, "variables": variables}, token)).json()
        assert "errors" not in reply, reply["errors"]
        data: dict[str, Any] = reply["data"]
        return data


async def record_town(settings: Settings) -> None:
    """Records only the town of the sample, with the units below and above it."""
    wanted = tuple(
        unit
        for unit in national_units()
        if unit.id in (COUNTRY, "u42") or any(UnitPath(spell.path).within("u437") for spell in unit.spells)
    )
    async with asking(settings) as services:
        await services.ask(RecordUnits(units=wanted), OPERATOR, int, key="town")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    own = tmp_path_factory.getbasetemp()
    return shared_template(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[tuple[Stack, Settings], None]:
    """A stack with the whole country and the sample, for tests that break nothing.

    Its time limits are longer than those of the product, for slow machines.
    """
    made = Settings(
        var=template.copied(tmp_path_factory.mktemp("stack")),
        port=stack_port(),
        request_timeout=DEADLINE,
        operation_timeout=DEADLINE,
        watchdog=DEADLINE,
    )
    async with Stack(made, lambda line: None) as running:
        located = made.model_copy(update={"nats_url": running.nats_url, "mongo_url": running.mongo_url})
        await settled(located)
        yield running, located


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def graphql(stack: tuple[Stack, Settings]) -> AsyncGenerator[GraphQL, None]:
    running, located = stack
    async with httpx.AsyncClient(timeout=DEADLINE) as http:
        with closing(Watch(located)) as watch:
            yield GraphQL(running.gateway_url, located, http, watch)


@asynccontextmanager
async def gateway_with(graphql: GraphQL, **settings: Any) -> AsyncGenerator[GraphQL, None]:
    """Another gateway for the same services, in this process, with settings of its own."""
    # The watchdog of a gateway that has ended would end this process.
    own = {"watchdog": 3600, "log_level": "WARNING"}
    changed = graphql.settings.model_copy(update=own | settings)
    listener = listening()
    # Connections inherit this small buffer, so that a client that does not read soon blocks the gateway.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    config = uvicorn.Config(
        create_app(changed),
        http=Connection,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield replace(graphql, url=f"http://{LOOPBACK}:{port_of(listener)}/graphql", settings=changed)
    finally:
        server.should_exit = True
        await serving


@pytest.fixture(scope="session")
def node_packages() -> None:
    npm.install()
