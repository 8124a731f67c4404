"""Writes sheets: the template, the result of an import, and exports; row by row, whatever their length."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter

from services.registration.models.domain import Model
from services.registration.sheets import values
from services.registration.sheets.columns import COLUMNS, SHEET
from services.registration.sheets.domain import RESOURCES
from services.registration.sheets.reading import MOST_ROWS, quoted

A4 = 9
LINE = 16
"""Points."""
EXAMPLE: dict[str, Any] = {
    "owner": "Hội LHPN phường Đậu Liêu",
    "title": "“5 không, 3 sạch” ở tổ dân phố 1",
    "field": "Văn hóa - xã hội",
    "subject_kind": "Tập thể",
    "place": "Tổ dân phố 1",
    "summary": "Hội viên đến từng hộ hướng dẫn phân loại rác, mỗi tuần một buổi dọn ngõ.",
    "target": "48/48 hộ phân loại rác tại nguồn",
    "year": 2026,
    "on": date(2026, 3, 5),
}
_GUIDE = (
    "Mỗi dòng của trang “Mô hình” là một mô hình. Cột có dấu * phải có.",
    "Có thể đổi thứ tự cột, bỏ cột không dùng; tên cột không phân biệt dấu và chữ hoa.",
    "Không trộn ô, không ẩn trang, không dùng công thức, không liên kết đến tệp khác.",
    f"Mỗi tệp tối đa {MOST_ROWS} dòng, 20 MB; nhận .xlsx và CSV bằng UTF-8.",
    "Hãy kiểm tra tệp trước: hệ thống cho biết từng dòng được nhận, cảnh báo hay lỗi ở ô nào; chưa ghi gì.",
    "Sau khi nhập, tệp kết quả ghi lý do ngay cạnh từng dòng: sửa các dòng lỗi rồi nhập lại, dòng đã nhập được bỏ qua.",
)


class Writer(Protocol):
    def write(self, row: Sequence[Any]) -> None: ...


@contextmanager
def workbook(file: Path, headings: Sequence[str], widths: Sequence[int]) -> Iterator[Writer]:
    """Keeps one row in memory at a time. Texts are texts, never formulas or links."""
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet(SHEET)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for place, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, heading, bold)
    sheet.freeze_panes(1, 0)
    _for_printing(sheet)
    yield _Rows(sheet, day, book.add_format({"text_wrap": True, "valign": "top"}))
    book.close()


@contextmanager
def comma_separated(file: Path, headings: Sequence[str]) -> Iterator[Writer]:
    """In UTF-8 with the mark by which Excel knows it."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = _Lines(csv.writer(stream))
        writer.write(headings)
        yield writer


def _for_printing(sheet: Any) -> None:
    """All columns on the width of a page, the headings on each."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


class _Rows:
    def __init__(self, sheet: Any, day: Any, wrapped: Any) -> None:
        self._sheet, self._day, self._wrapped = sheet, day, wrapped
        self._next = 1

    def write(self, row: Sequence[Any]) -> None:
        for place, value in enumerate(row):
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
        self._writer.writerow([_line(value) for value in row])


def _line(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return "" if value is None else quoted(str(value))


def template(file: Path) -> None:
    """An empty list with drop-down lists and notes, a filled example, and how to use it."""
    book = xlsxwriter.Workbook(file)
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#FBE9C6", "border": 1}
    )
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "dd/mm/yyyy", "valign": "top"})
    sheet = book.add_worksheet(SHEET)
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, column.width, day if column.key == "on" else wrapped)
        sheet.write_string(0, place, column.heading + (" *" if column.required else ""), head)
        sheet.write_comment(0, place, column.note, {"x_scale": 2, "author": "Danvan"})
        if column.choices:
            sheet.data_validation(
                1,
                place,
                MOST_ROWS,
                place,
                {
                    "validate": "list",
                    "source": list(column.choices),
                    "error_type": "warning",
                    "error_title": column.heading,
                    "error_message": "Hãy chọn trong danh sách.",
                },
            )
    sheet.set_row(0, 34)
    sheet.freeze_panes(1, 0)
    _for_printing(sheet)
    guide = book.add_worksheet("Hướng dẫn")
    widths = (22, 62, 46)
    for place, width in enumerate(widths):
        guide.set_column(place, place, width)
    for number, text in enumerate(_GUIDE):
        guide.write_string(number, 0, text)
    start = len(_GUIDE) + 1
    guide.write_row(start, 0, ["Cột", "Cách ghi", "Ví dụ"], head)
    for number, column in enumerate(COLUMNS, start + 1):
        name = column.heading + (" *" if column.required else "")
        example = _line(EXAMPLE[column.key]) if column.key in EXAMPLE else ""
        cells = [name, column.note, example]
        guide.write_row(number, 0, cells, wrapped)
        # Not every program makes room for what is wrapped.
        lines = max(ceil(len(cell) / width) for cell, width in zip(cells, widths, strict=True))
        guide.set_row(number, LINE * lines)
    guide.set_landscape()
    guide.fit_to_pages(1, 0)
    guide.set_paper(A4)
    book.close()


def row(model: Model, owner: str, *, plain: bool) -> list[Any]:
    """A model in the order of the columns. `plain`: numbers as Vietnamese text, as where a cell would round them."""
    totals = {
        name: sum((c.amount for c in model.contributions if c.kind is kind), Decimal(0))
        for name, kind in RESOURCES.items()
    }
    shown: dict[str, Any] = {
        "model": model.id,
        "owner": owner,
        "title": model.title,
        "field": model.field.vi,
        "subject_kind": model.subject_kind.vi,
        "place": model.place,
        "summary": model.summary,
        "target": model.target,
        "year": str(model.year) if plain else model.year,
        "programme": model.programme or "",
        "on": model.drafted_on,
        **{name: amount(total, plain=plain) for name, total in totals.items()},
    }
    return [shown[column.key] for column in COLUMNS]


def amount(given: Decimal, *, plain: bool) -> Any:
    if not given:
        return None
    exact = Decimal(repr(float(given))) == given
    return float(given) if exact and not plain else values.written(given)
