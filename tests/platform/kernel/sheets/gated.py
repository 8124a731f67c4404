"""The toy service with an importer that stops at each row called `gate` until the file in `TOY_GATE` exists."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from faststream.asgi import AsgiFastStream

from services.kernel.mongo.transaction import Transaction
from services.kernel.service import serve
from services.kernel.sheets.judging import Outcome
from services.kernel.sheets.lines import Line
from services.kernel.sheets.mount import Sheets
from services.kernel.table import Table
from tests.platform.kernel.sheets import toy
from tests.platform.kernel.sheets.trees import SHEET, Planting, TreesImporter, path_of

GATE = "gate"


class GatedImporter(TreesImporter):
    async def judge(self, lines: Sequence[Line], tx: Transaction) -> list[Outcome[Planting]]:
        if any(line.text("name") == GATE for line in lines):
            while not Path(os.environ["TOY_GATE"]).exists():
                await asyncio.sleep(0.01)
        return await super().judge(lines, tx)


GATED = replace(SHEET, importer=GatedImporter.prepare)


def create_app() -> AsgiFastStream:
    return serve(Table("toy", Sheets(toy, GATED, path_of=path_of).area))
