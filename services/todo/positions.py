"""The order of a list of work, and cursors in it: the deadline, then the age of the record."""

import re
from contextlib import suppress
from datetime import date
from typing import NamedTuple, Self

from services.kernel.mongo.pages import unknown_cursor
from services.kernel.rows import ByFilter

NEVER = date.max.isoformat()
"""Stands for no deadline, after every other one."""
_CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2})/([\w-]{1,60})", re.ASCII)


class Position(NamedTuple):
    """`due`: ISO text. `key`: the digits of an id, which sort by age; or the id of a unit, which follow them."""

    due: str
    key: str

    @classmethod
    def of(cls, due: date | None, key: str) -> Self:
        return cls(due.isoformat() if due else NEVER, key)

    @property
    def cursor(self) -> str:
        return f"{self.due}/{self.key}"


class Window(NamedTuple):
    """The part of a list that a page may be taken from; both ends are excluded."""

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
