"""Notices about the rows of a file before they are judged: cells that are unreadable, lost or hidden."""

from typing import Any

from services.kernel.inputs import LINES
from services.kernel.kinds import Noun
from services.kernel.sheets import refusals
from services.kernel.sheets.elements import FORMULA, Row, Rows, letters_of, place_of
from services.kernel.sheets.headings import Headings
from services.kernel.sheets.messages import RowProblem
from services.kernel.text import unseen

ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})


def unreadable(value: Any, cell: str) -> RowProblem | None:
    """The problem of a cell that cannot be read."""
    written = value if isinstance(value, str) else ""
    if value is FORMULA or written.startswith("="):
        return RowProblem(
            cell=cell,
            code="cell-formula",
            vi="Ô chứa công thức; hãy dán giá trị vào thay cho công thức.",
            en="The cell has a formula; paste its value in its place.",
        )
    if written in ERRORS:
        return RowProblem(
            cell=cell,
            code="cell-error",
            vi=f"Ô báo lỗi {written} của Excel.",
            en=f"The cell has Excel's error {written}.",
        )
    if found := unseen(written, LINES):
        code, place = f"U+{ord(found[0]):04X}", written.index(found[0]) + 1
        return RowProblem(
            cell=cell,
            code="cell-unseen-character",
            vi=f"Ô có ký tự ẩn hoặc ký tự điều khiển {code} ở vị trí {place}; hãy gõ lại.",
            en=f"The cell has the invisible or control character {code} at position {place}; type it again.",
        )
    return None


def notices(
    row: Row, headings: Headings, sheet: Rows | None, problems: list[RowProblem], notes: list[RowProblem]
) -> None:
    """Adds the problems of this row. `notes`: problems that do not keep the row from being imported.

    `sheet`: None for a CSV file. A cell beyond the headings is a problem there: it is mostly the end of a text with a
    comma, and the other cells stand too far right.
    """
    filled = [letters_of(place) for place, value in enumerate(row.cells, 1) if value not in (None, "")]
    read = set(headings.letters.values())
    if beyond := [one for one in filled if one not in read | headings.ignored | headings.unknown.keys()]:
        (problems if sheet is None else notes).append(_beyond(f"{beyond[0]}{row.number}"))
    if lost := [one for one in filled if one in headings.unknown]:
        notes.append(
            _lost(f"{lost[0]}{row.number}", [f"“{headings.unknown[one][:40]}” ({one})" for one in lost])
        )
    if row.hidden:
        notes.append(_hidden_row(row.number))
    if (
        sheet
        and sheet.hidden
        and (hidden := [x for x in filled if x in read and place_of(x) in sheet.hidden])
    ):
        notes.append(_hidden_columns(f"{hidden[0]}{row.number}", hidden))


def refuse_layout(sheet: Rows, headings: Headings, last: int, noun: Noun) -> None:
    """Refuses merged cells that make one of several rows of the list, up to row `last`, and cells far to the right.

    The worksheet has been read. Above the headings, and elsewhere, such cells do no harm.
    """
    row, address = sheet.far
    if row > headings.row:
        raise refusals.too_wide(address)
    places = {place_of(letter) for letter in headings.letters.values()}
    for merge in sheet.merges:
        if headings.row < merge.row <= last and places & set(range(merge.first, merge.last + 1)):
            raise refusals.merged(merge.address, noun)


def _beyond(cell: str) -> RowProblem:
    return RowProblem(
        cell=cell,
        code="cell-beyond",
        vi="Ô này không nằm dưới tiêu đề nào nên không đọc; có thể một dấu phẩy đã cắt đôi nội dung của ô trước.",
        en="There is no heading above this cell, so it is not read; perhaps a comma has cut the text before it in two.",
    )


def _lost(cell: str, columns: list[str]) -> RowProblem:
    named = ", ".join(columns[:5])
    return RowProblem(
        cell=cell,
        code="column-unknown",
        vi=f"Cột {named} không có trong mẫu nên không được nhập.",
        en=f"The template has no column {named}: its cells are not imported.",
    )


def _hidden_row(number: int) -> RowProblem:
    return RowProblem(
        cell="",
        code="row-hidden",
        vi=f"Dòng {number} đang bị ẩn (ẩn tay hoặc do bộ lọc) nhưng vẫn được đọc.",
        en=f"Row {number} is hidden, by hand or by a filter, and is read all the same.",
    )


def _hidden_columns(cell: str, letters: list[str]) -> RowProblem:
    named = ", ".join(letters)
    return RowProblem(
        cell=cell,
        code="column-hidden",
        vi=f"Cột {named} đang bị ẩn nhưng vẫn được đọc.",
        en=f"The column {named} is hidden, and is read all the same.",
    )
