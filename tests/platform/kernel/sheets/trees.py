"""A toy service with one sheet. `services/kernel/sheets/README.md` shows parts of this file and of `toy.py`."""

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from faststream.asgi import AsgiFastStream

from services.kernel.aggregate import Aggregate
from services.kernel.kinds import Noun
from services.kernel.messages import Refused
from services.kernel.mongo.access import Access
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.repository import Repository, new_id, not_found
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Columns
from services.kernel.service import serve
from services.kernel.sheets import values
from services.kernel.sheets.columns import Column, Layout
from services.kernel.sheets.judging import Cells, Outcome, judged
from services.kernel.sheets.lines import Line
from services.kernel.sheets.messages import Fate
from services.kernel.sheets.mount import Sheets
from services.kernel.sheets.sheet import Sheet
from services.kernel.table import Table
from services.kernel.units import COUNTRY
from tests.platform.kernel.sheets import toy
from tests.platform.kernel.sheets.toy import TREE, ExportTrees, ImportTrees, TreePlanted

TALLEST = Decimal(100)
"""Metres."""


class Tree(Aggregate, frozen=True, kw_only=True):
    name: str
    height: Decimal


class Trees(Repository[Tree]):
    collection = "trees"
    kind = TREE
    columns = Columns(Tree)
    state = Tree


Planting = tuple[Tree, list[TreePlanted]]


def plant(key: str, *, unit: str, name: str, height: Decimal, tx: Transaction) -> Planting:
    if height > TALLEST:
        raise Refused("tree-too-tall", "height", vi="Không có cây nào cao thế.", en="No tree is that tall.")
    tree = Tree(id=key, version=1, unit=unit, name=name, height=height)
    return tree, [TreePlanted(key=key, version=1, at=tx.at, unit=unit, name=name)]


LAYOUT = Layout(
    title="Cây",
    noun=TREE,
    columns=(
        Column("name", "Tên cây", "Tên riêng của cây.", 30, ("cây",), required=True, example="Đa làng Lụa"),
        Column("height", "Cao (m)", "Mét.", 10, read=partial(values.number, field="height"), example=12),
    ),
    recognised_by=frozenset({"name"}),
    named_by="name",
)


class TreesImporter:
    def __init__(self, unit: str) -> None:
        self._unit = unit

    @classmethod
    async def prepare(cls, command: ImportTrees, unit: str, access: Access) -> "TreesImporter":
        """Called once per job. A real service reads here the records that it needs to judge rows."""
        return cls(unit)

    async def judge(self, lines: Sequence[Line], tx: Transaction) -> list[Outcome[Planting]]:
        return [judged(line, LAYOUT, partial(self._planted, tx)) for line in lines]

    def _planted(self, tx: Transaction, cells: Cells) -> Outcome[Planting]:
        given = cells.values()
        cells.require(given)
        cells.stop_if_faulty()
        key, height = new_id(TREE), given.get("height", Decimal(0))
        planted = cells.must(lambda: plant(key, unit=self._unit, name=given["name"], height=height, tx=tx))
        return Outcome(Fate.ACCEPTED, record=key, new=True, effect=planted)

    async def write(self, outcomes: Sequence[Outcome[Planting]], tx: Transaction) -> None:
        await Trees(tx).add_many(one.effect for one in outcomes if one.effect)


class TreesExporter:
    def __init__(self, command: ExportTrees, access: Access) -> None:
        self._trees = Trees.seen(access)
        self._wanted = {"within": command.unit}

    async def count(self) -> int:
        return await self._trees.count(self._wanted)

    async def batches(self, size: int) -> AsyncIterator[list[dict[str, Any]]]:
        beyond: dict[str, Any] = {}
        while True:
            found = self._trees.find({**self._wanted, **beyond}, sort=[("_id", 1)], limit=size)
            trees = [from_document(one, Tree) async for one in found]
            if not trees:
                return
            yield [{"name": tree.name, "height": tree.height} for tree in trees]
            beyond = {"_id": {"$gt": trees[-1].id}}


SHEET = Sheet(
    name="trees",
    layout=LAYOUT,
    template_file="mau-cay",
    export_file="cay",
    imports=ImportTrees,
    importer=TreesImporter.prepare,
    exports=ExportTrees,
    exporter=TreesExporter,
    exported_unit=lambda command: command.unit,
)


async def path_of(_: Access, unit: str) -> str:
    if unit != COUNTRY:
        raise not_found(Noun("unit", "đơn vị", "unit"), unit)
    return f"/{COUNTRY}"


SHEETS = Sheets(toy, SHEET, path_of=path_of)
TABLE = Table("toy", SHEETS.area)


def create_app() -> AsgiFastStream:
    return serve(TABLE)
