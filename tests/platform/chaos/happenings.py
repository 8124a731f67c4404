"""An event without meaning, for tests of the path of events from a log to its readers."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from services.kernel.calendar import moment
from services.kernel.messages import Event
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end

PRODUCER = "registration"
VERSIONS = 10
SAYS = "> "
"""The beginning of lines that a program says, to tell them from its log."""


class Happened(Event, frozen=True, kw_only=True):
    service: ClassVar[str] = PRODUCER


async def commit(store: Store, things: int, *, prefix: str = "t") -> None:
    """Commits `VERSIONS` events of each thing, in one transaction for each."""

    async def one(key: str) -> None:
        async def work(tx: Transaction) -> None:
            for version in range(1, VERSIONS + 1):
                tx.log(Happened(key=key, version=version, at=moment(), unit="/vn"))

        await store.transaction(work)

    await asyncio.gather(*(one(f"{prefix}{number}") for number in range(things)))


@asynccontextmanager
async def working(*works: Awaitable[Any]) -> AsyncGenerator[None, None]:
    """Runs the works until the block ends. Raises the error of one that failed."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        await end(tasks)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def say(words: str) -> None:
    print(SAYS + words, flush=True)
