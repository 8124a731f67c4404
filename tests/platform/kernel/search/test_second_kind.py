"""A kind of document that is no model is searched by its declaration alone, on real servers."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import pytest_asyncio

from services.kernel.calendar import moment
from services.kernel.caller import OURSELVES, Scope
from services.kernel.config import Settings
from services.kernel.process import end
from services.kernel.rows import Part
from services.kernel.search.answers import Answers
from services.kernel.search.file import IndexFile
from services.kernel.search.projection import Projection
from services.kernel.units import COUNTRY
from tests.platform.kernel.conftest import Toy
from tests.platform.kernel.search import toy
from tests.platform.kernel.search.toy import (
    SEARCHED,
    Errand,
    ErrandHits,
    ErrandsFilter,
    Keeper,
    SearchErrands,
)

NORTH, SOUTH = f"/{COUNTRY}/north", f"/{COUNTRY}/south"
KEEPER = Keeper(id=toy.KEEPER.id("0" * 24), version=1, unit=NORTH, name="Hội Nông dân")
FACETS = Part("facets", {"kind": "kind", "value": "value", "total": "total"})
MATCHES = Part("matches", {"where": "where", "text": "text"})
HIT: Any = {"errand": "errand", "exact": "exact", "matches": MATCHES}


def errand(number: int, text: str, unit: str = NORTH, colour: str = "RED") -> Errand:
    return Errand(
        id=toy.ERRAND.id(f"{number:024x}"),
        version=1,
        unit=unit,
        text=text,
        keeper=KEEPER.id,
        colour=colour,
    )


ERRANDS = (
    errand(1, "Đường hoa"),
    errand(2, "Duong hoa", SOUTH, "BLUE"),
    errand(3, "Hoa ven đường"),
)


class Searching:
    """The toy service's search in this process."""

    def __init__(self, service: Toy, settings: Settings) -> None:
        self.service = service
        self.store = service.store
        self.settings = settings
        self.running: list[asyncio.Task[None]] = [asyncio.create_task(service.sequencer.run())]
        self.answers = self.start()

    def start(self) -> Answers:
        projection = Projection(SEARCHED, self.store, self.settings.var / "search")
        self.running.append(asyncio.create_task(projection.run(self.service.nats)))
        return Answers(projection, whole=toy.SearchRow, hit=toy.HitRow, key=toy.ErrandsKey)

    async def do(self, work: Any) -> None:
        await self.store.transaction(work)
        self.service.sequencer.nudge()
        async with asyncio.timeout(20):
            while await self.store.db.log.count_documents({"seq": 0}):
                await asyncio.sleep(0.01)
            await self.answers.projection.reached(await self.store.head())

    async def find(
        self, text: str, units: frozenset[str] | None = None, **filter_: str
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The row of a search, and its first page."""
        access = self.store.reading(OURSELVES, Scope(units), moment())
        fields: Any = {"hits": "hits", "total": "total", "facets": FACETS}
        query = SearchErrands(text=text, filter=ErrandsFilter(**filter_), fields=fields)
        (whole,) = (await self.answers.search(query, access)).read()
        assert whole
        hits = await self.answers.hits(ErrandHits(keys=(whole["hits"],), first=10, fields=HIT), access)
        return whole, [row for row in hits.read() if row]


@pytest_asyncio.fixture
async def searching(service: Toy, settings: Settings) -> AsyncGenerator[Searching, None]:
    started = Searching(service, settings)
    try:
        for id_, name, path in ((COUNTRY, "Việt Nam", f"/{COUNTRY}"), ("north", "Tỉnh Bắc", NORTH)):
            await started.do(partial(toy.tell_unit, toy.unit(id_, name, path), 1))
        await started.do(partial(toy.name_keeper, KEEPER))
        await started.do(partial(toy.note, ERRANDS))
        yield started
    finally:
        await end(started.running)


def numbers(hits: list[dict[str, Any]]) -> list[int]:
    return [int(hit["errand"].removeprefix("errand_"), 16) for hit in hits]


async def test_documents_are_found_ranked_counted_and_highlighted(searching: Searching) -> None:
    whole, hits = await searching.find("đường hoa")
    assert (whole["total"], numbers(hits)) == (3, [1, 3, 2])
    assert [hit["exact"] for hit in hits] == [True, True, False]
    assert hits[0]["matches"] == [{"where": "TEXT", "text": "Đường hoa"}]
    assert whole["facets"] == [
        {"kind": "COLOUR", "value": "BLUE", "total": 1},
        {"kind": "COLOUR", "value": "RED", "total": 2},
    ]


async def test_scope_and_filters_narrow_hits_and_facets(searching: Searching) -> None:
    whole, hits = await searching.find("hoa", frozenset({"south"}))
    assert (whole["total"], numbers(hits)) == (1, [2])
    assert whole["facets"] == [{"kind": "COLOUR", "value": "BLUE", "total": 1}]
    assert numbers((await searching.find("hoa", colour="RED"))[1]) == [3, 1]
    assert numbers((await searching.find("hoa", unit="south"))[1]) == [2]
    assert numbers((await searching.find("hoa", keeper=KEEPER.id))[1]) == [3, 2, 1]
    assert numbers((await searching.find("hoa", keeper=toy.KEEPER.id("1" * 24)))[1]) == []


async def test_documents_are_found_by_the_new_name_of_a_referenced_record(searching: Searching) -> None:
    assert (await searching.find("nông dân"))[0]["total"] == 3
    renamed = msgspec.structs.replace(KEEPER, version=2, name="Hội Phụ nữ")
    await searching.do(partial(toy.name_keeper, renamed))
    assert (await searching.find("nông dân"))[0]["total"] == 0
    assert (await searching.find("phụ nữ"))[0]["total"] == 3
    await searching.do(partial(toy.tell_unit, toy.unit("north", "Tỉnh Thượng", NORTH), 2))
    assert numbers((await searching.find("tỉnh thượng"))[1]) == [3, 1]
    assert (await searching.find("tỉnh bắc"))[0]["total"] == 0


async def test_changed_document_is_found_by_its_new_text(searching: Searching) -> None:
    await searching.do(
        partial(toy.note, [msgspec.structs.replace(ERRANDS[0], version=2, text="Cổng trường")])
    )
    assert numbers((await searching.find("hoa"))[1]) == [3, 2]
    assert numbers((await searching.find("cổng trường"))[1]) == [1]


async def test_file_of_another_declaration_is_not_read(searching: Searching) -> None:
    await end(searching.running)
    file = searching.answers.projection.file
    assert IndexFile(SEARCHED, file).read()
    assert IndexFile(replace(SEARCHED, values=(), facets={}), file).read() is None
