"""Accepted mutations per second through the whole path, beside the same transaction directly on MongoDB.

Titles that resemble each other cost more than others: each draft makes five suggestions, which are events too.

On 2 idle cores (x86-64), the two versions one after the other. “Before”: one process of registration answered, compared
each draft by itself and held the search index. Processor time is that of all processes but the clients.

    alike titles                       one client   16 clients   64 clients
    ms of processor time, before             24.7         12.6         12.1
    ms of processor time                     12.8          7.6          7.1
    p50 ÷ that of the bare transaction        5.7          3.0          2.1    before
    p50 ÷ that of the bare transaction        2.7          2.7          2.3
"""

import asyncio
import os
import random
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from rich.table import Table

from infra.operate.positions import positions
from infra.run.provision import provision
from infra.run.stack import Stack
from infra.secure.credentials import mongod_login
from services.kernel.calendar import moment
from services.kernel.config import Settings
from services.kernel.messages import Role
from tests.bench.stage import METHODS, TITLE, TOWN, Http, Stage, ms, out, quantile, stage, table

CLIENTS = (1, 16, 64)
ROUNDS = 5
SECONDS = 3.0
TICK = 1 / os.sysconf("SC_CLK_TCK")
"""Seconds in which the system counts processor time."""

BARE, ALIKE, DIFFERENT = "bare", "alike", "different"
WORDS = sorted({word for method in METHODS for word in method.split()})

Document = dict[str, Any]
Act = Callable[[int], Awaitable[object]]
"""Does one act, as the client of that number."""


@dataclass
class Measured:
    rates: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    """p50 of each round."""
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds of processor time of each process."""

    def spend(self, before: dict[str, float], after: dict[str, float]) -> None:
        for name, seconds in after.items():
            self.spent[name] += seconds - before[name]

    @property
    def cells(self) -> tuple[str, str, str]:
        return f"{median(self.rates):,.0f}", ms(quantile(self.took, 0.5)), ms(quantile(self.took, 0.99))

    def each(self, name: str) -> str:
        """Processor time of one process for each act, in milliseconds."""
        return ms(self.spent[name] / max(1, len(self.took)))

    @property
    def all_processes(self) -> str:
        return ms(sum(self.spent.values()) / max(1, len(self.took)))


async def measure(numbers: Sequence[int] = CLIENTS, rounds: int = ROUNDS, seconds: float = SECONDS) -> None:
    """`numbers`: of clients at once."""
    async with stage() as made, AsyncExitStack() as open_:
        acts = {
            BARE: await open_.enter_async_context(on_mongodb(made)),
            ALIKE: await open_.enter_async_context(through_graphql(made, lambda: TITLE)),
            DIFFERENT: await open_.enter_async_context(through_graphql(made, different_titles())),
        }
        measured = {(name, clients): Measured() for name in acts for clients in numbers}
        for act in acts.values():
            await at_once(max(numbers), min(1.0, seconds), act, Measured())
        await quiet(made.settings)
        for _ in range(rounds):
            for clients in numbers:
                for name, act in acts.items():
                    before = processor(made.stack)
                    await at_once(clients, seconds, act, measured[name, clients])
                    # The readers' work belongs to the drafts, and must not disturb the next measurement.
                    await quiet(made.settings)
                    measured[name, clients].spend(before, processor(made.stack))
    out.print(_speed(measured, numbers, f"{rounds} interleaved rounds of {seconds:g} s"))
    for name in (ALIKE, DIFFERENT):
        out.print(_spending(name, measured, numbers))


def _speed(measured: Mapping[tuple[str, int], Measured], numbers: Sequence[int], length: str) -> Table:
    shown = table(
        f"Accepted mutations (draftModel), {length}",
        *("titles", "clients", "a second", "p50 ms", "p99 ms", "bare ÷ ours", "p50 ÷ bare", "each round"),
    )
    for clients in numbers:
        bare = measured[BARE, clients]
        for name in (ALIKE, DIFFERENT):
            ours = measured[name, clients]
            ratios = [b / o for b, o in zip(bare.rates, ours.rates, strict=True)]
            # By rounds: what else the machine does in a round slows both alike.
            slower = [o / b for b, o in zip(bare.medians, ours.medians, strict=True)]
            each = " ".join(f"{ratio:.1f}" for ratio in slower)
            shown.add_row(
                name, str(clients), *ours.cells, f"{median(ratios):.2f}", f"{median(slower):.2f}", each
            )
        shown.add_row(BARE, "", *bare.cells, end_section=True)
    return shown


def _spending(name: str, measured: Mapping[tuple[str, int], Measured], numbers: Sequence[int]) -> Table:
    """The figure that other load on the machine disturbs least."""
    shown = table(
        f"Processor time for each draft of {name} titles, ms",
        *("", *(f"at {n}" for n in numbers), *(f"bare at {n}" for n in numbers)),
    )
    columns = [measured[kind, clients] for kind in (name, BARE) for clients in numbers]
    for process in columns[0].spent:
        shown.add_row(process, *(column.each(process) for column in columns))
    shown.add_section()
    shown.add_row("all", *(column.all_processes for column in columns))
    return shown


async def quiet(settings: Settings) -> None:
    """Waits until every reader has passed every event. It looks seldom, as looking takes processor time too."""
    while not (await positions(settings)).settled:
        await asyncio.sleep(0.5)


def different_titles() -> Callable[[], str]:
    """A title at each call, of words that other titles have too, in another order."""
    dice = random.Random(2018)
    return lambda: "Dân vận khéo " + " ".join(dice.sample(WORDS, 8))


def processor(stack: Stack) -> dict[str, float]:
    """Seconds of processor time that each process has used so far. “bench” is this process, the clients."""
    pids = {name: running.pid for name, running in stack.processes.items()}
    pids |= {server.name: server.pid for server in (stack.mongo, stack.nats) if server}
    return {name: seconds_used(pid) for name, pid in {**pids, "bench": os.getpid()}.items()}


def seconds_used(pid: int | None) -> float:
    # utime and stime are the 12th and 13th fields after the name, which may contain blanks and is in parentheses.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


async def at_once(clients: int, seconds: float, act: Act, into: Measured) -> None:
    """Runs `act` by that many clients at once; each starts the next act when the last one ends."""
    begun = time.perf_counter()
    until = begun + seconds
    done = 0

    async def client(number: int) -> None:
        nonlocal done
        end = 0.0
        while end < until:  # once at least, however busy the machine is
            start = time.perf_counter()
            await act(number)
            end = time.perf_counter()
            into.took.append(end - start)
            done += 1

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(number))
    into.rates.append(done / (time.perf_counter() - begun))
    into.medians.append(median(into.took[-done:]))


@asynccontextmanager
async def through_graphql(made: Stage, title: Callable[[], str] = lambda: TITLE) -> AsyncGenerator[Act, None]:
    """Drafts models with these titles."""
    connections: dict[int, Http] = {}

    async def act(number: int) -> str:
        if number not in connections:
            connections[number] = made.person(Role.OFFICER)
        return await made.draft(connections[number], title())

    try:
        yield act
    finally:
        for connection in connections.values():
            connection.close()


@asynccontextmanager
async def on_mongodb(made: Stage) -> AsyncGenerator[Act, None]:
    """The reads and writes of one draftModel, with the same documents, in a database with the same indexes.

    It is written as the driver's manual shows it. The services end a transaction with less work (`driver.commit`).
    """
    officer = made.person(Role.OFFICER)
    model = await made.draft(officer)
    officer.close()
    await provision(made.settings.model_copy(update={"mongo_prefix": "bench"}), users=True)
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        made.settings.mongo, maxPoolSize=64, **mongod_login(made.settings.secrets_folder)
    )
    real = client[f"{made.settings.mongo_prefix}_registration"]
    db = client["bench_registration"]
    for collection, key in (("organisations", made.owner), ("units", TOWN)):
        await db[collection].insert_one(await _one(real, collection, {"_id": key}))
    documents = {
        "answers": await _one(real, "answers", {}),
        "models": await _one(real, "models", {"_id": model}),
        "log": await _one(real, "log", {"key": model}),
    }
    majority = WriteConcern("majority", j=True)

    async def once() -> None:
        key = str(ObjectId())
        async with (
            await client.start_session() as session,
            session.start_transaction(ReadConcern("snapshot"), majority),
        ):
            await db.organisations.find_one({"_id": made.owner, "within": {"$in": [TOWN]}}, session=session)
            await db.units.find_one({"_id": TOWN}, session=session)
            fresh: dict[str, Document] = {
                "answers": {"_id": {"caller": "bench", "key": key}},
                "models": {"_id": f"model_{key}"},
                "log": {"_id": key, "key": f"model_{key}", "seq": 0, "recorded_at": moment()},
            }
            for collection, change in fresh.items():
                await db[collection].insert_one({**documents[collection], **change}, session=session)

    async def act(_: int) -> None:
        while True:
            try:
                return await once()
            except PyMongoError as error:
                if not error.has_error_label("TransientTransactionError"):
                    raise

    try:
        yield act
    finally:
        client.close()


async def _one(db: AsyncIOMotorDatabase[Document], collection: str, filter_: Document) -> Document:
    found = await db[collection].find_one(filter_)
    if found is None:
        raise LookupError(f"no document in {collection}")
    return found
