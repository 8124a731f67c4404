"""Workbooks of several programs are read alike, and no more of a workbook is read than a list may have."""

import io
import subprocess
import sys
import zipfile
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from services.kernel.messages import Refused
from services.kernel.sheets import elements, workbook
from services.kernel.sheets.elements import FORMULA, MAIN, letters_of, place_of
from services.kernel.sheets.workbook import Workbook
from tests.platform.kernel.sheets import malformed
from tests.platform.kernel.sheets.malformed import changed, entry

STRINGS = "xl/sharedStrings.xml"


def rows(data: bytes) -> list[tuple[int, list[Any]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = Workbook(archive)
        return [(row.number, row.cells) for row in book.rows(book.sheets[0], book.reader())]


def made(**options: Any) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, **options})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    clock = book.add_format({"num_format": "hh:mm"})
    money = book.add_format({"num_format": '#,##0 "đồng mỗi hộ"'})
    sheet.write_row(0, 0, ["Tổ", "", "a\nb", " c "])
    sheet.write_row(2, 1, [1, -2.5, 1e20, True])
    sheet.write_datetime(3, 0, datetime(2026, 3, 5, 13, 30), day)  # noqa: DTZ001
    sheet.write_datetime(3, 1, time(7, 45), clock)
    sheet.write_number(3, 2, 72900000, money)
    sheet.write_number(3, 3, 45000, book.add_format({"num_format": "[Red]General;\\d"}))
    sheet.write_rich_string(4, 0, "Ngõ ", book.add_format({"bold": True}), "xanh", " sạch")
    sheet.write_formula(4, 2, "=1+1", None, 2)
    sheet.write_blank(5, 80, None, clock)
    book.close()
    return stream.getvalue()


@pytest.mark.parametrize("options", [{}, {"constant_memory": True}, {"date_1904": True}])
def test_cells_are_read_by_type_and_place(options: dict[str, Any]) -> None:
    assert rows(made(**options)) == [
        (1, ["Tổ", None, "a\nb", " c "]),
        (3, [None, 1, -2.5, 1e20, True]),
        (4, ["05/03/2026", "07:45:00", "72.900.000 đồng mỗi hộ", 45000]),
        (5, ["Ngõ xanh sạch", None, FORMULA]),
    ]


def test_workbook_of_another_program_is_read() -> None:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    sheet: Any = book.active
    sheet.append(["Tổ", date(2026, 3, 5), 1.5, False])
    sheet.append(["=1+1", None, "#N/A"])
    sheet["A1"].number_format = "@"
    book.save(stream)
    assert rows(stream.getvalue()) == [
        (1, ["Tổ", "05/03/2026", 1.5, False]),
        (2, [FORMULA, None, "#N/A"]),
    ]


def test_strict_namespace_prefixes_and_missing_addresses_are_read() -> None:
    book = malformed.workbook()
    sheet = (
        b'<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row>'
        b'<x:c t="inlineStr"><x:is><x:t>a</x:t><x:rPh sb="0" eb="1"><x:t>b</x:t></x:rPh></x:is></x:c>'
        b'<x:c><x:v>7</x:v></x:c></x:row><x:row r="4"><x:c r="C4"><x:v>8.0</x:v></x:c></x:row>'
        b"</x:sheetData></x:worksheet>"
    )
    assert rows(changed(book, **{malformed.SHEET: sheet})) == [(1, ["a", 7]), (4, [None, None, 8.0])]


@pytest.mark.parametrize(
    "sheet",
    [
        '<row r="2"/><row r="1"/>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c t="s"><v>999</v></c></row>',
        '<row r="1"><c><v>1_0</v></c></row>',
        '<row r="1"><c r="?1"><v>1</v></c></row>',
        f'<row r="1"><c t="str"><v>{"x" * 40_000}</v></c></row>',
    ],
)
def test_contradiction_is_damage(sheet: str) -> None:
    data = f'<worksheet xmlns="{MAIN[0]}"><sheetData>{sheet}</sheetData></worksheet>'.encode()
    with pytest.raises(Refused) as refused:
        rows(changed(malformed.workbook(), **{malformed.SHEET: data}))
    assert refused.value.refusal.code == "file-damaged"


@pytest.mark.parametrize("limit", ["MOST_STRINGS", "LARGEST_STRINGS", "LARGEST_STYLES"])
def test_more_strings_or_styles_than_a_list_has_are_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(elements if limit == "MOST_STRINGS" else workbook, limit, 3)
    with pytest.raises(Refused) as refused:
        rows(malformed.workbook())
    assert refused.value.refusal.code == "file-too-heavy"


def test_size_of_strings_is_known_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    book = malformed.workbook()
    monkeypatch.setattr(workbook, "LARGEST_STRINGS", len(entry(book, STRINGS)))
    assert rows(changed(book, **{STRINGS: entry(book, STRINGS)}))
    broken = changed(book, **{STRINGS: entry(book, STRINGS) + b"<not read>"})
    with pytest.raises(Refused) as refused:
        rows(broken)
    assert refused.value.refusal.code == "file-too-heavy"


def test_column_has_its_letters() -> None:
    assert [letters_of(place) for place in (1, 26, 27, 52, 703)] == ["A", "Z", "AA", "AZ", "AAA"]
    assert all(place_of(letters_of(place)) == place for place in range(1, 1000))


def test_child_loads_no_workbook_library_and_no_service() -> None:
    code = "import sys, services.kernel.sheets.child, services.kernel.sheets.reading; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    for heavy in (
        "openpyxl",
        "xlsxwriter",
        "asyncio",
        "pymongo",
        "nats",
        "pydantic",
        "services.registration",
    ):
        assert heavy not in loaded, heavy
