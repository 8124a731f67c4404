"""Writes an invented country into registration's database in bulk, in several processes, one per core.

Each part (some organisations or models, with all their events) is one transaction, which also writes a mark for it.
So an interrupted load continues where it stopped, and a part with an unknown commit result is not written twice.
"""

import asyncio
import csv
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from multiprocessing.context import SpawnProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Any

from infra.country.making import FIRST_DAY, Country, Mark
from infra.operate.operator import OPERATOR
from services.directory.units import UNITS
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messages import Role
from services.kernel.mongo.access import Unscoped
from services.kernel.mongo.driver import InsertOne
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.registration.models.repository import Models
from services.registration.organisations.repository import Organisations
from services.registration.units.national import national_units

PART = 500
"""Organisations or models written in one transaction."""
PATIENCE = 300.0
"""Seconds for which a transaction is retried."""
PARTS = Unscoped("country", "a list of loaded parts says nothing about any unit")
WHOLE = "whole"
"""Id of the document with the parameters of the loaded country."""
LARGEST = 10_000_000
"""Models of a country, at most."""
Progress = Callable[[int, int], None]


class CannotLoad(Exception):  # noqa: N818
    """The country cannot be loaded into this database."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Parameters of a country. The same parameters give the same country on every machine."""

    models: int
    seed: int
    until: date

    def __post_init__(self) -> None:
        if not 1 <= self.models <= LARGEST:
            raise CannotLoad(f"A country has 1 to {LARGEST:,} models, not {self.models:,}.")
        if self.until < FIRST_DAY:
            raise CannotLoad(f"The country's first day is {FIRST_DAY}; it cannot end on {self.until}.")

    def made(self) -> Country:
        return Country(self.models, self.seed, self.until, national_units())


@dataclass(frozen=True, slots=True)
class Loaded:
    """Numbers of records that this run wrote. `seconds`: time to write models with their events."""

    organisations: int
    models: int
    events: int
    seconds: float


async def load_country(
    settings: Settings, asked: Asked, progress: Progress, *, beside: bool = False, processes: int = 0
) -> Loaded:
    """`beside`: load also when the database holds other data."""
    country = asked.made()
    store = Store(settings, "registration", user=OPERATOR_USER)
    try:
        await _check(store, asked, beside=beside)
        loaded = {row["_id"] async for row in store.ours().unscoped(PARTS).find({})}
        parts = {
            kind: [part for part in range(-(-size // PART)) if f"{kind}/{part}" not in loaded]
            for kind, size in (("organisations", len(country.bodies)), ("models", asked.models))
        }
        done = asked.models - sum(_size(country, "models", part) for part in parts["models"])
        progress(done, asked.models)
        organisations, _ = await _write_parts(
            settings, asked, "organisations", parts["organisations"], processes, _show_nothing
        )
        begun = time.perf_counter()
        models, events = await _write_parts(
            settings,
            asked,
            "models",
            parts["models"],
            processes,
            lambda written: progress(done + written, asked.models),
        )
        seconds = time.perf_counter() - begun
    finally:
        store.close()
    return Loaded(organisations, models, events, seconds)


def write_marks(asked: Asked, file: Path) -> None:
    """A row for each model that is formal or related: id, mark, the id of the other model, the title."""
    country = asked.made()
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("model", "mark", "other", "title"))
        for number in range(asked.models):
            plan = country.plan(number)
            if plan.mark is not Mark.NONE:
                other = country.plan(plan.other).key if plan.other is not None else ""
                rows.writerow((plan.key, plan.mark, other, plan.title))


async def _check(store: Store, asked: Asked, *, beside: bool) -> None:
    access = store.ours()
    last = national_units()[-1].id
    if await access.unscoped(UNITS).find_one({"_id": last}) is None:
        raise CannotLoad("The database does not have all units yet: run `danvan units load` first.")
    whole = {"models": asked.models, "seed": asked.seed, "until": asked.until.isoformat()}
    known = await access.unscoped(PARTS).find_one({"_id": WHOLE})
    if known is not None:
        if (kept := {name: known[name] for name in whole}) != whole:
            raise CannotLoad(
                f"Another country is in the database, or a part of it: {kept}. Use an empty database."
            )
        return
    if not beside and await store.db.organisations.find_one({}, {"_id": 1}):
        raise CannotLoad(
            "The database has organisations of another origin: add --beside to load the country beside them."
        )

    async def begin(tx: Transaction) -> None:
        await tx.unscoped(PARTS).write([InsertOne({"_id": WHOLE, **whole})])

    await store.transaction(begin)


async def _write_parts(
    settings: Settings,
    asked: Asked,
    kind: str,
    parts: list[int],
    processes: int,
    progress: Callable[[int], None],
) -> tuple[int, int]:
    """Writes the parts in several processes. Returns the numbers of records of the kind and of events."""
    many = min(processes or os.cpu_count() or 1, len(parts))
    context = multiprocessing.get_context("spawn")
    counts: Queue[tuple[int, int]] = context.Queue()
    workers = [
        context.Process(target=_work, args=(settings, asked, kind, parts[n::many], counts), daemon=True)
        for n in range(many)
    ]
    for worker in workers:
        worker.start()
    done = events = 0
    try:
        for _ in parts:
            more, more_events = await _next(counts, workers)
            done, events = done + more, events + more_events
            progress(done)
    except BaseException:
        for worker in workers:
            worker.terminate()
        raise
    finally:
        for worker in workers:
            worker.join()
    return done, events


async def _next(counts: "Queue[tuple[int, int]]", workers: list[SpawnProcess]) -> tuple[int, int]:
    """The numbers of the next part that a process has written."""
    while True:
        try:
            return await asyncio.to_thread(counts.get, True, 0.2)
        except Empty:
            if any(worker.exitcode for worker in workers):
                raise CannotLoad("A loading process has failed; its messages are above.") from None


def _show_nothing(_: int) -> None:
    """The progress of organisations: they are few, compared with models."""


def _size(country: Country, kind: str, part: int) -> int:
    whole = country.size if kind == "models" else len(country.bodies)
    return min(PART, whole - part * PART)


def _work(
    settings: Settings, asked: Asked, kind: str, parts: list[int], counts: "Queue[tuple[int, int]]"
) -> None:
    """Runs in a process of its own."""
    asyncio.run(_write(settings, asked, kind, parts, counts))


async def _write(
    settings: Settings, asked: Asked, kind: str, parts: list[int], counts: "Queue[tuple[int, int]]"
) -> None:
    country = asked.made()
    store = Store(settings, "registration", user=OPERATOR_USER)
    for part in parts:
        counts.put(await write_part(store, country, kind, part))
    store.close()


async def write_part(store: Store, country: Country, kind: str, part: int) -> tuple[int, int]:
    """Writes the part, unless an earlier run has. Returns its numbers of records of the kind and of events."""
    row = {"_id": f"{kind}/{part}"}

    async def work(tx: Transaction) -> tuple[int, int]:
        start, stop = part * PART, part * PART + _size(country, kind, part)
        items: list[tuple[Any, Any]] = (
            list(country.organisations(start, stop, tx.at))
            if kind == "organisations"
            else [(made.model, made.events) for made in map(country.make, range(start, stop))]
        )
        parts = tx.unscoped(PARTS)
        if await parts.find_one(row) is None:
            await (Organisations(tx) if kind == "organisations" else Models(tx)).add_many(items)
            await parts.write([InsertOne(row)])
        return len(items), sum(len(events) for _, events in items)

    scope = OPERATOR.scope({Role.OPERATOR}, country.until)
    # The patience is long: nobody waits for an answer, and a server whose cache is full refuses writes for a while.
    return await store.transaction(work, caller=OPERATOR, scope=scope, patience=PATIENCE)
