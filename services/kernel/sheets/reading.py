"""Reads an untrusted XLSX or CSV file row by row, by the headings of a layout.

A fault of the whole file is a `Refused` with a code `file-…` or `sheet-…`. A fault of one cell is reported with its
address, and the other rows are read. Nothing is computed or followed, and nothing is unpacked beyond the limits.
"""

import codecs
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kernel.kinds import Noun
from services.kernel.messages import Refused
from services.kernel.sheets import delimited, refusals
from services.kernel.sheets.columns import Layout
from services.kernel.sheets.elements import MOST_COLUMNS, Row, Rows, letters_of, place_of, visible
from services.kernel.sheets.guard import guard, refuse_other_types
from services.kernel.sheets.headings import Headings, found_in
from services.kernel.sheets.lines import Line, unquoted
from services.kernel.sheets.messages import LARGEST_FILE, RowProblem
from services.kernel.sheets.notices import notices, refuse_layout, unreadable
from services.kernel.sheets.workbook import Workbook


@dataclass(frozen=True, slots=True)
class Table:
    """A worksheet or CSV file below its headings. `sheet`: knows hidden and merged cells; None for a CSV file."""

    headings: Headings
    rows: Iterator[Row]
    noun: Noun
    sheet: Rows | None = None

    @property
    def letters(self) -> Mapping[str, str]:
        """Column key → letter."""
        return self.headings.letters

    def lines(self) -> Iterator[Line]:
        """Every row in which one of our columns holds something, in order. They can be read once."""
        places = {key: place_of(letter) - 1 for key, letter in self.letters.items()}
        last = self.headings.row
        for row in self.rows:
            cells: dict[str, Any] = {}
            problems = []
            for key, place in places.items():
                value = row.cells[place] if place < len(row.cells) else None
                value = value.strip() if isinstance(value, str) else value
                if value is None or value == "":
                    continue
                if problem := unreadable(value, f"{self.letters[key]}{row.number}"):
                    problems.append(problem)
                else:
                    cells[key] = unquoted(value)
            if cells or problems:
                notes: list[RowProblem] = []
                notices(row, self.headings, self.sheet, problems, notes)
                yield Line(row.number, cells, self.letters, tuple(problems), tuple(notes))
                last = row.number
        if self.sheet:
            refuse_layout(self.sheet, self.headings, last, self.noun)


@contextmanager
def opened(file: Path, layout: Layout) -> Iterator[Table]:
    """The one worksheet with the layout's headings, or the CSV file."""
    if file.stat().st_size > LARGEST_FILE:
        raise refusals.too_large(LARGEST_FILE)
    with file.open("rb") as opened_file:
        start = opened_file.read(4096)
    if not start.strip(b"\0 \r\n\t"):
        raise refusals.file("empty", "trống", "is empty")
    if start.startswith(b"PK\x03\x04"):
        guard(file)
        with _workbook(file, layout) as table:
            yield table
        return
    refuse_other_types(start)
    with _csv(file, start, layout) as table:
        yield table


@contextmanager
def _workbook(file: Path, layout: Layout) -> Iterator[Table]:
    with file.open("rb") as stream, zipfile.ZipFile(stream) as archive:
        book = Workbook(archive)
        hidden = [sheet.name for sheet in book.sheets if not sheet.visible]
        if hidden:
            raise refusals.hidden(", ".join(hidden)[:80])
        found: list[Table] = []
        missed: list[Refused] = []
        for one in book.sheets:
            reader = book.reader()
            _take(_headed(book.rows(one, reader), layout, reader), found, missed)
        if len(found) > 1:
            raise refusals.ambiguous(layout.noun)
        if not found:
            raise (*missed, refusals.no_headings())[0]
        yield found[0]


@contextmanager
def _csv(file: Path, start: bytes, layout: Layout) -> Iterator[Table]:
    encoding = "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in start:
        raise refusals.wrong_type("tệp nhị phân", "a binary file")

    def known(row: list[str]) -> int:
        return len({column.key for cell in row if (column := layout.column_named(cell))})

    try:
        with file.open(encoding=encoding, newline="") as stream:
            rows = delimited.rows(stream, known, refusals.LOOKED_AT)
            found: list[Table] = []
            missed: list[Refused] = []
            if rows:
                _take(_headed(_csv_rows(rows), layout, None), found, missed)
            if not found:
                raise (*missed, refusals.no_headings())[0]
            yield found[0]
    except UnicodeError as error:
        raise refusals.file(
            "encoding",
            "không phải UTF-8; khi lưu, hãy chọn “CSV UTF-8” hoặc lưu dạng .xlsx",
            "is not UTF-8; save it as “CSV UTF-8” or as .xlsx",
        ) from error
    except delimited.QuoteBroken as broken:
        raise refusals.quotes(broken.row) from broken


def _csv_rows(rows: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    """The rows that are not empty."""
    held = 0
    for number, row in rows:
        cells: list[Any] = [visible(cell.replace("\r\n", "\n").replace("\r", "\n")) for cell in row]
        if not any(cells):
            continue
        held += 1
        if held > refusals.MOST_ROWS + refusals.LOOKED_AT:
            raise refusals.too_long()
        far = next((place for place, cell in enumerate(cells[MOST_COLUMNS:], MOST_COLUMNS + 1) if cell), 0)
        if far:
            raise refusals.too_wide(f"{letters_of(far)}{number}")
        yield Row(number, cells[:MOST_COLUMNS])


def _headed(rows: Iterator[Row], layout: Layout, sheet: Rows | None) -> Table | Refused | None:
    """The table from its row of headings on. Without one among the first rows: why, if it is known."""
    missed: Refused | None = None
    for looked, row in enumerate(rows, 1):
        headings = found_in(row, layout)
        if layout.recognised_by <= headings.letters.keys():
            if fault := headings.fault(layout):
                raise fault
            return Table(headings, rows, layout.noun, sheet)
        if len(headings.letters) > 1 and not missed:
            missed = headings.fault(layout)
        if looked >= refusals.LOOKED_AT:
            break
    return missed


def _take(found: Table | Refused | None, tables: list[Table], missed: list[Refused]) -> None:
    if isinstance(found, Table):
        tables.append(found)
    elif found:
        missed.append(found)
