"""The whole system of `make run`: embedded servers, provisioning, and all processes. One stack per folder."""

import asyncio
import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.run.child import CannotStart
from infra.run.embedded import EmbeddedServer, MongoServer, NatsServer
from infra.run.ports import LOOPBACK, listening, port_of
from infra.run.provision import provision
from infra.run.supervisor import Backoff, Process, Running, Supervisor, how_it_ended
from infra.secure.credentials import make_secrets
from services.catalogue import SERVICES
from services.kernel.config import Settings
from services.kernel.credentials import says_who
from services.kernel.process import keep_private, raise_open_files

PROCESSES = {
    "gateway": "gateway.app",
    **{name: f"services.{name}.app" for name in SERVICES},
    **{f"{name}-readers": f"services.{name}.readers" for name, table in SERVICES.items() if table.divided},
}
"""Name → module, in the order of their ports; the module's `create_app` makes the ASGI application.

A divided service has a second process for its readers.
"""

CONNECTIONS = "gateway.transport.connections:Connection"
"""The protocol of the gateway's connections, which limits them."""
KEPT_ALIVE = "75"
"""Seconds that an idle connection stays open: longer than proxies keep theirs (nginx: 60 s).

A server that closes first loses requests: a client can send one in the moment in which the server closes.
"""
READY_TIMEOUT = 60.0
STOP_TIMEOUT = 8.0
NATS_PORT = 4222
MONGO_PORT = 27017


class Stack:
    """Runs inside `async with`. `say` gets lines for the operator."""

    def __init__(self, settings: Settings, say: Callable[[str], None] = print) -> None:
        self.var = settings.var.absolute()
        self._settings = settings.model_copy(update={"var": self.var})
        self._say = say
        secrets = self._settings.secrets_folder
        self.nats = None if settings.nats_url else NatsServer(self.var / "nats", secrets, NATS_PORT)
        self.mongo = (
            None
            if settings.mongo_url
            else MongoServer(self.var / "mongo", secrets, MONGO_PORT, cache_mb=settings.mongo_cache_mb)
        )
        self.gateway_url = ""
        self.processes: dict[str, Running] = {}

    @property
    def nats_url(self) -> str:
        return self.nats.url if self.nats else self._settings.nats

    @property
    def mongo_url(self) -> str:
        return self.mongo.url if self.mongo else self._settings.mongo

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as undo:
            raise_open_files()
            undo.enter_context(_alone(self.var))
            make_secrets(self._settings.secrets_folder)
            await self._start_servers(undo)
            settings = self._settings.model_copy(
                update={"nats_url": self.nats_url, "mongo_url": self.mongo_url}
            )
            await provision(settings, users=self.mongo is not None)
            await self._start_processes(settings, undo)
            self._undo = undo.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._undo.aclose()

    async def _start_servers(self, undo: AsyncExitStack) -> None:
        servers: list[EmbeddedServer] = [server for server in (self.nats, self.mongo) if server]
        wishes = {server: server.port for server in servers}
        for server in servers:
            undo.push_async_callback(asyncio.to_thread, server.stop)
        for outcome in await asyncio.gather(*map(_start, servers), return_exceptions=True):
            if outcome:
                raise outcome
        for server, wish in wishes.items():
            self._say_moved(server.name, wish, server.port)
            undo.push_async_callback(_cancel, asyncio.create_task(self._keep(server)))

    async def _keep(self, server: EmbeddedServer) -> None:
        """Restarts an embedded server when it has ended, and when only a restart makes it work again."""
        backoff = Backoff()
        while True:
            began = time.monotonic()
            while server.alive:
                await asyncio.sleep(0.1)  # a waiting thread would outlive us
                server.follow_users()
                if server.must_restart():
                    self._say(f"{server.name} refuses messages since its disk was full: it is stopped")
                    await asyncio.to_thread(server.stop)
            pause = backoff.after(time.monotonic() - began)
            self._say(f"{server.name} {how_it_ended(server.returncode)}; it restarts in {pause:g} s")
            await asyncio.sleep(pause)
            try:
                await _start(server)
            except (CannotStart, OSError) as error:
                self._say(str(error))

    async def _start_processes(self, settings: Settings, undo: AsyncExitStack) -> None:
        listeners: dict[str, socket.socket] = {}
        for place, name in enumerate(PROCESSES):
            wish = settings.port + place
            listener = listening(settings.host if name == "gateway" else LOOPBACK, wish)
            listeners[name] = undo.enter_context(listener)
            self._say_moved(name, wish, port_of(listener))
        ports = {name: port_of(listener) for name, listener in listeners.items()}
        hosts = dict.fromkeys(PROCESSES, LOOPBACK) | {"gateway": _reachable(settings.host)}
        self.gateway_url = f"http://{hosts['gateway']}:{ports['gateway']}/graphql"
        _note(
            self.var,
            gateway=self.gateway_url,
            **tellable(nats=self.nats_url, mongo=self.mongo_url),
            ports=ports,
        )
        supervisor = Supervisor(
            [
                process(
                    name,
                    PROCESSES[name],
                    environment(settings, name),
                    self.var / "log" / f"{name}.log",
                    listener,
                    hosts[name],
                )
                for name, listener in listeners.items()
            ],
            self._say,
        )
        undo.push_async_callback(supervisor.stop, STOP_TIMEOUT)
        await supervisor.start()
        await supervisor.wait_ready(READY_TIMEOUT)
        self.processes = supervisor.running

    def _say_moved(self, name: str, wish: int, port: int) -> None:
        if port != wish:
            self._say(f"Port {wish} is in use: {name} listens on {port} instead.")


def tellable(**urls: str) -> dict[str, str]:
    """The addresses without a password, which may be written to a file."""
    return {name: url for name, url in urls.items() if not says_who(url)}


def environment(settings: Settings, user: str) -> dict[str, str]:
    """Environment of a process: the settings that it needs, and no others."""
    ours = settings.model_dump(exclude_none=True, exclude={"mongo_url"} if user == "gateway" else None)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DANVAN_")}
    return inherited | {f"DANVAN_{name.upper()}": str(value) for name, value in ours.items()}


def process(
    name: str, module: str, env: dict[str, str], log: Path, listener: socket.socket, host: str = LOOPBACK
) -> Process:
    """A process that inherits the listener. `host`: at which it is reached."""
    ready = f"http://{host}:{port_of(listener)}/readyz"
    return Process(name, serving(module, "--fd", str(listener.fileno())), env, log, ready, listener)


def serving(module: str, *place: str) -> list[str]:
    """The command of a process. `place`: uvicorn's options for its port or its inherited socket."""
    return [
        *(sys.executable, "-m", "uvicorn", "--factory", f"{module}:create_app"),
        *(*place, "--no-access-log", "--log-level", "warning"),
        # The gateway has its own setting for trusted proxies.
        *("--no-proxy-headers", "--timeout-graceful-shutdown", "5", "--backlog", "256"),
        *("--timeout-keep-alive", KEPT_ALIVE),
        *(("--http", CONNECTIONS) if module == PROCESSES["gateway"] else ()),
    ]


def _reachable(host: str) -> str:
    """The address at which to reach a server: loopback when it listens on all addresses."""
    return LOOPBACK if host in ("0.0.0.0", "::", "") else host  # noqa: S104


async def _start(server: EmbeddedServer) -> None:
    """Starts the server in a thread. A thread cannot be cancelled, so on cancellation the server is killed."""
    work = asyncio.ensure_future(asyncio.to_thread(server.start))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            server.kill()
            await asyncio.wait([work], timeout=0.05)
        if not work.cancelled():
            work.exception()  # marks the exception as retrieved
        raise


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


@contextmanager
def _alone(var: Path) -> Iterator[None]:
    """Holds the folder's lock. The lock ends with the process, unlike a file with a pid."""
    keep_private()
    var.mkdir(parents=True, exist_ok=True)
    with (var / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = _noted(var)
            raise CannotStart(
                f"Another stack runs on {var}: process {other.get('pid', 'unknown')}"
                f"{' at ' + other['gateway'] if 'gateway' in other else ''}. "
                "Stop it, or set DANVAN_VAR to another folder."
            ) from None
        for folder in filter(Path.is_dir, var.iterdir()):
            folder.chmod(0o700)  # its files are of an earlier start
        _note(var)
        try:
            yield
        finally:
            (var / "stack.json").unlink(missing_ok=True)


def _note(var: Path, **facts: Any) -> None:
    """Writes the pid and the addresses of the stack, for people and for the operator's commands."""
    fresh = var / "stack.json.new"
    fresh.write_text(json.dumps({"pid": os.getpid(), **facts}, indent=2) + "\n")
    fresh.replace(var / "stack.json")


def _noted(var: Path) -> dict[str, Any]:
    with suppress(FileNotFoundError, ValueError):
        noted: dict[str, Any] = json.loads((var / "stack.json").read_text())
        return noted
    return {}
