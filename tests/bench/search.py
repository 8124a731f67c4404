"""Search among many models, beside a regular expression and MongoDB's text index on the same texts."""

import asyncio
import os
import random
import re
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from infra.operate.operator import OPERATOR, asking
from infra.operate.positions import settled
from services.kernel.calendar import moment
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messages import Refused, Role
from services.kernel.messaging.client import Client
from services.kernel.mongo.driver import Database, Document
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.store import Store
from services.kernel.rows import Part, Rows
from services.kernel.search.tokenizer import tokens
from services.kernel.text import folded
from services.kernel.units import COUNTRY, DatedUnit, UnitLevel, UnitPath
from services.movement.words import Field
from services.registration.models.messages import MODEL, ModelsFilter
from services.registration.organisations.messages import ORGANISATION
from services.registration.search.messages import Search, SearchHits, SearchKey
from services.registration.units.messages import RecordUnits
from services.registration.units.national import national_units
from tests.bench.memory import resident
from tests.bench.stage import METHODS, Http, Stage, ms, out, quantile, stage, table

MODELS = 100_000
PROCESS = "registration-readers"
"""Holds the index."""
AT_ONCE = 5_000
TIMES = 30
PLAIN_TIMES = 3
PAGE = 20
DRAFTS = 20
POLL = 0.05
"""Seconds between two requests of a process that starts."""
ASKED = ("dan van kheo", "Dân vận khéo", "hiến đất mở đường", "MTTQ camera", "mái ấm đồng đội", "tàu ngầm")
"""Words in most titles; the same with marks; words in many; with an owner; in few; in none."""
STARTS = ("Dân vận khéo trong", "Dân vận khéo:", "Vận động nhân dân", "Mô hình", "Tuyên truyền, vận động")
BODIES = ("MTTQ", "Hội Nông dân", "Hội LHPN", "Công an", "Đoàn Thanh niên")
COLLECTION = "bench_models"
GRAPHQL = """
query Find($text: String!) {
  search(text: $text) { total hits(first: 20) { edges { node { exact model { id title state owner { name } } } } } }
}
"""
TOTAL = "query Total($text: String!) { search(text: $text) { total } }"


async def measure(
    models: int = MODELS, times: int = TIMES, drafts: int = DRAFTS, unit: str = COUNTRY
) -> None:
    """`unit`: the models are spread over the communes below it."""
    units = units_within(unit)
    async with stage() as made:
        async with asking(made.settings) as services:
            for start in range(0, len(units), 500):
                command = RecordUnits(units=tuple(units[start : start + 500]))
                await services.ask(command, OPERATOR, int, key=f"bench/units/{start}")
        await settled(made.settings)
        store = Store(made.settings, "registration", user=OPERATOR_USER)
        try:
            await _fill(store.db, models, units)
            began = time.perf_counter()
            await store.db[COLLECTION].create_index([("folded", "text")], default_language="none")
            text_index = time.perf_counter() - began
            before = resident(made.stack)[PROCESS][0]
            built, opened = await _built(made), await _opened(made)
            after = resident(made.stack)[PROCESS][0]
            await _compare(made, store.db, models, times)
        finally:
            store.close()
        shown = table(f"The index of {models:,} models", "", "")
        (file,) = (made.settings.var / "search").glob("*.index")
        shown.add_row("built from the documents", f"{built:.1f} s, {models / built:,.0f} models a second")
        shown.add_row("read from disk at a start", f"{opened:.1f} s")
        shown.add_row("on disk", f"{file.stat().st_size / 1e6:.0f} MB")
        shown.add_row("resident memory of the process", f"{before:.0f} → {after:.0f} MB")
        shown.add_row("MongoDB's text index was built in", f"{text_index:.1f} s")
        out.print(shown)
        await _findable(made, drafts)


def units_within(unit: str) -> list[DatedUnit]:
    """The unit, those below it and the country."""
    return [
        one
        for one in national_units()
        if one.id == COUNTRY or any(UnitPath(spell.path).within(unit) for spell in one.spells)
    ]


async def _fill(db: Database, models: int, units: Sequence[DatedUnit]) -> None:
    dice = random.Random(2018)
    day = date(2018, 6, 15)
    paths = [spell.path for unit in units if (spell := unit.at(day)) and spell.level is UnitLevel.COMMUNE]
    owners = {path: (new_id(ORGANISATION), f"{dice.choice(BODIES)} {UnitPath(path).unit}") for path in paths}
    await db.organisations.insert_many(
        [
            {**_base(path, id_), "name": name, "kind": "FATHERLAND_FRONT"}
            for path, (id_, name) in owners.items()
        ]
    )
    await (
        db.models.drop_indexes()
    )  # the search reads by id alone; a million with all of them take a quarter of an hour
    for documents in _models(models, dice, paths, owners):
        await db.models.insert_many(documents, ordered=False)
        await db[COLLECTION].insert_many(
            [
                {"_id": one["_id"], "within": one["within"], "folded": folded(f"{one['title']} {name}")}
                for one in documents
                for _, name in [owners[one["unit"]]]
            ],
            ordered=False,
        )


def _base(path: str, id_: str) -> Document:
    within = path.strip("/").split("/")
    return {"_id": id_, "version": 1, "unit": path, "within": within, "recorded_at": moment()}


def _models(
    many: int, dice: random.Random, paths: list[str], owners: dict[str, tuple[str, str]]
) -> Iterator[list[Document]]:
    fields = list(Field)
    for start in range(0, many, AT_ONCE):
        batch = []
        for number in range(start, min(many, start + AT_ONCE)):
            path = dice.choice(paths)
            on = date(2014, 1, 1) + timedelta(days=dice.randrange(4000))
            method = "mái ấm đồng đội" if number % 20_011 == 7 else dice.choice(METHODS)
            title = f"{dice.choice(STARTS)} {method} tổ dân phố {dice.randrange(1, 40)}"
            batch.append(
                {
                    **_base(path, new_id(MODEL)),
                    "owner": owners[path][0],
                    "title": title,
                    "summary": "",
                    "place": "",
                    "target": "",
                    "field": fields[number % len(fields)],
                    "subject_kind": "COLLECTIVE",
                    "level": "COMMUNE",
                    "state": "DRAFT",
                    "year": on.year,
                    "programme": None,
                    "drafted_on": on.isoformat(),
                    "drafted_by": "bench",
                    "contributions": [],
                }
            )
        yield batch


async def _built(made: Stage) -> float:
    """Seconds in which a process without a file builds the index of all models."""
    for file in (made.settings.var / "search").glob("*.index"):
        file.unlink()
    return await _again(made, signal.SIGKILL)


async def _opened(made: Stage) -> float:
    return await _again(made, signal.SIGTERM)


async def _again(made: Stage, how: signal.Signals) -> float:
    """Seconds from the first answer of a restarted process until it searches again."""
    running = made.stack.processes[PROCESS]
    pid = running.pid
    assert pid
    os.kill(pid, how)
    while running.pid in (pid, None):
        await asyncio.sleep(0.01)
    async with asking(made.settings) as services:
        began = None
        while True:
            try:
                await _search(services, "dan van kheo")
            except Refused as refused:
                if refused.refusal.code != "search-not-ready":
                    raise
                began = began or time.perf_counter()
                await asyncio.sleep(POLL)
                continue
            now = time.perf_counter()
            return max(POLL, now - (began or now))


async def _search(services: Client, text: str) -> int:
    """The two queries of the gateway: total and facets, then one page. Returns the total."""
    facets = Part("facets", {"kind": "kind", "value": "value", "total": "total"})
    whole = await services.ask(Search(text=text, fields={"total": "total", "facets": facets}), OPERATOR, Rows)
    matches = Part("matches", {"text": "text", "start": "start", "end": "end"})
    key = SearchKey(text=text, filter=ModelsFilter()).written()
    fields: Any = {"model": "model", "exact": "exact", "matches": matches}
    await services.ask(SearchHits(keys=(key,), first=PAGE, fields=fields), OPERATOR, Rows)
    (row,) = whole.read()
    assert row
    return int(row["total"])


async def _compare(made: Stage, db: Database, models: int, times: int) -> None:
    shown = table(
        f"A page of {PAGE} of {models:,} and how many there are; p50 / p99 ms of {times}, of the others {PLAIN_TIMES}",
        *("", "found", "search", "GraphQL", "$text", "regex", "$text ÷", "regex ÷"),
    )
    person = made.person(Role.LEADER)
    async with asking(made.settings) as services:
        for text in ASKED:
            words = [one.bare for one in tokens(text)]
            total = await _search(services, text)

            async def by_text(words: list[str] = words) -> None:
                await _page(db, {"$text": {"$search": " ".join(f'"{word}"' for word in words)}})

            async def by_scan(words: list[str] = words) -> None:
                each = [{"folded": {"$regex": rf"\b{re.escape(word)}\b"}} for word in words]
                await _page(db, {"$and": each})

            async def ours(text: str = text) -> None:
                await _search(services, text)

            async def through(text: str = text, person: Http = person) -> None:
                await person.ask(GRAPHQL, {"text": text})

            mine, theirs = await _timed(ours, times), await _timed(by_text, PLAIN_TIMES)
            scanned, graphql = await _timed(by_scan, PLAIN_TIMES), await _timed(through, times)
            half = quantile(mine, 0.5)
            shown.add_row(
                text,
                f"{total:,}",
                *(_both(took) for took in (mine, graphql, theirs, scanned)),
                *(f"{quantile(took, 0.5) / half:,.0f}" for took in (theirs, scanned)),
            )
    person.close()
    out.print(shown)


async def _page(db: Database, wanted: Document) -> None:
    """The newest matches, and their number."""
    await db[COLLECTION].find(wanted, {"_id": 1}).sort("_id", -1).limit(PAGE).to_list(PAGE)
    await db[COLLECTION].count_documents(wanted)


async def _timed(ask: Callable[[], Awaitable[None]], times: int) -> list[float]:
    took = []
    await ask()
    for _ in range(times):
        began = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - began)
    return took


def _both(took: list[float]) -> str:
    return f"{ms(quantile(took, 0.5))} / {ms(quantile(took, 0.99))}"


async def _findable(made: Stage, drafts: int) -> None:
    """Time from the answer of draftModel until search finds the model."""
    officer, took = made.person(Role.OFFICER), []
    for number in range(drafts):
        word = f"bench{number}x{time.monotonic_ns()}"
        await officer.do(
            "draftModel",
            made.key(),
            owner=made.owner,
            title=f"Dân vận khéo {word}",
            field="ECONOMY",
            subjectKind="COLLECTIVE",
            on="2018-03-05",
        )
        answered = time.perf_counter()
        while not (await officer.ask("query($t: String!) { search(text: $t) { total } }", {"t": word}))[
            "search"
        ]["total"]:
            pass
        took.append(time.perf_counter() - answered)
        await asyncio.sleep(0.1)
    officer.close()
    out.print(f"From the answer of draftModel until it is found: {_both(took)} ms (p50 / p99 of {drafts})")
