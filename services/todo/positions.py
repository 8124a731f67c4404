"""The order of a list of work, and cursors in it: the deadline, then the age of the record."""

import re
from contextlib import suppress
from datetime import date
from typing import NamedTuple, Self

from services.kernel.mongo.pages import unknown_cursor
from services.kernel.rows import ByFilter

NEVER = date.max.isoformat()
"""The deadline of work without one. It sorts last."""
_CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2})/([\w-]{1,60})", re.ASCII)


class Position(NamedTuple):
    """`due`: ISO date. `key`: the digits of a record's id, which sort by age; or a unit's id, which sorts later."""

    due: str
    key: str

    @classmethod
    def of(cls, due: date | None, key: str) -> Self:
        return cls(due.isoformat() if due else NEVER, key)

    @property
    def cursor(self) -> str:
        return f"{self.due}/{self.key}"


class Window(NamedTuple):
    """The part of a list from which a page is taken. Both ends are excluded."""

    after: Position | None = None
    before: Position | None = None

    @classmethod
    def of(cls, query: ByFilter) -> Self:
        return cls(_read(query.after, "after"), _read(query.before, "before"))

    def holds(self, position: Position) -> bool:
        return (self.after is None or position > self.after) and (
            self.before is None or position < self.before
        )


def _read(cursor: str | None, name: str) -> Position | None:
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    with suppress(ValueError):
        if found and date.fromisoformat(found[1]):
            return Position(*found.groups())
    raise unknown_cursor(cursor, name)
