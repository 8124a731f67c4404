"""Finds rows that are the same: the values of their cells are equal. Their places and the file format do not matter."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from services.kernel.messages import Refused
from services.kernel.sheets import values
from services.kernel.sheets.columns import Layout
from services.kernel.sheets.lines import Line


@dataclass(slots=True)
class Identities:
    """The rows of one file, compared with each other, by row number. Rows with unreadable cells are left out.

    `contents`: the digest of what a row says. `repeated`: a row → the first row that says the same of the same record.
    `contradicted`: a row → another row that names the same record and says something else.
    """

    contents: dict[int, str] = field(default_factory=dict)
    repeated: dict[int, int] = field(default_factory=dict)
    contradicted: dict[int, int] = field(default_factory=dict)


async def compared(batches: Iterable[Sequence[Line]], layout: Layout) -> Identities:
    """Compares all rows of a file. It lets other tasks run between two batches."""
    found = Identities()
    first: dict[tuple[str, str], int] = {}
    named: dict[str, int] = {}
    for lines in batches:
        for line in lines:
            if not line.problems:
                _compare(line, layout, found, first, named)
        await asyncio.sleep(0)
    return found


def _compare(
    line: Line, layout: Layout, found: Identities, first: dict[tuple[str, str], int], named: dict[str, int]
) -> None:
    record, content = line.text(layout.identified_by), content_of(line, layout)
    found.contents[line.number] = content
    earlier = first.setdefault((record, content), line.number)
    if earlier != line.number:
        found.repeated[line.number] = earlier
    if record:
        other = named.setdefault(record, line.number)
        if found.contents[other] != content:
            found.contradicted[line.number] = other
            found.contradicted.setdefault(other, line.number)


def content_of(line: Line, layout: Layout) -> str:
    """Digest of the values in the row, without the columns that name its record and the version of it."""
    about = (layout.identified_by, layout.versioned_by)
    said = [(key, _value(layout, key, cell)) for key, cell in sorted(line.cells.items()) if key not in about]
    return hashlib.blake2b("\0".join(map("\0".join, said)).encode(), digest_size=16).hexdigest()


def _value(layout: Layout, key: str, cell: Any) -> str:
    """The value of a cell as text: the same for `1.155,3` and 1155.3, for a day and its text, in every file format."""
    try:
        value = layout.by_key[key].read(cell)
    except Refused:
        value = cell
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(values.text(value).split())
