"""Previews a reorganisation of units from a file, and applies it on request."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from infra.operate.operator import OPERATOR, asking
from infra.operate.positions import settled
from services.kernel.config import Settings
from services.kernel.rows import Fields, Part, Row, Rows
from services.kernel.units import UnitOnDay
from services.registration.reorganisations.messages import (
    OpenModelsOfUnits,
    PreviewOfReorganisation,
    ReorganisationKind,
    ReorganiseUnits,
)
from services.registration.units.messages import UnitsOnDay

LARGEST_FILE = 500_000
"""Bytes of a file, at most. A message may have twice as many."""
SHOWN_MODELS = 5
"""Titles shown for each unit. GraphQL has all of them: `reorganisationPreview { affected { models } }`."""


class UnreadableFile(Exception):  # noqa: N818
    """The file cannot be read as text."""


@dataclass(frozen=True)
class Previewed:
    row: Row
    names: dict[str, str]
    """Names of the old units, by key."""
    titles: dict[str, list[str]]
    """Titles of the first drafts and open models, by unit."""

    @property
    def wrong(self) -> bool:
        return bool(self.row["problems"])


def text_of(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{file}: {error.strerror}.") from error
    if len(content) > LARGEST_FILE:
        raise UnreadableFile(f"{file} has {len(content):,} bytes, at most {LARGEST_FILE:,} are read.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"{file} is not UTF-8 (byte {error.start}): in a spreadsheet, save it as “CSV UTF-8”."
        ) from None


async def preview(settings: Settings, text: str) -> Previewed:
    async with asking(settings) as services:
        (row,) = (
            await services.ask(PreviewOfReorganisation(file=text, fields=_FIELDS), OPERATOR, Rows)
        ).read()
        assert row is not None, "a preview is always one row"  # noqa: S101
        names: dict[str, str] = {}
        keys = [one["unit"] for one in row["affected"]]
        for start in range(0, len(keys), 100):
            part = tuple(keys[start : start + 100])
            found = (await services.ask(UnitsOnDay(keys=part, fields=_NAME), OPERATOR, Rows)).read()
            names |= {key: unit["name"] for key, unit in zip(part, found, strict=True) if unit}
        titles: dict[str, list[str]] = {}
        for one in row["affected"]:
            if one["drafts"] + one["open_models"]:
                query = OpenModelsOfUnits(keys=(one["id"],), first=SHOWN_MODELS, fields=_TITLE)
                models = (await services.ask(query, OPERATOR, Rows)).read()
                titles[one["id"]] = [model["title"] for model in models if model]
    return Previewed(row, names, titles)


async def apply(settings: Settings, text: str) -> str:
    """Returns the id of the reorganisation, after all readers have processed its events."""
    async with asking(settings) as services:
        reorganisation = await services.ask(
            ReorganiseUnits(file=text), OPERATOR, dict[str, Any], key=uuid4().hex
        )
    await settled(settings)
    return str(reorganisation["id"])


def show(previewed: Previewed, out: Console) -> None:
    row = previewed.row
    if row["applied"]:
        out.print(f"Tệp này đã được áp dụng rồi: {row['applied']}, có hiệu lực từ {row['effective_on']}.")
        return
    out.print(f"Có hiệu lực từ {row['effective_on'] or '?'}, căn cứ {row['document'] or '?'}", soft_wrap=True)
    if row["lines"]:
        out.print(_lines(row["lines"], previewed))
    if row["affected"]:
        out.print(_affected(row["affected"], previewed))
    for unit, titles in previewed.titles.items():
        for title in titles:
            out.print(f"  {unit}: {title}", soft_wrap=True, markup=False)
    for problem in row["problems"]:
        where = f"dòng {problem['row']}" if problem["row"] else "tệp"
        column = f", cột {problem['column']}" if problem["column"] else ""
        out.print(f"{where}{column}: {problem['problem']}: {problem['vi']}", soft_wrap=True, markup=False)
    if not row["problems"]:
        out.print(
            f"{row['began']} đơn vị mới, {row['ended']} kết thúc, {row['changed']} thay đổi, "
            f"{row['followers']} theo cấp trên mới; {row['drafts']} bản nháp, {row['open_models']} mô hình "
            f"đang mở, {row['organisations']} tổ chức giữ đơn vị cũ."
        )


def _lines(lines: list[Row], previewed: Previewed) -> Table:
    table = Table("Dòng", "Cách", "Đơn vị cũ", "Trở thành", "Mã", "Cấp trên")
    for line in lines:
        kind = ReorganisationKind(line["kind"]).vi + ("" if line["whole"] else " (một phần)")
        old = f"{previewed.names.get(line['unit'], '?')} {UnitOnDay(line['unit']).unit}"
        new = f"{line['name']} {line['becomes']}"
        table.add_row(str(line["row"]), kind, old, new, line["code"], line["parent"] or "?")
    return table


def _affected(units: list[Row], previewed: Previewed) -> Table:
    table = Table("Đơn vị cũ", "Bản nháp", "Mô hình đang mở", "Tổ chức")
    for one in units:
        name = f"{previewed.names.get(one['unit'], '?')} {one['id']}"
        table.add_row(name, *(str(one[column]) for column in ("drafts", "open_models", "organisations")))
    return table


def _same(*names: str) -> Fields:
    return {name: name for name in names}


PROBLEMS = Part("problems", _same("row", "column", "problem", "vi"))
_LINE = _same("row", "kind", "unit", "becomes", "name", "code", "parent", "whole")
_COUNTS = _same("drafts", "open_models", "organisations")
_NAME, _TITLE = _same("name"), _same("title")
_FIELDS: Fields = {
    **_same("effective_on", "document", "applied", "began", "ended", "changed", "followers"),
    **_COUNTS,
    "problems": PROBLEMS,
    "lines": Part("lines", _LINE),
    "affected": Part("affected", {**_same("id", "unit"), **_COUNTS}),
}
