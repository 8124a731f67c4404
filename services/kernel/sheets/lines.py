"""Rows of a file as they are written, and the apostrophe that keeps a spreadsheet from computing a text."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.kernel.sheets import values
from services.kernel.sheets.messages import RowProblem
from services.kernel.text import is_unseen

FORMULA = frozenset("=+-@\u2212")
"""Beginnings of a text that some spreadsheet computes when it opens a file, as they are after NFKC."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a file. `cells`: by column key, as they are written. `letters`: column key → letter.

    `problems`: of cells that cannot be read. `notes`: what is reported of the row though it is imported.
    """

    number: int
    cells: Mapping[str, Any]
    letters: Mapping[str, str]
    problems: tuple[RowProblem, ...] = ()
    notes: tuple[RowProblem, ...] = ()

    def address(self, key: str) -> str:
        """The address of a cell, as in `C7`; empty for a column that the file does not have."""
        return f"{self.letters[key]}{self.number}" if key in self.letters else ""

    def text(self, key: str) -> str:
        """The cell as text; empty without one."""
        return values.text(self.cells.get(key, ""))


def quoted(text: str) -> str:
    """The text, with an apostrophe in front if a spreadsheet would compute it on opening a file."""
    return f"'{text}" if text.startswith(("'", "\t", "\r", "\n")) or _is_computed(text) else text


def unquoted(value: Any) -> Any:
    """The text without the apostrophe that an export puts before it. Other apostrophes belong to the text."""
    bare = value[1:] if isinstance(value, str) and value.startswith("'") else ""
    return bare if bare and quoted(bare) == value else value


def _is_computed(text: str) -> bool:
    """Whether the first visible character begins a formula: `＝`, `﹢` and `⁻` do as `=`, `+` and `-`.

    Some spreadsheets ignore blanks and unseen characters before it.
    """
    for character in text:
        if not (is_unseen(character) or unicodedata.category(character) == "Zs"):
            return unicodedata.normalize("NFKC", character)[:1] in FORMULA
    return False
