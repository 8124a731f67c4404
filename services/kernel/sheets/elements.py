"""The parts of a workbook as XML: shared strings, formats of cells, and rows of a worksheet, read as a stream."""

import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from xml.parsers import expat

from services.kernel.sheets import refusals

MOST_COLUMNS = 60
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
DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)))
"""Built-in number formats that show a day or a time."""
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_TIMES = re.compile("[dmyhs]", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(E[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class Formula:
    """Stands for the value of a cell that has a formula."""


FORMULA = Formula()
Row = tuple[int, list[Any]]


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
            self.texts.append("".join(self._parts))
            self._parts.clear()


class Styles:
    """Whether each cell format shows a day or a time."""

    def __init__(self) -> None:
        self.are_dates: list[bool] = []
        self._custom: dict[str, str] = {}
        self._of_cells = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            self._custom[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._of_cells = True
        elif name == "xf" and self._of_cells:
            self.are_dates.append(self._is_date(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._of_cells = False

    def _is_date(self, number_format: str) -> bool:
        code = self._custom.get(number_format)
        if code is None:
            return int(number_format) in DATE_FORMATS
        return bool(_TIMES.search(_LITERAL.sub("", code.partition(";")[0])))


class Rows:
    """The rows of one worksheet; `rows` are those that are complete."""

    def __init__(self, strings: list[str], are_dates: list[bool], epoch: datetime) -> None:
        self.rows: deque[Row] = deque()
        self._strings, self._are_dates, self._epoch = strings, are_dates, epoch
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
            self._begin(int(attributes.get("r", self._number + 1)))
        elif name == "rPh":
            self._skips = True

    def text(self, text: str) -> None:
        if self._reads:
            self._parts.append(text)

    def end(self, name: str) -> None:
        if name == "c":
            self._end_cell()
        elif name in ("v", "t"):
            self._reads = False
        elif name == "row":
            self.rows.append((self._number, self._cells))
        elif name == "rPh":
            self._skips = False

    def _begin(self, number: int) -> None:
        if number <= self._number:
            raise ValueError("rows must rise")
        if number > refusals.MOST_ROWS + refusals.LOOKED_AT:
            raise refusals.too_long()
        self._number, self._place, self._cells = number, 0, []

    def _at(self, letters: str) -> int:
        if letters not in self._places:
            self._places[letters] = place_of(letters)
        return self._places[letters]

    def _end_cell(self) -> None:
        written = "".join(self._parts)
        self._parts.clear()
        if self._place > MOST_COLUMNS:
            return
        if len(written) > LONGEST_CELL:
            raise ValueError("the cell is longer than Excel allows")
        value = FORMULA if self._has_formula else self._value(written)
        if value is None:
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
        return written  # `inlineStr`, `str`, an error such as `#N/A`, or a day in ISO 8601

    def _string(self, written: str) -> str:
        found = self._strings[int(written)]
        if len(found) > LONGEST_CELL:
            raise ValueError("the cell is longer than Excel allows")
        return found

    def _numeric(self, written: str) -> int | float | str:
        written = written.strip()
        if not _NUMBER.fullmatch(written):
            raise ValueError("not a number")
        value = int(written) if written.isdigit() and len(written) < 16 else float(written)
        style = int(self._style)
        if style < len(self._are_dates) and self._are_dates[style]:
            return self._shown(value)
        return value if abs(value) < float("inf") else written

    def _shown(self, serial: float) -> str:
        """The day of a serial number as day/month/year; the time of day for a number below 1."""
        if 1 <= serial < 60 and self._epoch is EPOCH:
            serial += 1  # Excel has a 29 February 1900
        try:
            at = self._epoch + timedelta(seconds=round(serial * 86400))
        except OverflowError:
            return "#VALUE!"
        return f"{at:%d/%m/%Y}" if serial >= 1 else f"{at:%H:%M:%S}"


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
