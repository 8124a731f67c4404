"""Reads an untrusted XLSX or CSV file row by row, by the headings of a layout.

A fault of the whole file is a `Refused` with a code `file-…` or `sheet-…`. A fault of one cell is reported with its
address, and the other rows are read. Nothing is computed or followed, and nothing is unpacked beyond the limits.
"""

import codecs
import csv
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kernel.sheets import refusals, values
from services.kernel.sheets.columns import Layout
from services.kernel.sheets.elements import FORMULA, MOST_COLUMNS, letters_of, place_of
from services.kernel.sheets.guard import guard, refuse_other_types
from services.kernel.sheets.lines import Line, unquoted
from services.kernel.sheets.messages import LARGEST_FILE, RowProblem
from services.kernel.sheets.workbook import Workbook

ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})


@dataclass(frozen=True, slots=True)
class Table:
    """A worksheet or CSV file below its headings. `letters`: column key → letter."""

    letters: Mapping[str, str]
    rows: Iterator[tuple[int, list[Any]]]

    def lines(self) -> Iterator[Line]:
        """Every row that is not empty, in order. They can be read once."""
        places = {key: place_of(letter) - 1 for key, letter in self.letters.items()}
        for number, row in self.rows:
            cells: dict[str, Any] = {}
            problems = []
            for key, place in places.items():
                value = row[place] if place < len(row) else None
                value = value.strip() if isinstance(value, str) else value
                if value is None or value == "":
                    continue
                if problem := _unreadable(value, f"{self.letters[key]}{number}"):
                    problems.append(problem)
                else:
                    cells[key] = unquoted(value)
            if cells or problems:
                yield Line(number, cells, self.letters, tuple(problems))


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
        guard(file, layout.noun)
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
        found = [table for one in book.sheets if (table := _headed(book.rows(one), layout))]
        if len(found) > 1:
            raise refusals.ambiguous(layout.noun)
        if not found:
            raise refusals.no_headings()
        yield found[0]


@contextmanager
def _csv(file: Path, start: bytes, layout: Layout) -> Iterator[Table]:
    encoding = "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in start:
        raise refusals.wrong_type("tệp nhị phân", "a binary file")
    try:
        with file.open(encoding=encoding, newline="") as stream:
            first = stream.read(4096)
            delimiter = max(
                ";,\t",
                key=lambda mark: sum(line.count(mark) for line in first.splitlines()[: refusals.LOOKED_AT]),
            )
            stream.seek(0)
            table = _headed(_csv_rows(csv.reader(stream, delimiter=delimiter)), layout)
            if table is None:
                raise refusals.no_headings()
            yield table
    except UnicodeError as error:
        raise refusals.file(
            "encoding",
            "không phải UTF-8; khi lưu, hãy chọn “CSV UTF-8” hoặc lưu dạng .xlsx",
            "is not UTF-8; save it as “CSV UTF-8” or as .xlsx",
        ) from error
    except csv.Error as error:
        raise refusals.damaged() from error


def _csv_rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[Any]]]:
    for number, row in enumerate(reader, 1):
        if number > refusals.MOST_ROWS + refusals.LOOKED_AT:
            raise refusals.too_long()
        if len(row) > 10 * MOST_COLUMNS:
            raise refusals.too_wide()
        yield number, list(row[:MOST_COLUMNS])


def _headed(rows: Iterator[tuple[int, list[Any]]], layout: Layout) -> Table | None:
    """The table from its row of headings on; None without one among the first rows."""
    for number, row in rows:
        letters = _letters(row, layout)
        if layout.recognised_by <= letters.keys():
            missing = [one.heading for one in layout.columns if one.required and one.key not in letters]
            if missing:
                raise refusals.columns_missing(missing)
            return Table(letters, rows)
        if number >= refusals.LOOKED_AT:
            return None
    return None


def _letters(row: list[Any], layout: Layout) -> dict[str, str]:
    """Column key → letter, of the headings in this row."""
    letters: dict[str, str] = {}
    for place, value in enumerate(row, 1):
        heading = values.text(value) if value is not None else ""
        column = layout.column_named(heading) if heading else None
        if column is None:
            continue
        letter = letters_of(place)
        if column.key in letters:
            raise refusals.column_twice(column.heading, letters[column.key], letter)
        letters[column.key] = letter
    return letters


def _unreadable(value: Any, address: str) -> RowProblem | None:
    written = value if isinstance(value, str) else ""
    if value is FORMULA or written.startswith("="):
        return RowProblem(
            cell=address,
            code="cell-formula",
            vi="Ô chứa công thức; hãy dán giá trị vào thay cho công thức.",
            en="The cell has a formula; paste its value in its place.",
        )
    if written in ERRORS:
        return RowProblem(
            cell=address,
            code="cell-error",
            vi=f"Ô báo lỗi {written} của Excel.",
            en=f"The cell has Excel's error {written}.",
        )
    return None
