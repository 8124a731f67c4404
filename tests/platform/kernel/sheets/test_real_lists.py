"""Lists as offices and their programs make them: nothing in them is lost or changed in silence."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from services.kernel.messages import Refused
from services.kernel.sheets.lines import Line, quoted, unquoted
from services.kernel.sheets.reading import opened
from tests.platform.kernel.sheets.malformed import HEADINGS, LAYOUT, ROW, SHEET, changed, csv, entry, workbook

pytestmark = pytest.mark.lists

STRINGS = "xl/sharedStrings.xml"
Write = Callable[[Any, Any], None]


def read(folder: Path, data: bytes) -> list[Line]:
    file = folder / "a"
    file.write_bytes(data)
    with opened(file, LAYOUT) as table:
        return list(table.lines())


def refusal(folder: Path, data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read(folder, data)
    return refused.value.refusal.code


def reported(line: Line) -> list[tuple[str, str]]:
    return [(one.cell, one.code) for one in (*line.problems, *line.notes)]


def saved(write: Write) -> bytes:
    """As openpyxl saves it."""
    stream, book = io.BytesIO(), openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(HEADINGS)
    sheet.append(ROW)
    write(book, sheet)
    book.save(stream)
    return stream.getvalue()


def replaced(data: bytes, old: bytes, new: bytes, *parts: str) -> bytes:
    return changed(data, **{part: entry(data, part).replace(old, new) for part in parts or (SHEET,)})


def with_number(written: bytes, form: str = "General") -> bytes:
    """A workbook whose title is this number in this format."""

    def write(book: Any, sheet: Any) -> None:
        sheet.write_number(1, 1, 987654, book.add_format({"num_format": form}))

    return replaced(workbook(write), b"<v>987654</v>", b"<v>" + written + b"</v>")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"57.699999999999996", 57.7),
        (b"0.30000000000000004", 0.3),
        (b"1155.2999999999999545", 1155.3),
        (b"7.29E7", 72900000),
        (b"7.29e+07", 72900000),
        (b"1155.0", 1155),
        (b"123456789012345", 123456789012345),
        (b"12345678901234567", 12345678901234600),
        (b"-2.5", -2.5),
    ],
)
def test_number_is_what_excel_shows(tmp_path: Path, written: bytes, value: float) -> None:
    (line,) = read(tmp_path, with_number(written))
    assert line.cells["title"] == value


@pytest.mark.parametrize(
    ("number", "form", "shown"),
    [
        ("1", "0%", "100%"),
        ("0.5", "0%", "50%"),
        ("0.125", "0.0%", "12,5%"),
        ("0.95", "0.00%", "95,00%"),
        ("0.28999999999999998", "0%", "29%"),
        ("0.285", "0%", "29%"),
        ("-0.5", "0%", "-50%"),
        ("-0.125", "0.0%;[Red]-0.0%", "-12,5%"),
        ("5", "00.00", "05,00"),
        ("7.5", "00.0", "07,5"),
        ("12", "#,##0%;[Red]-#,##0%", "1.200%"),
        ("5", "000", "005"),
        ("912345678", "0000000000", "0912345678"),
        ("7", '00"/QĐ-UBND"', "07/QĐ-UBND"),
        ("48", '0" hộ"', "48 hộ"),
        ("48", '0 \\h\\ộ;"âm; ít" 0', "48 hộ"),
        ("72.9", '0.0 "triệu"', "72,9 triệu"),
        ("72900000", '#,##0.0,, "triệu"', "72,9 triệu"),
        ("72900000", '_-* #,##0 [$₫-42A]_-;-* #,##0 [$₫-42A]_-;_-* "-" [$₫-42A]_-;_-@_-', "72.900.000 ₫"),
        ("0", '#,##0;-#,##0;"-"', 0),
        ("1155.3", "#,##0.00", 1155.3),
        ("45000", "[Red]General;\\d", 45000),
        ("0.5", "# ?/?", 0.5),
        ("5000", "0.00E+00", 5000),
        ("1", "@", 1),
        ("46086", "dd/mm/yyyy", "05/03/2026"),
        ("46086.5", "dd/mm/yyyy hh:mm", "05/03/2026"),
        ("46082", "mmm-yy", "03/2026"),
        ("46082", '[$-42A]"tháng" mm/yyyy', "03/2026"),
        ("46082", "yyyy", "2026"),
    ],
)
def test_cell_says_what_its_format_shows(tmp_path: Path, number: str, form: str, shown: Any) -> None:
    (line,) = read(tmp_path, with_number(number.encode(), form))
    assert line.cells["title"] == shown


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (b"Hoa_x000D_\nNg", "Hoa\nNg"),
        (b"Hoa_x000d_\nNg", "Hoa\nNg"),
        (b"Hoa_x000D_Ng", "Hoa\nNg"),
        (b"Hoa_x000A_Ng", "Hoa\nNg"),
        (b"_x005F_x000D_ b", "_x000D_ b"),
        (b"_xD83C__xDF33_ b", "🌳 b"),
        (b"_xD83C_ b", "_xD83C_ b"),
        (b"a_x00_b", "a_x00_b"),
    ],
)
def test_escapes_of_a_workbook_are_the_characters(tmp_path: Path, stored: bytes, text: str) -> None:
    book = workbook(lambda _, sheet: sheet.write_string(1, 1, "QQQ"))
    (line,) = read(tmp_path, replaced(book, b"QQQ", stored, STRINGS))
    assert line.text("title") == text
    inline = b'<c r="B2" t="inlineStr"><is><t>' + stored + b"</t></is></c>"
    old = entry(book)[entry(book).index(b'<c r="B2"') :].partition(b"</c>")[0] + b"</c>"
    (line,) = read(tmp_path, replaced(book, old, inline))
    assert line.text("title") == text


@pytest.mark.parametrize(
    "text",
    ["'Ba sạch' ở khu phố", "'a", "=1", "'=1", "''", "-5", "+84", "@ai", "a", "\u200b=1", "''x", "\tx"],
)
def test_only_the_apostrophe_of_an_export_is_taken_away(text: str) -> None:
    assert unquoted(quoted(text)) == text


def test_apostrophe_of_the_text_is_kept() -> None:
    assert unquoted("'Ba sạch' ở khu phố") == "'Ba sạch' ở khu phố"
    assert unquoted("'+84 912") == "+84 912"


def _empty_last_row(book: bytes) -> bytes:
    last = b'<row r="1048576" ht="15"><c r="B1048576" s="0"/><c r="XFD1048576" s="0"/></row></sheetData>'
    return replaced(book, b"</sheetData>", last)


def _title(book: Any, sheet: Any) -> None:
    sheet.insert_rows(1, 3)
    sheet["A1"] = "DANH SÁCH ĐĂNG KÝ NĂM 2026"
    sheet.merge_cells("A1:D2")


def _other_sheet(book: Any, sheet: Any) -> None:
    other = book.create_sheet("Ghi chú")
    other["A1"], other["XFD9"] = "Ghi chú", "xa"
    other.merge_cells("A1:D5")


def _signature(book: Any, sheet: Any) -> None:
    sheet["F9"] = "NGƯỜI LẬP BIỂU"
    sheet.merge_cells("F9:G12")


def _in_one_row(book: Any, sheet: Any) -> None:
    sheet.insert_rows(2)
    sheet["A2"] = "I. Kinh tế"
    sheet.merge_cells("A2:D2")


def _formatted(book: Any, sheet: Any) -> None:
    for row in (5, 60_000):
        sheet.cell(row, 3).number_format = "0.00"
    sheet.cell(2, 900).number_format = "0.00"
    sheet.cell(7, 2).value = " \u200b "


@pytest.mark.parametrize("write", [_title, _other_sheet, _signature, _in_one_row, _formatted])
def test_merged_and_empty_cells_outside_the_rows_do_no_harm(tmp_path: Path, write: Write) -> None:
    line = read(tmp_path, _empty_last_row(saved(write)))[-1]
    assert (tuple(line.cells.values()), reported(line)) == (ROW, [])


def test_headings_may_stand_below_many_empty_rows(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.insert_rows(1, 40)

    (line,) = read(tmp_path, saved(write))
    assert (line.number, tuple(line.cells.values())) == (42, ROW)


def test_merged_cells_of_several_rows_are_refused_by_their_address(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.append(ROW)
        sheet.merge_cells("A2:A3")

    with pytest.raises(Refused) as refused:
        read(tmp_path, saved(write))
    assert (refused.value.refusal.code, "A2:A3" in refused.value.refusal.en) == ("sheet-merged", True)


def test_value_far_to_the_right_is_refused_by_its_address(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet["CC2"] = "xa"

    with pytest.raises(Refused) as refused:
        read(tmp_path, saved(write))
    assert (refused.value.refusal.code, "CC2" in refused.value.refusal.en) == ("sheet-too-wide", True)


@pytest.mark.parametrize("how", [b'hidden="1"', b'hidden="true"', b'ht="0" customHeight="1"'])
def test_hidden_row_is_reported(tmp_path: Path, how: bytes) -> None:
    book = saved(lambda _, sheet: sheet.append(ROW))
    seen, hidden = read(tmp_path, replaced(book, b'<row r="3"', b'<row r="3" ' + how))
    assert (reported(seen), reported(hidden)) == ([], [("", "row-hidden")])


@pytest.mark.parametrize("how", [b'hidden="1" width="9"', b'width="0" customWidth="1"'])
def test_hidden_columns_are_reported_by_their_letters(tmp_path: Path, how: bytes) -> None:
    columns = b'<cols><col min="2" max="3" ' + how + b"/></cols><sheetData>"
    (line,) = read(tmp_path, replaced(workbook(), b"<sheetData>", columns))
    assert reported(line) == [("B2", "column-hidden")]
    assert "B, C" in line.notes[0].en


def test_grouped_columns_that_are_hidden_are_reported(tmp_path: Path) -> None:
    book = workbook(lambda _, sheet: sheet.set_column(1, 16_383, 8, None, {"hidden": True, "level": 1}))
    (line,) = read(tmp_path, book)
    assert "B, C, D" in line.notes[0].en


@pytest.mark.parametrize("heading", ["Tên mô hìnhh", "Lĩnh vựcc", "Tổ chức chủ chì", "Tập thể, cá nhâm"])
def test_slip_in_a_heading_is_named(tmp_path: Path, heading: str) -> None:
    near = {"Tên mô hìnhh": 1, "Lĩnh vựcc": 2, "Tổ chức chủ chì": 0, "Tập thể, cá nhâm": 3}[heading]
    headings = tuple(heading if place == near else one for place, one in enumerate(HEADINGS))
    with pytest.raises(Refused) as refused:
        read(tmp_path, csv(headings, ROW))
    found = refused.value.refusal
    assert (found.code, heading in found.vi, HEADINGS[near] in found.vi) == (
        "sheet-heading-unknown",
        True,
        True,
    )


def test_cells_of_a_foreign_column_are_reported(tmp_path: Path) -> None:
    headings = ("STT", *HEADINGS, "Ghi chú", "Người nhập")
    first, second = read(tmp_path, csv(headings, ("1", *ROW, "gấp", "An"), ("2", *ROW, "", "")))
    assert (reported(first), reported(second)) == ([("F2", "column-unknown")], [])
    assert "“Ghi chú” (F), “Người nhập” (G)" in first.notes[0].vi


def test_columns_of_a_result_file_are_not_foreign(tmp_path: Path) -> None:
    (line,) = read(tmp_path, csv((*HEADINGS, "Kết quả", "Lý do"), (*ROW, "Lỗi", "Dòng 2.")))
    assert reported(line) == []


def test_cell_beyond_the_headings_is_reported(tmp_path: Path) -> None:
    (line,) = read(tmp_path, csv(HEADINGS) + b"\r\nW,a,b,c,d")
    assert [(one.cell, one.code) for one in line.problems] == [("E2", "cell-beyond")]
    (line,) = read(tmp_path, csv((*HEADINGS[:2], "", *HEADINGS[2:]), ("W", "a", "b", "c", "d")))
    assert [(one.cell, one.code) for one in line.problems] == [("C2", "cell-beyond")]
    (line,) = read(tmp_path, workbook(lambda _, sheet: sheet.write_string(1, 6, "ngoài")))
    assert (line.problems, reported(line)) == ((), [("G2", "cell-beyond")])
    (line,) = read(tmp_path, csv((*HEADINGS, "", ""), (*ROW, "", "")))
    assert reported(line) == []


@pytest.mark.parametrize(
    "character",
    ["\u200b", "\ufeff", "\u00ad", "\u202e", "\u2060", "\u3164", "\u2800", "\u034f", "\ufe00", "\x07"],
)
@pytest.mark.parametrize("place", range(4))
def test_unseen_character_is_named_in_every_column(tmp_path: Path, character: str, place: int) -> None:
    row = tuple(f"{cell}{character}" if n == place else cell for n, cell in enumerate(ROW))
    (line,) = read(tmp_path, csv(HEADINGS, row))
    assert reported(line) == [(f"{'ABCD'[place]}2", "cell-unseen-character")]
    assert f"U+{ord(character):04X}" in line.problems[0].vi


def test_unseen_characters_of_headings_and_variants_of_symbols_do_no_harm(tmp_path: Path) -> None:
    headings = tuple(f"\u200b{heading}\ufeff\u3164" for heading in HEADINGS)
    (line,) = read(tmp_path, csv(headings, (ROW[0], "Ngõ ☀\ufe0f", *ROW[2:])))
    assert reported(line) == []


STRICT = (
    (
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    ),
    (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
)


def strict(book: bytes) -> bytes:
    import zipfile

    for old, new in STRICT:
        with zipfile.ZipFile(io.BytesIO(book)) as archive:
            parts = archive.namelist()
        book = replaced(book, old, new, *parts)
    return book


@pytest.mark.parametrize("made", [workbook, lambda: saved(lambda *_: None)])
def test_strict_workbook_is_read(tmp_path: Path, made: Callable[[], bytes]) -> None:
    (line,) = read(tmp_path, strict(made()))
    assert tuple(line.cells.values()) == ROW


@pytest.mark.parametrize(
    ("written", "shown"),
    [("2026-03-05", "05/03/2026"), ("2026-03-05T13:30:00", "05/03/2026"), ("T07:45:00", "07:45:00")],
)
def test_day_of_a_strict_workbook_is_read(tmp_path: Path, written: str, shown: str) -> None:
    day = f'<c r="B2" t="d"><v>{written}</v></c>'.encode()
    book = replaced(workbook(), b'<c r="B2" t="s"><v>5</v></c>', day)
    (line,) = read(tmp_path, strict(book))
    assert line.cells["title"] == shown
