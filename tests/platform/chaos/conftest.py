"""A producer without its process, and programs that kill themselves."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from nats.aio.client import Client as Nats
from nats.aio.subscription import Subscription

from infra.run.ports import listening
from infra.run.stack import environment, process
from infra.run.supervisor import Running, Supervisor
from services.kernel.config import Settings
from services.kernel.log.sequencer import Sequencer
from services.kernel.messaging import client
from services.kernel.mongo.driver import Document
from services.kernel.mongo.store import Store
from services.kernel.process import keep_running
from tests import ROOT
from tests.conftest import TESTER
from tests.platform.chaos.copies import assert_stream_is_copy, length_of_stream
from tests.platform.chaos.happenings import PRODUCER, SAYS
from tests.platform.chaos.hearing import READER, hearing, inbox
from tests.replays import replaying
from tests.waiting import DEADLINE, until


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("chaos")


@dataclass(frozen=True)
class Producer:
    """A log and its stream."""

    settings: Settings
    store: Store
    nats: Nats
    answering: Subscription
    """It answers readers as long as this subscription lasts."""

    def sequencer(self) -> Sequencer:
        return Sequencer(self.store, self.nats, lease=self.settings.lease, heartbeat=self.settings.heartbeat)

    async def numbered(self) -> int:
        return await self.store.db.log.count_documents({"seq": {"$gt": 0}})

    async def pending(self) -> int:
        return await self.store.db.log.count_documents({"seq": 0})

    async def in_stream(self) -> int:
        return await length_of_stream(self.nats, PRODUCER)

    async def until_appended(self) -> None:
        """Waits until all committed events are numbered and in the stream."""

        async def appended() -> bool:
            return not await self.pending() and await self.in_stream() == await self.numbered()

        await until(appended)

    async def until_copied(self) -> None:
        """Waits until the stream is a copy of the log of all committed events."""
        await self.until_appended()
        await assert_stream_is_copy(self.nats, self.store.db, PRODUCER)


@asynccontextmanager
async def producing(settings: Settings) -> AsyncGenerator[Producer, None]:
    store = Store(settings, PRODUCER)
    connection = await client.connect(settings, TESTER)
    answering = await replaying(connection, store)
    yield Producer(settings, store, connection, answering)
    await connection.close()
    store.close()


@pytest_asyncio.fixture
async def producer(settings: Settings) -> AsyncGenerator[Producer, None]:
    async with producing(settings) as made:
        yield made


@dataclass(frozen=True)
class Reader:
    """A reader of the producer's events, with a database of its own. `name`: the owner of the cursor."""

    store: Store
    nats: Nats
    name: str = "reader"

    async def listen(self) -> None:
        """Follows the producer for ever, as a service does."""
        await keep_running(
            self.name, partial(inbox(self.store, self.name, hearing(self.name)).run, self.nats)
        )

    async def heard(self) -> list[str]:
        document = await self._heard()
        return list(document["ids"]) if document else []

    async def batches(self) -> int:
        document = await self._heard()
        return int(document["batches"]) if document else 0

    async def cursor(self) -> int:
        document = await self.store.db.cursors.find_one({"_id": f"{self.name}/{PRODUCER}"})
        return int(document["seq"]) if document else 0

    async def _heard(self) -> Document | None:
        found: Document | None = await self.store.db.heard.find_one({"_id": self.name})
        return found

    async def until_heard(self, events: int) -> None:
        async def enough() -> bool:
            return await self.cursor() >= events

        await until(enough)


@asynccontextmanager
async def reading(settings: Settings) -> AsyncGenerator[Reader, None]:
    store = Store(settings, READER)
    connection = await client.connect(settings, TESTER)
    yield Reader(store, connection)
    await connection.close()
    store.close()


@pytest_asyncio.fixture
async def reader(settings: Settings) -> AsyncGenerator[Reader, None]:
    async with reading(settings) as made:
        yield made


@dataclass(frozen=True)
class Service:
    """The process of a service. Its log is in the test's folder."""

    running: Running

    async def readiness(self) -> httpx.Response:
        async with httpx.AsyncClient() as http:
            return await http.get(self.running.process.ready_url or "")

    async def until_it_answers(self) -> None:
        async def answers() -> bool:
            with suppress(httpx.TransportError):
                await self.readiness()
                return True
            return False

        await until(answers)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncGenerator[Service, None]:
    """The producer's process of readers: it numbers, appends, announces the last number, and replays."""
    with listening() as listener:
        readers = process(
            PRODUCER,
            "services.registration.readers",
            environment(settings, PRODUCER),
            settings.var / "registration.log",
            listener,
        )
        supervisor = Supervisor([readers], lambda line: None)
        await supervisor.start()
        try:
            service = Service(supervisor.running[PRODUCER])
            await service.until_it_answers()
            yield service
        finally:
            await supervisor.stop()


class Program:
    """A running program whose stdout is read line by line."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child

    async def died(self) -> bool:
        """Waits for its end. True if SIGKILL ended it."""
        async with asyncio.timeout(DEADLINE):
            return await self._child.wait() == -signal.SIGKILL

    async def stopped(self) -> None:
        async def stands_still() -> bool:
            stat = Path(f"/proc/{self._child.pid}/stat").read_text()
            return stat.rpartition(")")[2].split()[0] == "T"

        await until(stands_still)

    def go_on(self) -> None:
        self._child.send_signal(signal.SIGCONT)

    async def says(self) -> str:
        """The next line of its output; empty when it has ended."""
        assert self._child.stdout
        async with asyncio.timeout(DEADLINE):
            while line := (await self._child.stdout.readline()).decode():
                if line.startswith(SAYS):
                    return line.removeprefix(SAYS).strip()
        return ""


Run = Callable[[str, str], AbstractAsyncContextManager[Program]]


@pytest.fixture
def run(settings: Settings) -> Run:
    """`run(module, step)` runs a program of this folder on the test's servers until the block ends."""

    @asynccontextmanager
    async def running(module: str, step: str) -> AsyncGenerator[Program, None]:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"tests.platform.chaos.{module}", settings.model_dump_json(), step),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        try:
            yield Program(child)
        finally:
            if child.returncode is None:
                child.kill()
            await child.communicate()

    return running
