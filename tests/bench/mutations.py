"""Accepted mutations per second through the whole path, next to the same transaction done directly on MongoDB."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
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

from infra.operate.positions import settled
from infra.run.provision import provision
from infra.run.stack import Stack
from infra.secure.credentials import mongod_login
from services.kernel.calendar import moment
from services.kernel.messages import Role
from tests.bench.stage import TOWN, Http, Stage, ms, out, quantile, stage, table

CLIENTS = (1, 16, 64)
ROUNDS = 3
SECONDS = 3.0

Document = dict[str, Any]
Act = Callable[[int], Awaitable[object]]
"""Does the thing once, as the client of that number."""


@dataclass
class Measured:
    rates: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def spend(self, before: dict[str, float], after: dict[str, float]) -> None:
        for name, seconds in after.items():
            self.spent[name] += seconds - before[name]

    @property
    def cells(self) -> tuple[str, str, str]:
        return f"{median(self.rates):,.0f}", ms(quantile(self.took, 0.5)), ms(quantile(self.took, 0.99))


async def measure(numbers: Sequence[int] = CLIENTS, rounds: int = ROUNDS, seconds: float = SECONDS) -> None:
    """`numbers`: of clients at once."""
    ours = {clients: Measured() for clients in numbers}
    bare = {clients: Measured() for clients in numbers}
    async with stage() as made, through_graphql(made) as mutation, on_mongodb(made) as transaction:
        for warming in (mutation, transaction):
            await at_once(max(numbers), min(1.0, seconds), warming, Measured())
        for _ in range(rounds):
            for clients in numbers:
                before = processor(made.stack)
                await at_once(clients, seconds, transaction, bare[clients])
                between = processor(made.stack)
                await at_once(clients, seconds, mutation, ours[clients])
                # What the mutations left to do for the others must not weigh on the next transactions.
                await settled(made.settings)
                after = processor(made.stack)
                bare[clients].spend(before, between)
                ours[clients].spend(between, after)
    shown = table(
        f"Accepted mutations (draftModel), {rounds} interleaved rounds of {seconds:g} s",
        *("", "clients", "a second", "p50 ms", "p99 ms", "bare ÷ ours", "each round"),
    )
    for clients in numbers:
        ratios = [b / o for b, o in zip(bare[clients].rates, ours[clients].rates, strict=True)]
        each = " ".join(f"{ratio:.1f}" for ratio in ratios)
        shown.add_row("ours", str(clients), *ours[clients].cells, f"{median(ratios):.2f}", each)
        shown.add_row("bare", "", *bare[clients].cells, end_section=True)
    out.print(shown)
    out.print(_spending(ours, bare))


def _spending(ours: dict[int, Measured], bare: dict[int, Measured]) -> Table:
    """The figure that other load on the machine disturbs least."""
    clients = list(ours)
    shown = table(
        "Processor time each, ms", "", *(f"at {n}" for n in clients), *(f"bare at {n}" for n in clients)
    )
    columns = [*ours.values(), *bare.values()]
    for name in ours[clients[0]].spent:
        shown.add_row(name, *(ms(column.spent[name] / max(1, len(column.took))) for column in columns))
    shown.add_section()
    shown.add_row("all", *(ms(sum(column.spent.values()) / max(1, len(column.took))) for column in columns))
    return shown


def processor(stack: Stack) -> dict[str, float]:
    """Seconds of processor time that each process has used so far, ours as “bench” (the clients)."""
    pids = {name: running.pid for name, running in stack.processes.items()}
    pids |= {server.name: server.pid for server in (stack.mongo, stack.nats) if server}
    return {name: seconds_used(pid) for name, pid in {**pids, "bench": os.getpid()}.items()}


def seconds_used(pid: int | None) -> float:
    # After the name in parentheses, which may hold blanks: utime and stime are the 12th and 13th.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def at_once(clients: int, seconds: float, act: Act, into: Measured) -> None:
    """`clients` of them, each doing one after another."""
    begun = time.perf_counter()
    until = begun + seconds
    done = 0

    async def client(number: int) -> None:
        nonlocal done
        while (start := time.perf_counter()) < until:
            await act(number)
            into.took.append(time.perf_counter() - start)
            done += 1

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(number))
    into.rates.append(done / (time.perf_counter() - begun))


@asynccontextmanager
async def through_graphql(made: Stage) -> AsyncGenerator[Act, None]:
    connections: dict[int, Http] = {}

    async def act(number: int) -> str:
        if number not in connections:
            connections[number] = made.person(Role.OFFICER)
        return await made.draft(connections[number])

    try:
        yield act
    finally:
        for connection in connections.values():
            connection.close()


@asynccontextmanager
async def on_mongodb(made: Stage) -> AsyncGenerator[Act, None]:
    """The reads and writes of one draftModel, with its very documents, into a database with the same indexes."""
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
