"""The parts of a workbook as XML: shared strings, formats of cells, and rows of a worksheet, read as a stream."""

import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from xml.parsers import expat

from services.kernel.sheets import refusals
from services.kernel.sheets.number_formats import NumberFormat, format_of
from services.kernel.text import is_unseen

MOST_COLUMNS = 60
"""Columns of a file, at most: cells further to the right must be empty."""
MOST_STRINGS = 500_000
"""Shared strings of a workbook."""
LONGEST_CELL = 32_767
"""Characters of a cell, as in Excel."""
MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
"""The namespaces of transitional and of strict workbooks."""
EPOCH, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - days of a calendar
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(E[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class Formula:
    """Stands for the value of a cell that has a formula."""


class Row(NamedTuple):
    """`hidden`: by its height, by hand or by a filter."""

    number: int
    cells: list[Any]
    hidden: bool = False


class Merge(NamedTuple):
    """A range of merged cells of several rows: its first row and its columns, counted from 1, and its address."""

    row: int
    first: int
    last: int
    address: str


FORMULA = Formula()
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})", re.ASCII)


def parser_of(
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
    *,
    any_namespace: bool = False,
) -> Any:
    """A parser that reports elements of a workbook by their local names, and no others."""
    parser = expat.ParserCreate(namespace_separator=" ")
    names: dict[str, str] = {}

    def local(name: str) -> str:
        namespace, _, bare = name.rpartition(" ")
        found = names[name] = bare if any_namespace or namespace in MAIN else ""
        return found

    def started(name: str, attributes: Mapping[str, str]) -> None:
        start(names.get(name) or local(name), attributes)

    def ended(name: str) -> None:
        assert end is not None  # noqa: S101
        end(names.get(name) or local(name))

    def refuse(*_: Any) -> None:
        raise refusals.entities()

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = started
    if end:
        parser.EndElementHandler = ended
    if text:
        parser.buffer_text = True
        parser.CharacterDataHandler = text
    return parser


class Strings:
    """The shared strings, by their order."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._reads = self._skips = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "t":
            self._reads = not self._skips
        elif name == "rPh":  # how the text is pronounced
            self._skips = True

    def text(self, text: str) -> None:
        if self._reads:
            self._parts.append(text)

    def end(self, name: str) -> None:
        if name == "t":
            self._reads = False
        elif name == "rPh":
            self._skips = False
        elif name == "si":
            if len(self.texts) >= MOST_STRINGS:
                raise refusals.too_heavy()
            self.texts.append(unescaped("".join(self._parts)))
            self._parts.clear()


class Styles:
    """The number format of each cell format."""

    def __init__(self) -> None:
        self.formats: list[NumberFormat] = []
        self._made: dict[int, NumberFormat] = {}
        self._custom: dict[int, str] = {}
        self._of_cells = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            self._custom[int(attributes.get("numFmtId", ""))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._of_cells = True
        elif name == "xf" and self._of_cells:
            number = int(attributes.get("numFmtId", "0"))
            if number not in self._made:
                self._made[number] = format_of(number, self._custom)
            self.formats.append(self._made[number])

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._of_cells = False


class Rows:
    """The rows of one worksheet that are not empty; `rows` are those that are complete.

    `hidden`: numbers of the columns that are hidden. Known at the end: `merges`, and `far`, the row and the
    address of the last cell beyond `MOST_COLUMNS`.
    """

    def __init__(self, strings: list[str], formats: list[NumberFormat], epoch: datetime) -> None:
        self.rows: deque[Row] = deque()
        self.hidden: set[int] = set()
        self.merges: list[Merge] = []
        self.far = (0, "")
        self._strings, self._formats, self._epoch = strings, formats, epoch
        self._held = 0
        """Number of rows so far that are not empty."""
        self._is_hidden = False
        self._places: dict[str, int] = {}
        self._number = self._place = 0
        self._cells: list[Any] = []
        self._parts: list[str] = []
        self._reads = self._skips = self._has_formula = False
        self._type = self._style = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            letters = attributes.get("r", "").rstrip("0123456789")
            self._place = self._at(letters) if letters else self._place + 1
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "0")
            self._has_formula = False
        elif name in ("v", "t"):
            self._reads = not self._skips
        elif name == "f":
            self._has_formula = True
        elif name == "row":
            self._begin(int(attributes.get("r", self._number + 1)), attributes)
        elif name == "rPh":
            self._skips = True
        elif name == "col":
            self._column(attributes)
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def text(self, text: str) -> None:
        if self._reads:
            self._parts.append(text)

    def end(self, name: str) -> None:
        if name == "c":
            self._end_cell()
        elif name in ("v", "t"):
            self._reads = False
        elif name == "row":
            if self._cells:
                self._held += 1
                if self._held > refusals.MOST_ROWS + refusals.LOOKED_AT:
                    raise refusals.too_long()
                self.rows.append(Row(self._number, self._cells, self._is_hidden))
        elif name == "rPh":
            self._skips = False

    def _begin(self, number: int, attributes: Mapping[str, str]) -> None:
        if number <= self._number:
            raise ValueError("rows must rise")
        self._number, self._place, self._cells = number, 0, []
        self._is_hidden = _shows_nothing(attributes, "ht")

    def _column(self, attributes: Mapping[str, str]) -> None:
        if _shows_nothing(attributes, "width"):
            last = min(int(attributes["max"]), MOST_COLUMNS)
            self.hidden.update(range(int(attributes["min"]), last + 1))

    def _merge(self, address: str) -> None:
        found = _RANGE.fullmatch(address)
        if found and found[2] != found[4]:
            self.merges.append(Merge(int(found[2]), place_of(found[1]), place_of(found[3]), address))

    def _at(self, letters: str) -> int:
        if letters not in self._places:
            self._places[letters] = place_of(letters)
        return self._places[letters]

    def _end_cell(self) -> None:
        written = "".join(self._parts)
        self._parts.clear()
        if len(written) > LONGEST_CELL:
            raise ValueError("the cell is longer than Excel allows")
        value = FORMULA if self._has_formula else self._value(written)
        if value is None or (isinstance(value, str) and not visible(value)):
            return
        if self._place > MOST_COLUMNS:
            self.far = (self._number, f"{letters_of(self._place)}{self._number}")
            return
        missing = self._place - len(self._cells)
        if missing < 1:
            raise ValueError("cells must rise")
        self._cells += [None] * (missing - 1) + [value]

    def _value(self, written: str) -> Any:
        if self._type == "s":
            return self._string(written) if written else None
        if self._type == "n":
            return self._numeric(written) if written else None
        if self._type == "b":
            return written == "1"
        if self._type == "d":
            return self._day(written.strip())
        return unescaped(written)  # `inlineStr`, `str`, or an error such as `#N/A`

    def _day(self, written: str) -> str:
        """A day in ISO 8601, with or without a time, as day/month/year. A time alone stays as it is."""
        if "-" not in written:
            return written.removeprefix("T")
        return f"{datetime.fromisoformat(written):%d/%m/%Y}"

    def _string(self, written: str) -> str:
        found = self._strings[int(written)]
        if len(found) > LONGEST_CELL:
            raise ValueError("the cell is longer than Excel allows")
        return found

    def _numeric(self, written: str) -> int | float | str:
        written = written.strip()
        if not _NUMBER.fullmatch(written):
            raise ValueError("not a number")
        # A workbook stores 17 digits, and Excel shows 15.
        value = int(written) if written.isdigit() and len(written) < 16 else float(f"{float(written):.15g}")
        if abs(value) == float("inf"):
            return written
        style = int(self._style)
        found = self._formats[style] if style < len(self._formats) else None
        if found and found.is_date:
            return self._shown(value, found.day_pattern)
        return (found.shown(value) if found else None) or value

    def _shown(self, serial: float, day_pattern: str) -> str:
        """A serial number of a spreadsheet as its format shows it: a day, or a time of day if the number is below 1."""
        if 1 <= serial < 60 and self._epoch is EPOCH:
            serial += 1  # Excel has a 29 February 1900
        try:
            at = self._epoch + timedelta(seconds=round(serial * 86400))
        except OverflowError:
            return "#VALUE!"
        return f"{at:{day_pattern if serial >= 1 else '%H:%M:%S'}}"


def _shows_nothing(attributes: Mapping[str, str], size: str) -> bool:
    """Whether a row or column is hidden, by its own mark or by a size of 0."""
    return attributes.get("hidden") in ("1", "true") or float(attributes.get(size, 1)) == 0


def unescaped(text: str) -> str:
    """The text without the escapes of a workbook: `_x000D_` is a carriage return. Line breaks are as in Unix."""
    if "_x" in text:
        plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        # Two escapes can make one character, as of an emoji. Half a character cannot be stored.
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        text = text if "\ufffd" in plain and "\ufffd" not in text else plain
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def visible(text: str) -> str:
    """The text, or nothing if it has only blanks and invisible characters."""
    return text if text.strip() and not all(one.isspace() or is_unseen(one) for one in text) else ""


def place_of(letters: str) -> int:
    """`A` is 1, `AA` is 27. `ValueError` for other texts."""
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
        raise ValueError("not a column")
    place = 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - 64
    return place


def letters_of(place: int) -> str:
    """1 is `A`, 27 is `AA`."""
    letters = ""
    while place:
        place, left = divmod(place - 1, 26)
        letters = chr(65 + left) + letters
    return letters
