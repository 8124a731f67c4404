"""Writes XLSX and CSV files row by row, whatever their length: one row is in memory at a time."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from services.kernel.sheets import values
from services.kernel.sheets.columns import Table
from services.kernel.sheets.lines import quoted

A4 = 9


class Writer(Protocol):
    def write(self, row: Sequence[Any]) -> None:
        """Appends a row of texts, whole numbers, amounts, days and empty cells (None)."""


@contextmanager
def workbook(file: Path, *tables: Table) -> Iterator[Sequence[Writer]]:
    """A workbook with one worksheet for each table. Texts stay texts: none becomes a formula or a link."""
    import xlsxwriter  # 8 MB, for the process that writes a workbook

    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    yield [_Rows(_worksheet(book, table, bold), day, wrapped) for table in tables]
    book.close()


def _worksheet(book: Any, table: Table, bold: Any) -> Any:
    sheet = book.add_worksheet(table.title)
    for place, (heading, width) in enumerate(zip(table.headings, table.widths, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, heading, bold)
    sheet.freeze_panes(1, 0)
    for_printing(sheet)
    return sheet


@contextmanager
def comma_separated(file: Path, table: Table) -> Iterator[Sequence[Writer]]:
    """A CSV file in UTF-8 with a byte order mark: without the mark, Excel reads another encoding."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = _Lines(csv.writer(stream))
        writer.write(table.headings)
        yield [writer]


def for_printing(sheet: Any) -> None:
    """Fits all columns on the width of a page, with the headings on each page."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


class _Rows:
    def __init__(self, sheet: Any, day: Any, wrapped: Any) -> None:
        self._sheet, self._day, self._wrapped = sheet, day, wrapped
        self._next = 1

    def write(self, row: Sequence[Any]) -> None:
        for place, cell in enumerate(row):
            value = _number(cell) if isinstance(cell, Decimal) else cell
            if isinstance(value, date):
                self._sheet.write_datetime(self._next, place, value, self._day)
            elif isinstance(value, str):
                if value:
                    several = self._wrapped if "\n" in value else None
                    self._sheet.write_string(self._next, place, quoted(value), several)
            elif value is not None:
                self._sheet.write_number(self._next, place, value)
        self._next += 1


class _Lines:
    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, row: Sequence[Any]) -> None:
        self._writer.writerow([as_text(value) for value in row])


def _number(amount: Decimal) -> float | str:
    """The amount as a number; as text if a number of a workbook would round it."""
    exact = Decimal(repr(float(amount))) == amount
    return float(amount) if exact else values.written(amount)


def as_text(value: Any) -> str:
    """A value as CSV shows it."""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Decimal):
        return values.written(value)
    return "" if value is None else quoted(str(value))
