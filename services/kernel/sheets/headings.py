"""The headings of a list: which of our columns they name, and which of them are slips or not ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from services.kernel.messages import Refused
from services.kernel.sheets import refusals, values
from services.kernel.sheets.columns import FATE, REASON, Layout, bare
from services.kernel.sheets.elements import Row, letters_of

NUMBERING = frozenset({"stt", "tt", "sott", "sothutu", "no"})
"""Headings of columns that only number the rows."""
ALIKE, SHORTEST = 0.82, 5
"""An unknown heading is a slip if it resembles one of ours by at least `ALIKE` and has at least `SHORTEST` letters."""


@dataclass(frozen=True, slots=True)
class Headings:
    """`row`: its number. `letters`: column key → letter. `unknown`: letter → heading that is not ours.

    `ignored`: letters of columns in which nothing is lost: they number the rows, or are those of a result file.
    """

    row: int
    letters: Mapping[str, str]
    unknown: Mapping[str, str]
    ignored: frozenset[str]

    def fault(self, layout: Layout) -> Refused | None:
        """The refusal of a heading that is most likely a slip for one of ours, or of a file that lacks columns."""
        lacking = {
            bare(name): one for one in layout.columns if one.key not in self.letters for name in one.names
        }
        for letter, heading in self.unknown.items():
            name = bare(heading)
            near = get_close_matches(name, lacking, 1, ALIKE) if len(name) >= SHORTEST else ()
            if near:
                return refusals.heading_misspelt(letter, heading, lacking[near[0]].heading)
        missing = [one.heading for one in layout.columns if one.required and one.key not in self.letters]
        return refusals.columns_missing(missing) if missing else None


def found_in(row: Row, layout: Layout) -> Headings:
    """The headings in this row."""
    letters: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for place, value in enumerate(row.cells, 1):
        heading = values.text(value) if value is not None else ""
        if not heading:
            continue
        letter, column = letters_of(place), layout.column_named(heading)
        if column is None:
            unknown[letter] = " ".join(heading.split())
        elif column.key in letters:
            raise refusals.column_twice(column.heading, letters[column.key], letter)
        else:
            letters[column.key] = letter
    named = {bare(heading) for heading in unknown.values()}
    passed = NUMBERING | ({bare(FATE), bare(REASON)} if bare(REASON) in named else set())
    ignored = frozenset(letter for letter, heading in unknown.items() if bare(heading) in passed)
    return Headings(row.number, letters, {k: v for k, v in unknown.items() if k not in ignored}, ignored)
