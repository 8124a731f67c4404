"""Reads a list of models from a file that nobody has vouched for: guarded first, then row by row.

Whatever is wrong with the whole file is a `Refused` with a code `file-…` or `sheet-…`; what is wrong with a cell is
said with its address, and the other rows are read. Nothing is ever computed, followed or unpacked beyond the limits.
"""

import codecs
import csv
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from services.kernel.messages import Refused
from services.registration.sheets import values
from services.registration.sheets.columns import COLUMNS, Column, column_named

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_UNPACKED = 300 * 1024 * 1024
LARGEST_RATIO = 150
"""Of unpacked to packed, for what is over a megabyte: lists like ours pack 5 to 20 times."""
MOST_ENTRIES = 300
MOST_ROWS = 50_000
MOST_COLUMNS = 60
LOOKED_AT = 20
"""Rows in which the headings are looked for: above them stand titles and mottos."""
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a text of a CSV file."""
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,9})"')
_BEGUN = re.compile(rb"<(?:\w+:)?row[\s/>]")
_WIDE = re.compile(rb'\br="[A-Z]{3}\d')
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s")
_OVERLAP = 512


@dataclass(frozen=True, slots=True)
class Problem:
    """`cell`: its address, as in `C7`; empty where the whole row is meant."""

    cell: str
    code: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Line:
    """`cells`: by column key, as they stand there; `problems`: of cells that cannot even be read."""

    number: int
    cells: dict[str, Any]
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Sheet:
    """`columns`: column key → letter. `heading`: the row it stands in."""

    columns: dict[str, str]
    heading: int
    raw: Iterator[tuple[int, list[Any]]]
    unknown: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[Line]:
        """Every row that has anything in it, in order. They can be read once."""
        places = {key: _place(letter) for key, letter in self.columns.items()}
        for number, row in self.raw:
            cells: dict[str, Any] = {}
            problems = []
            for key, place in places.items():
                value = row[place] if place < len(row) else None
                value = value.strip() if isinstance(value, str) else value
                if value is None or value == "":
                    continue
                if problem := _unreadable(value, f"{self.columns[key]}{number}"):
                    problems.append(problem)
                else:
                    cells[key] = _unquoted(value)
            if cells or problems:
                yield Line(number, cells, tuple(problems))


@contextmanager
def opened(file: Path, name: str) -> Iterator[Sheet]:
    """The sheet of a workbook or CSV file that has our headings."""
    if file.stat().st_size > LARGEST_FILE:
        raise _file("too-large", f"lớn hơn {LARGEST_FILE >> 20} MB", f"is over {LARGEST_FILE >> 20} MB")
    with file.open("rb") as opened_file:
        start = opened_file.read(4096)
    if not start.strip(b"\0 \r\n\t"):
        raise _file("empty", "trống", "is empty")
    if start.startswith(b"PK\x03\x04"):
        _guard(file)
        with _workbook(file) as sheet:
            yield sheet
        return
    _refuse_others(start)
    with _csv(file, start) as sheet:
        yield sheet


def _refuse_others(start: bytes) -> None:
    head = start.lstrip().lower()
    for magic, vi, en in (
        (
            b"\xd0\xcf\x11\xe0",
            "Excel đời cũ (.xls) hoặc có mật khẩu",
            "an old .xls workbook or has a password",
        ),
        (b"%pdf", "PDF", "a PDF"),
        (b"{\\rtf", "RTF", "an RTF document"),
        (b"<", "trang web hay XML", "a web page or XML"),
        (b"pk\x05\x06", "tệp nén trống", "an empty archive"),
        (b"\x1f\x8b", "tệp nén gzip", "a gzip archive"),
        (b"rar!", "tệp nén rar", "a rar archive"),
        (b"7z\xbc\xaf", "tệp nén 7z", "a 7z archive"),
        (b"\x89png", "ảnh", "a picture"),
        (b"\xff\xd8\xff", "ảnh", "a picture"),
    ):
        if head.startswith(magic):
            raise _type(vi, en)


def _guard(file: Path) -> None:
    """All that can be known of a workbook before any of it is parsed."""
    try:
        with zipfile.ZipFile(file) as archive:
            _guard_entries(archive)
            for entry in archive.infolist():
                if entry.filename.endswith((".xml", ".rels")):
                    _guard_xml(archive, entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise _damaged() from error


def _guard_entries(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_ENTRIES or len(set(names)) != len(names):
        raise _bomb()
    if any(entry.flag_bits & 1 for entry in entries):
        raise _file("encrypted", "có mật khẩu", "has a password")
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if unpacked > LARGEST_UNPACKED or (unpacked > 1 << 20 and unpacked / packed > LARGEST_RATIO):
        raise _bomb()
    if "mimetype" in names or "content.xml" in names:
        raise _type("OpenDocument (.ods)", "an OpenDocument sheet (.ods)")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise _type("không phải bảng tính Excel", "no Excel workbook")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise _file("macros", "chứa macro", "has macros")
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise _file("external-links", "liên kết đến tệp khác", "links to other files")
    if any(name.startswith("xl/embeddings/") for name in names):
        raise _file("embedded", "chứa đối tượng nhúng", "has embedded objects")


def _guard_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read through once, as bytes: no entity is declared, no sheet is too long or too wide, nothing is merged."""
    sheet = entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
    with archive.open(entry) as stream:
        chunk = before = stream.read(1 << 16)
        if (
            b"<!DOCTYPE" in chunk.upper()
            or b"<!ENTITY" in chunk.upper()
            or chunk[:2] in (b"\xff\xfe", b"\xfe\xff")
        ):
            raise _file("entities", "khai báo thực thể XML", "declares XML entities")
        rows = counted = 0
        while chunk:
            if sheet:
                counted += len(_BEGUN.findall(chunk))
                rows = max([rows, counted, *map(int, _ROW.findall(before))])
                if rows > MOST_ROWS + LOOKED_AT:
                    raise _too_long()
                if _WIDE.search(before):
                    raise _sheet("too-wide", "có quá nhiều cột", "has too many columns")
                if _MERGED.search(before):
                    raise _sheet(
                        "merged",
                        "có ô bị trộn; hãy bỏ trộn ô để mỗi dòng là một mô hình",
                        "has merged cells; unmerge them, so that each row is one model",
                    )
            chunk = stream.read(1 << 16)
            before = before[-_OVERLAP:] + chunk


@contextmanager
def _workbook(file: Path) -> Iterator[Sheet]:
    stream = file.open("rb")  # by its name it would be judged
    try:
        book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
    except (
        InvalidFileException,
        ParseError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
    ) as error:
        stream.close()
        raise _damaged() from error
    try:
        hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
        if hidden:
            names = ", ".join(hidden)[:80]
            raise _sheet(
                "hidden", f"bị ẩn: {names}; hãy bỏ ẩn hoặc xóa", f"is hidden: {names}; unhide or delete it"
            )
        found = [sheet for one in book.worksheets if (sheet := _headed(_rows(one)))]
        if len(found) > 1:
            raise _sheet(
                "ambiguous",
                "mô hình có nhiều hơn một trong tệp",
                "with models is there more than once in the file",
            )
        if not found:
            raise _headless()
        yield found[0]
    finally:
        book.close()
        stream.close()


def _rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    sheet.reset_dimensions()
    rows = enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, max_row=MOST_ROWS + LOOKED_AT), 1)
    while True:
        try:
            number, row = next(rows)
        except StopIteration:
            return
        except (
            ParseError,
            zipfile.BadZipFile,
            zlib.error,
            KeyError,
            ValueError,
            TypeError,
            EOFError,
        ) as error:
            raise _damaged() from error
        yield number, [cell.value if cell.data_type != "e" else str(cell.value) for cell in row]


@contextmanager
def _csv(file: Path, start: bytes) -> Iterator[Sheet]:
    encoding = "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in start:
        raise _type("tệp nhị phân", "a binary file")
    try:
        with file.open(encoding=encoding, newline="") as stream:
            first = stream.read(4096)
            delimiter = max(
                ";,\t", key=lambda mark: sum(line.count(mark) for line in first.splitlines()[:LOOKED_AT])
            )
            stream.seek(0)
            sheet = _headed(_csv_rows(csv.reader(stream, delimiter=delimiter)))
            if sheet is None:
                raise _headless()
            yield sheet
    except UnicodeError as error:
        raise _file(
            "encoding",
            "không phải UTF-8; khi lưu, hãy chọn “CSV UTF-8” hoặc lưu dạng .xlsx",
            "is not UTF-8; save it as “CSV UTF-8” or as .xlsx",
        ) from error
    except csv.Error as error:
        raise _damaged() from error


def _csv_rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[Any]]]:
    for number, row in enumerate(reader, 1):
        if number > MOST_ROWS + LOOKED_AT:
            raise _too_long()
        if len(row) > 10 * MOST_COLUMNS:
            raise _sheet("too-wide", "có quá nhiều cột", "has too many columns")
        yield number, list(row[:MOST_COLUMNS])


def _headed(rows: Iterator[tuple[int, list[Any]]]) -> Sheet | None:
    """The sheet from its headings on, if it has those of our required columns."""
    for number, row in rows:
        found: dict[str, str] = {}
        unknown = []
        for place, value in enumerate(row, 1):
            heading = values.text(value) if value is not None else ""
            column = column_named(heading) if heading else None
            if column and column.key in found:
                letter = get_column_letter(place)
                raise _sheet(
                    "column-twice",
                    f"có hai cột “{column.heading}”: {found[column.key]} và {letter}",
                    f"has two columns “{column.heading}”: {found[column.key]} and {letter}",
                )
            if column:
                found[column.key] = get_column_letter(place)
            elif heading:
                unknown.append(heading[:40])
        if {"title", "owner"} <= found.keys():
            missing = [column for column in COLUMNS if column.required and column.key not in found]
            if missing:
                raise _missing(missing)
            return Sheet(found, number, rows, unknown)
        if number >= LOOKED_AT:
            return None
    return None


def _unreadable(value: Any, address: str) -> Problem | None:
    written = value if isinstance(value, str) else ""
    if isinstance(value, ArrayFormula | DataTableFormula) or written.startswith("="):
        return Problem(
            address,
            "cell-formula",
            vi="Ô chứa công thức; hãy dán giá trị vào thay cho công thức.",
            en="The cell has a formula; paste its value in its place.",
        )
    if written in ERRORS:
        return Problem(
            address,
            "cell-error",
            vi=f"Ô báo lỗi {written} của Excel.",
            en=f"The cell has Excel's error {written}.",
        )
    return None


def _unquoted(value: Any) -> Any:
    """What an export put before a text so that no spreadsheet computes it."""
    return value[1:] if isinstance(value, str) and value.startswith("'") else value


def quoted(text: str) -> str:
    """So that no spreadsheet computes it when it opens a CSV file."""
    return f"'{text}" if text.startswith((*FORMULA, "'")) else text


def _place(letter: str) -> int:
    place = 0
    for character in letter:
        place = place * 26 + ord(character) - 64
    return place - 1


def _file(code: str, vi: str, en: str) -> Refused:
    return Refused(f"file-{code}", "file", vi=f"Tệp {vi}.", en=f"The file {en}.")


def _sheet(code: str, vi: str, en: str) -> Refused:
    return Refused(f"sheet-{code}", "file", vi=f"Trang tính {vi}.", en=f"The sheet {en}.")


def _type(vi: str, en: str) -> Refused:
    return Refused(
        "file-type",
        "file",
        vi=f"Tệp là {vi}; chỉ nhận Excel (.xlsx) và CSV bằng UTF-8.",
        en=f"The file is {en}; only Excel (.xlsx) and CSV in UTF-8 are taken.",
    )


def _bomb() -> Refused:
    return _file("bomb", "giải nén ra quá lớn", "unpacks to too much")


def _damaged() -> Refused:
    return _file("damaged", "hỏng, không đọc được", "is damaged and cannot be read")


def _too_long() -> Refused:
    return _sheet(
        "too-long", f"có hơn {MOST_ROWS} dòng; hãy chia nhỏ", f"has over {MOST_ROWS} rows; divide it"
    )


def _headless() -> Refused:
    return _sheet(
        "headings",
        f"không có dòng tiêu đề trong {LOOKED_AT} dòng đầu; hãy dùng tệp mẫu",
        f"has no row of headings among its first {LOOKED_AT} rows; use the template",
    )


def _missing(columns: list[Column]) -> Refused:
    names = "”, “".join(column.heading for column in columns)
    return _sheet("columns", f"thiếu cột “{names}”", f"lacks the columns “{names}”")
