"""Reads the file of a reorganisation: CSV in UTF-8, with a line for each old unit and each unit that it becomes.

A file stands for one document that takes effect on one day. `old` is an id of ours or the national code on the day
before. `parent` is an id or a code on the day itself, also of a new unit of the same file. If several lines lead to one
new unit, one of them must have its name, type, level and parent. `source` is where the document can be read; a file
without this column is read too.
"""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.kernel.inputs import required
from services.kernel.messages import Refused
from services.kernel.sheets import delimited
from services.kernel.text import folded, nfc
from services.kernel.units import UnitLevel
from services.registration.reorganisations.messages import Basis, ReorganisationKind, ReorganisationProblem

COLUMNS = (
    "effective_on",
    "document_kind",
    "document_number",
    "document_issuer",
    "document_date",
    "kind",
    "old",
    "code",
    "name",
    "type",
    "level",
    "parent",
    "main",
)
SOURCE = "source"
DOCUMENT = COLUMNS[1:5]
MOST_ROWS = 500
LONGEST = 200
"""Characters of a cell, at most."""
YES = frozenset({"yes", "true", "1", "x", "co"})
_DATES = ("%Y-%m-%d", "%d/%m/%Y")
_KINDS = {
    name: kind
    for kind in ReorganisationKind
    for name in (folded(kind), folded(kind.replace("_", " ")), *folded(kind.vi).split(", "), folded(kind.vi))
}
_LEVELS = {
    **{folded(level): level for level in UnitLevel},
    "tinh": UnitLevel.PROVINCE,
    "huyen": UnitLevel.DISTRICT,
    "xa": UnitLevel.COMMUNE,
}


@dataclass(frozen=True, slots=True)
class Problem:
    row: int | None
    column: str | None
    problem: ReorganisationProblem
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Line:
    """`row`: as a spreadsheet counts; the heading is row 1. An empty text stands for no value."""

    row: int
    kind: ReorganisationKind
    old: str
    code: str = ""
    name: str = ""
    type: str = ""
    level: UnitLevel | None = None
    parent: str = ""
    main: bool = False

    @property
    def said(self) -> tuple[object, ...]:
        """The values of the line without its place in the file."""
        return self.kind, self.old, self.code, self.name, self.type, self.level or "", self.parent, self.main


@dataclass(frozen=True, slots=True)
class Read:
    """`digest`: equal for files with the same lines in any order, whatever their sources."""

    lines: list[Line] = field(default_factory=list)
    effective_on: date | None = None
    document: Basis | None = None
    source: str = ""
    problems: list[Problem] = field(default_factory=list)

    @property
    def digest(self) -> str:
        said = (self.effective_on, self.document, sorted((line.said for line in self.lines), key=str))
        return hashlib.sha256(repr(said).encode()).hexdigest()


def read(text: str) -> Read:
    """Reads any text. A cell that cannot be read becomes a problem of its row."""
    found = Read()
    try:
        rows = list(_rows(text))
    except _Unreadable as error:
        return replace(found, problems=[_invalid(error.row, error.vi, error.en)])
    missing = [name for name in COLUMNS if not rows or name not in rows[0][1]]
    unknown = [name for name in (rows[0][1] if rows else ()) if name not in (*COLUMNS, SOURCE)]
    if not rows:
        found.problems.append(_invalid(None, "Tệp không có dòng nào.", "The file has no rows."))
    elif missing or unknown:
        vi = f"Thiếu cột: {', '.join(missing) or '–'}; cột lạ: {', '.join(map(str, unknown)) or '–'}."
        en = f"Missing columns: {', '.join(missing) or '–'}; unknown: {', '.join(map(str, unknown)) or '–'}."
        found.problems.append(_invalid(1, vi, en))
    elif len(rows) > MOST_ROWS:
        vi = f"{len(rows)} dòng, tối đa {MOST_ROWS}."
        en = f"{len(rows)} rows, at most {MOST_ROWS}."
        found.problems.append(Problem(None, None, ReorganisationProblem.TOO_LARGE, vi, en))
    else:
        return _read(rows, found)
    return found


class _Unreadable(Exception):  # noqa: N818 - a fault of the file, not of ours
    def __init__(self, row: int, vi: str, en: str) -> None:
        super().__init__(en)
        self.row, self.vi, self.en = row, vi, en


def _heading(cell: str) -> str:
    return nfc(cell.removeprefix("\ufeff")).lower().replace(" ", "_")


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows by heading, in any case and with any delimiter. Columns in which nothing stands do not count."""
    stream = io.StringIO(text, newline="")
    try:
        found = delimited.rows(stream, lambda row: sum(_heading(cell) in COLUMNS for cell in row), 1)
        lines = [(n, list(map(nfc, cells))) for n, cells in found or [(1, text.split("\n")[0].split(","))]]
    except delimited.QuoteBroken as error:
        vi = "Không đọc được: dấu ngoặc kép không đóng hoặc đặt sai chỗ."
        raise _Unreadable(error.row, vi, "Unreadable: a quote is not closed or misplaced.") from error
    filled = [(number, cells) for number, cells in lines if any(cells)]
    if not filled:
        return
    heads = [_heading(cell) for cell in filled[0][1]]
    if twice := next((head for head in heads if head and heads.count(head) > 1), None):
        raise _Unreadable(filled[0][0], f"Cột {twice} có hai lần.", f"The column {twice} is there twice.")
    for number, cells in filled[1:]:
        beyond = [cell for place, cell in enumerate(cells) if cell and not "".join(heads[place : place + 1])]
        if beyond or len(cells) < len(list(filter(None, heads))):
            vi, en = (
                "Dòng có số ô khác với dòng tiêu đề.",
                "The row has another number of cells than the heading.",
            )
            raise _Unreadable(number, vi, en)
        yield number, {head: cell for head, cell in zip(heads, cells, strict=False) if head}


def _read(rows: list[tuple[int, dict[str, str]]], found: Read) -> Read:
    heads: list[tuple[int, tuple[date | None, Basis | None]]] = []
    seen: dict[tuple[object, ...], int] = {}
    for row, cells in rows:
        for name, value in cells.items():
            _check_text(row, name, value, found.problems)
        heads.append(
            (row, (_day(row, "effective_on", cells, found.problems), _basis(row, cells, found.problems)))
        )
        line = _line(row, cells, found.problems)
        if line is None:
            continue
        pair = (line.old, line.code)
        if pair in seen:
            vi = f"Trùng với dòng {seen[pair]}."
            en = f"The same as row {seen[pair]}."
            found.problems.append(Problem(row, "old", ReorganisationProblem.DUPLICATE_ROW, vi, en))
            continue
        seen[pair] = row
        found.lines.append(line)
    first_row, (effective_on, document) = heads[0]
    for row, head in heads[1:]:
        if None not in head and head != (effective_on, document):
            vi = f"Ngày có hiệu lực hoặc văn bản khác với dòng {first_row}: mỗi văn bản một tệp."
            en = (
                f"Effective day or document differ from row {first_row}: each document has a file of its own."
            )
            column = "effective_on" if head[0] != effective_on else "document_number"
            found.problems.append(Problem(row, column, ReorganisationProblem.DOCUMENT_DIFFERS, vi, en))
    source = next((cells[SOURCE] for _, cells in rows if cells.get(SOURCE)), "")
    return replace(found, effective_on=effective_on, document=document, source=source)


def _line(row: int, cells: dict[str, str], problems: list[Problem]) -> Line | None:
    kind = _KINDS.get(folded(cells["kind"]))
    level = _LEVELS.get(folded(cells["level"]))
    if kind is None:
        known = ", ".join(ReorganisationKind)
        problems.append(_wrong(row, "kind", cells, f"một trong {known}", f"one of {known}"))
    if level is None and cells["level"]:
        known = ", ".join(UnitLevel)
        problems.append(_wrong(row, "level", cells, f"một trong {known}", f"one of {known}"))
    if not cells["old"]:
        problems.append(_wrong(row, "old", cells, "mã đơn vị cũ", "the old unit's id or code"))
    if cells["code"] and not (
        cells["code"].isascii() and cells["code"].isdigit() and 2 <= len(cells["code"]) <= 5
    ):
        problems.append(_wrong(row, "code", cells, "2 đến 5 chữ số", "2 to 5 digits"))
        return None
    if kind is None or not cells["old"]:
        return None
    return Line(
        row=row,
        kind=kind,
        old=cells["old"],
        code=cells["code"],
        name=cells["name"],
        type=cells["type"],
        level=level,
        parent=cells["parent"],
        main=folded(cells["main"]) in YES,
    )


def _basis(row: int, cells: dict[str, str], problems: list[Problem]) -> Basis | None:
    missing = [name for name in DOCUMENT if not cells[name]]
    if missing:
        vi, en = f"Thiếu {', '.join(missing)}.", f"{', '.join(missing)} missing."
        problems.append(Problem(row, missing[0], ReorganisationProblem.DOCUMENT_MISSING, vi, en))
        return None
    day = _day(row, "document_date", cells, problems)
    kind, number, issuer = (cells[name] for name in DOCUMENT[:3])
    return Basis(kind=kind, number=number, issuer=issuer, dated_on=day) if day else None


def _day(row: int, column: str, cells: dict[str, str], problems: list[Problem]) -> date | None:
    for pattern in _DATES:
        try:
            return datetime.strptime(cells[column], pattern).date()  # noqa: DTZ007 - a day
        except ValueError:
            continue
    problems.append(_wrong(row, column, cells, "ngày như 2026-09-01", "a day such as 2026-09-01"))
    return None


def _check_text(row: int, column: str, value: str, problems: list[Problem]) -> None:
    try:
        if value:
            required(value, column, longest=LONGEST, vi=f"Ô {column}", en=f"Cell {column}")
    except Refused as refused:
        refusal = refused.refusal
        problems.append(Problem(row, column, ReorganisationProblem.VALUE_INVALID, refusal.vi, refusal.en))


def _wrong(row: int, column: str, cells: dict[str, str], vi: str, en: str) -> Problem:
    value = cells[column][:40]
    return Problem(
        row,
        column,
        ReorganisationProblem.VALUE_INVALID,
        f"“{value}” không phải là {vi}.",
        f"“{value}” is not {en}.",
    )


def _invalid(row: int | None, vi: str, en: str) -> Problem:
    return Problem(row, None, ReorganisationProblem.FILE_INVALID, vi, en)
