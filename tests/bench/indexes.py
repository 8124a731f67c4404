"""The search index beside SQLite's FTS5 and tantivy, over the titles of the made-up country, in one interleaved run.

All three get the same words out of the same texts and must give the same replies: total, facets and page.
"""

import asyncio
import hashlib
import random
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import msgspec

from infra.country.making import LAST_DAY, Country
from infra.country.wording import BODIES
from services.directory.unit_names import Names
from services.kernel.units import UnitPath
from services.registration.models.messages import MODEL
from services.registration.organisations.messages import ORGANISATION
from services.registration.units.national import national_units
from tests.bench.peers import indexes
from tests.bench.peers.indexes import Ask, Document, Reply, Request, framed
from tests.bench.stage import ms, out, quantile, table

TITLES = 1_000_000
SEED = 2018
AT_ONCE = 5_000
ROUNDS = 40
CHANGES = 20
RENAMED = 500
"""Documents that a renamed unit changes at once."""
CITY, TOWN = "u01", "u437"
DEEP = 0.5
"""The share of the hits before the deep page."""
STATES = ("DRAFT", "SUBMITTED", "REGISTERED", "IMPLEMENTING", "RECOGNISED", "NOT_MET")
COMMON = "a common word"
ASKED = {
    COMMON: Ask(text="mo hinh"),
    "common words, with marks": Ask(text="Vận động nhân dân"),
    "neighbours: dan van kheo": Ask(text="dan van kheo"),
    "words that are rarely neighbours": Ask(text="đường hoa xã"),
    "an owner and a word: MTTQ camera": Ask(text="MTTQ camera"),
    "a rare word: lươn": Ask(text="lươn"),
    "no hit: tàu ngầm": Ask(text="tàu ngầm"),
    "within a city": Ask(text="Vận động nhân dân", units=(CITY,)),
    "within a town": Ask(text="Vận động nhân dân", units=(TOWN,)),
    "with two filters": Ask(text="Vận động nhân dân", values={"state": "REGISTERED", "year": "2019"}),
}


def documents(titles: int) -> Iterator[Document]:
    """In the order of their ids, as an index is built from the database."""
    units = national_units()
    names = Names()
    names.put(units)
    country = Country(titles, SEED, LAST_DAY, units)
    dice = random.Random(SEED)
    plans = (country.plan(number) for number in range(titles))
    # Ids rise with the second in which a model is drafted, and within a second they are in no order.
    in_order = (
        plan
        for _, same_second in groupby(plans, lambda plan: plan.key[:14])
        for plan in sorted(same_second, key=lambda plan: plan.key)
    )
    for number, plan in enumerate(in_order):
        values = {
            "field": str(plan.field),
            "level": str(plan.spell.level),
            "subject_kind": str(plan.subject_kind),
            "state": dice.choice(STATES),
            "year": str(plan.at.year),
        }
        yield Document(
            number,
            plan.key,
            (plan.title, BODIES[plan.body].format(u=plan.unit.spells[0].name), plan.place),
            names.along(plan.spell.path),
            (*UnitPath(plan.spell.path).segments, _owner(plan.unit.id, plan.body)),
            values,
        )


def _owner(unit: str, body: str) -> str:
    return ORGANISATION.id(hashlib.blake2b(f"{unit}/{body}".encode(), digest_size=12).hexdigest())


class Running:
    """An engine in its process."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder / name
        self.folder.mkdir()
        self._process: Process | None = None
        self.built, self.opened, self.last = Reply(), Reply(), Reply()

    async def build(self, file: Path) -> None:
        process = await self._start(str(file))
        self.built = await _reply(process)
        await process.wait()

    async def open(self) -> None:
        self._process = await self._start()
        self.opened = await _reply(self._process)

    async def send(self, **request: Any) -> Reply:
        assert self._process
        assert self._process.stdin
        self._process.stdin.write(framed(Request(**request)))
        self.last = await _reply(self._process)
        return self.last

    async def stop(self) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.close()
            await self._process.wait()

    @property
    def on_disk(self) -> int:
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    async def _start(self, *more: str) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", indexes.__name__, self.name, str(self.folder), *more),
            stdin=PIPE,
            stdout=PIPE,
        )


async def _reply(process: Process) -> Reply:
    assert process.stdout
    size = int.from_bytes(await process.stdout.readexactly(4), "big")
    return msgspec.msgpack.decode(await process.stdout.readexactly(size), type=Reply)


async def measure(titles: int = TITLES, rounds: int = ROUNDS, changes: int = CHANGES) -> None:
    with tempfile.TemporaryDirectory(prefix="danvan-bench-") as name:
        folder = Path(name)
        sample = _write(folder / "documents", titles)
        engines = [Running(name, folder) for name in indexes.ENGINES]
        try:
            for engine in engines:
                await engine.build(folder / "documents")
                await engine.open()
            asked = await _compare(engines, rounds)
            changed = await _change(engines, sample, titles, changes)
        finally:
            for engine in engines:
                await engine.stop()
    _show(engines, titles, asked, changed)


def _write(file: Path, titles: int) -> list[Document]:
    """All documents into the file. The reply is a sample of them, evenly spread."""
    sample: list[Document] = []
    every = max(1, titles // RENAMED)
    found = documents(titles)
    with file.open("wb") as stream:
        while batch := list(islice(found, AT_ONCE)):
            stream.write(framed(batch))
            sample += [one for one in batch if one.number % every == 0]
    return sample[:RENAMED]


async def _compare(engines: Sequence[Running], rounds: int) -> dict[str, dict[str, list[Reply]]]:
    """Query → engine → replies. Every query is sent to each engine in turn, in every round."""
    ours, *_ = engines
    asked = dict(ASKED)
    whole = await ours.send(ask=ASKED[COMMON])
    assert whole.answer
    cursor = await ours.send(skip=(ASKED[COMMON], int(whole.answer.total * DEEP)))
    assert cursor.answer
    asked[f"page after {int(whole.answer.total * DEEP):,} hits"] = msgspec.structs.replace(
        ASKED[COMMON], after=cursor.answer.page[0]
    )
    replies: dict[str, dict[str, list[Reply]]] = {name: {e.name: [] for e in engines} for name in asked}
    for round_ in range(rounds + 1):
        for name, ask in asked.items():
            for engine in engines:
                reply = await engine.send(ask=ask)
                if round_:
                    replies[name][engine.name].append(reply)
            for engine in engines:
                if engine.last.answer != ours.last.answer:
                    raise RuntimeError(f"{name}: {engine.last.answer} is not {ours.last.answer}")
    return replies


async def _change(
    engines: Sequence[Running], sample: Sequence[Document], titles: int, times: int
) -> dict[str, dict[str, list[Reply]]]:
    """Change → engine → replies. A change is done when the engine finds it."""
    changes: dict[str, Callable[[int], tuple[Document, ...]]] = {
        "a new document": lambda n: (
            msgspec.structs.replace(sample[n], number=titles + n, id=MODEL.id(f"{(1 << 95) + n:024x}")),
        ),
        "a new state": lambda n: (
            msgspec.structs.replace(sample[n], values={**sample[n].values, "state": "X"}),
        ),
        "a new title": lambda n: (_renamed(sample[n], f"bench{n}"),),
        f"{len(sample)} new titles at once": lambda n: tuple(_renamed(one, f"batch{n}") for one in sample),
    }
    replies: dict[str, dict[str, list[Reply]]] = {name: {e.name: [] for e in engines} for name in changes}
    for name, change in changes.items():
        for n in range(min(times, len(sample))):
            for engine in engines:
                replies[name][engine.name].append(await engine.send(put=change(n)))
    newest = min(times, len(sample)) - 1
    for text, total in ((f"batch{newest}", len(sample)), (f"bench{newest}", 0)):
        for engine in engines:
            answer = (await engine.send(ask=Ask(text=text))).answer
            if answer is None or answer.total != total:
                raise RuntimeError(f"{engine.name} finds {answer} instead of {total} × {text}")
    return replies


def _renamed(document: Document, word: str) -> Document:
    return msgspec.structs.replace(document, texts=(f"{document.texts[0]} {word}", *document.texts[1:]))


def _show(
    engines: Sequence[Running],
    titles: int,
    asked: dict[str, dict[str, list[Reply]]],
    changed: dict[str, dict[str, list[Reply]]],
) -> None:
    names = [engine.name for engine in engines]
    shown = table(f"An index of {titles:,} titles", "", *names)
    rows: dict[str, Callable[[Running], str]] = {
        "built, s of processor time": lambda e: f"{e.built.cpu:.0f}",
        "opened, s of processor time": lambda e: f"{e.opened.cpu:.2f}",
        "on disk, MB": lambda e: f"{e.on_disk / 1e6:.0f}",
        "memory after the queries, own, MB": lambda e: f"{e.last.anonymous / 1e6:.0f}",
        "and of mapped files, MB": lambda e: f"{e.last.mapped / 1e6:.0f}",
    }
    for row, cell in rows.items():
        shown.add_row(row, *(cell(engine) for engine in engines))
    out.print(shown)
    for title, measured in (
        (f"A page of {indexes.PAGE}, total and facets", asked),
        ("A change until it is found", changed),
    ):
        shown = table(
            f"{title}: ms of processor time, p50 / p99",
            *("", "hits", *names),
        )
        for name, replies in measured.items():
            answer = next(iter(replies.values()))[0].answer
            took = ([reply.cpu for reply in replies[engine]] for engine in names)
            shown.add_row(
                name,
                f"{answer.total:,}" if answer else "",
                *(f"{ms(quantile(one, 0.5))} / {ms(quantile(one, 0.99))}" for one in took),
            )
        out.print(shown)
