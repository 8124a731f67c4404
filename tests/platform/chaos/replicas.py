"""Two replicas of each service: in the test's own process, or each in a process of its own."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Protocol

import httpx

from infra.run.ports import listening
from infra.run.stack import PROCESSES, environment, process
from infra.run.supervisor import Supervisor
from services.catalogue import SERVICES
from services.kernel.config import Settings
from services.kernel.service import Service
from services.kernel.table import Work

READYZ = "http://replica/readyz"


class Replica(Protocol):
    async def start(self) -> None: ...

    async def kill(self) -> None:
        """It ends at once: it gives no lease back."""
        ...

    async def trouble(self) -> Mapping[str, Any] | None:
        """As `/readyz` shows it; None while it does not answer."""
        ...


class Here:
    """In this process, which costs no start of a program."""

    def __init__(self, name: str, settings: Settings) -> None:
        self._table = SERVICES[name]
        # A watchdog that outlives its service would end this process.
        self._settings = settings.model_copy(update={"watchdog": 3600, "log_level": "WARNING"})

    async def start(self) -> None:
        self._ends, started = asyncio.Event(), asyncio.Event()
        # A task of its own, which begins and ends the application.
        self._living = asyncio.create_task(self._live(started))
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait([self._living, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def _live(self, started: asyncio.Event) -> None:
        self._service = Service(
            self._table, self._settings, Work.READERS if self._table.divided else Work.ALL
        )
        app = self._service.app()
        async with (
            app.start_lifespan_context(),
            httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http,
        ):
            self._http = http
            started.set()
            await self._ends.wait()

    async def kill(self) -> None:
        self._service.store.close()  # before its tasks end, which would give their leases back
        self._ends.set()
        await self._living

    async def trouble(self) -> Mapping[str, Any] | None:
        found: dict[str, Any] = (await self._http.get(READYZ)).json()["trouble"]
        return found


class Apart:
    """A process, ended by SIGKILL."""

    def __init__(self, name: str, settings: Settings, port: Any, number: int) -> None:
        self._name = f"{name}-readers" if SERVICES[name].divided else name
        self._process = process(
            self._name,
            PROCESSES[self._name],
            environment(settings, name),
            settings.var / f"{self._name}-{number}.log",
            port,
        )

    async def start(self) -> None:
        self._supervisor = Supervisor([self._process], lambda line: None)
        await self._supervisor.start()

    async def kill(self) -> None:
        if pid := self._supervisor.running[self._name].pid:
            os.kill(pid, signal.SIGKILL)
        await self._supervisor.stop()

    async def trouble(self) -> Mapping[str, Any] | None:
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient() as http:
                found: dict[str, Any] = (await http.get(self._process.ready_url or "")).json()["trouble"]
                return found
        return None


@asynccontextmanager
async def replicas(
    settings: Settings, *, apart: bool
) -> AsyncGenerator[Mapping[str, Sequence[Replica]], None]:
    """Service → its two replicas. They run until the block ends. Only registration's readers are started."""
    async with AsyncExitStack() as life:
        made: dict[str, list[Replica]] = {}
        for name in SERVICES:
            for number in range(2):
                replica: Replica
                if apart:
                    replica = Apart(name, settings, life.enter_context(listening()), number)
                else:
                    replica = Here(name, settings)
                await replica.start()
                life.push_async_callback(replica.kill)
                made.setdefault(name, []).append(replica)
        yield made
