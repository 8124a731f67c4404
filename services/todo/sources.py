"""Finds records that wait for an act in MongoDB: one source for each kind of work."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from services.kernel.kinds import Kind
from services.kernel.messages import Role
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import ASCENDING, DESCENDING, Document
from services.kernel.mongo.repository import Repository
from services.kernel.units import UnitPath
from services.todo.messages import ToDoFilter, ToDoKind
from services.todo.positions import NEVER, Position, Window

Records = type[Repository[Any]]


class Walk(NamedTuple):
    """A part of the list that one index can deliver in order. `by`: the field that sorts before the id, if any."""

    wanted: Document
    by: str = ""

    def order(self, *, backwards: bool) -> list[tuple[str, int]]:
        direction = DESCENDING if backwards else ASCENDING
        return [*([(self.by, direction)] if self.by else []), ("_id", direction)]


class Found(NamedTuple):
    """A record that waits. `source`: the source that found it. `document`: the fields that its row needs."""

    position: Position
    source: "Source"
    document: Document


@dataclass(frozen=True, slots=True)
class Due:
    """Deadlines that follow from a field of the record. A greater value has a later deadline, or the same one.

    `day`: the deadline for a value. `least`: the least value whose deadline is that day, or later.
    """

    by: str
    day: Callable[[Any], date]
    least: Callable[[date], Any]


END_OF_YEAR = Due("year", lambda year: date(year, 12, 31), lambda day: day.year)
"""Work on a model or a review is due at the end of its year."""


def days_after(by: str, many: timedelta) -> Due:
    """Deadlines this long after the day in the field `by`. That day is the first day of the time."""
    rest = many - timedelta(days=1)
    return Due(
        by, lambda value: date.fromisoformat(value) + rest, lambda day: str(max(day, date.min + rest) - rest)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`roles`: who may act. `open`: filter for the records that wait. `since`: the field with the day of the wait.

    `own`: fields with the authors of the record, who may not judge it. `due`: the deadline of records that have its
    field. `homed`: whether records can be handed over. `inherits`: whether the successor of a unit may act without a
    hand-over.

    `about`: the field with the id of another record whose title is shown; empty if the record has a title. `titles`:
    the repositories of those other records, each with the field that holds the title.
    """

    kind: ToDoKind
    of: Kind
    records: Records
    roles: frozenset[Role]
    open: Document
    since: str
    acts: tuple[str, ...]
    own: tuple[str, ...] = ()
    due: Due | None = None
    homed: bool = True
    inherits: bool = False
    about: str = ""
    titles: tuple[tuple[Records, str], ...] = ()

    async def count(self, filter_: ToDoFilter, access: Access) -> int:
        return sum([await self.records.seen(access).count(wanted) for wanted in self._all(filter_, access)])

    async def find(
        self, filter_: ToDoFilter, window: Window, size: int, access: Access, *, backwards: bool
    ) -> list[Found]:
        """At most `size` records, in the order of the list: the first of the window, or the last if `backwards`."""
        found: list[Document] = []
        walks = self.walks(filter_, window, access)
        for walk in reversed(walks) if backwards else walks:
            if left := size - len(found):
                order = walk.order(backwards=backwards)
                part = self.records.seen(access).find(walk.wanted, self._fields, sort=order, limit=left)
                found += [document async for document in part]
        if backwards:
            found.reverse()
        return [Found(self._position(one), self, one) for one in found]

    def walks(self, filter_: ToDoFilter, window: Window, access: Access) -> list[Walk]:
        """The queries that together deliver the window, in the order of the list."""
        return [walk for wanted in self._all(filter_, access) for walk in self._parts(wanted, window)]

    async def rows(self, documents: Sequence[Document], access: Access) -> dict[str, Document]:
        """Id → the row of the record."""
        if not self.about:
            return {one["_id"]: self._row(one, one["title"]) for one in documents}
        wanted = {"_id": {"$in": [one[self.about] for one in documents]}}
        titles: dict[str, str] = {}
        for records, title in self.titles:
            found = records.seen(access).find(wanted, {title: 1})
            titles |= {one["_id"]: one[title] async for one in found}
        return {one["_id"]: self._row(one, titles.get(one[self.about], "")) for one in documents}

    @property
    def _fields(self) -> dict[str, int]:
        of = self.about or "title"
        return dict.fromkeys(("unit", "homes", self.since, of, *([self.due.by] if self.due else [])), 1)

    def _position(self, document: Document) -> Position:
        return Position.of(self._due_of(document), self.of.digits(document["_id"]) or "")

    def _due_of(self, document: Document) -> date | None:
        value = document.get(self.due.by) if self.due else None
        return self.due.day(value) if self.due and value is not None else None

    def _row(self, document: Document, title: str) -> Document:
        homes = document.get("homes")
        return {
            "_id": document["_id"],
            "kind": self.kind,
            "name": self.kind.vi,
            "title": title,
            "unit": UnitPath(homes[-1]["path"] if homes else document["unit"]).unit,
            "since": document[self.since],
            "due": self._due_of(document),
            "acts": self.acts,
            "many": 1,
        }

    def _all(self, filter_: ToDoFilter, access: Access) -> list[Document]:
        """Filters for all records of this source: first those with a deadline, then those without one."""
        wanted = self._wanted(filter_, access)
        if wanted is None:
            return []
        if self.due is None:
            return [] if filter_.due_by else [wanted]
        dated = {**wanted, self.due.by: {"$ne": None}}
        if filter_.due_by is None:
            return [dated, {**wanted, self.due.by: None}]
        if filter_.due_by == date.max:
            return [dated]
        return [
            {**wanted, self.due.by: {"$ne": None, "$lt": self.due.least(filter_.due_by + timedelta(days=1))}}
        ]

    def _wanted(self, filter_: ToDoFilter, access: Access) -> Document | None:
        """None if the caller may act on no such record."""
        if filter_.kinds is not None and self.kind not in filter_.kinds:
            return None
        conditions: list[Document] = []
        if access.scope.units is not None:
            units = sorted(access.caller.units(self.roles, access.today, reads=self.inherits))
            if not units:
                return None
            conditions.append({"within": {"$in": units}})
            if self.homed:
                # A unit that has handed a record over can read it, but can no longer act on it.
                home = {"$ifNull": [{"$last": "$homes.path"}, "$unit"]}
                inside = f"/({'|'.join(map(re.escape, units))})(/|$)"
                conditions.append({"$expr": {"$regexMatch": {"input": home, "regex": inside}}})
        if filter_.unit:
            conditions.append({"within": filter_.unit})
        selves = sorted(access.caller.selves(access.today))
        mine: Document = {name: {"$nin": selves} for name in self.own}
        return {**self.open, **mine, **({"$and": conditions} if conditions else {})}

    def _parts(self, wanted: Document, window: Window) -> Iterator[Walk]:
        after, before = window
        if self.due is None or wanted[self.due.by] is None:
            if before is None or before.due == NEVER:
                yield Walk({**wanted, **self._ids(after if after and after.due == NEVER else None, before)})
            return
        limits = dict(wanted[self.due.by])
        first, last = self._same(after), self._same(before)
        if after:
            if first is not None:
                both = before if first == last else None
                yield from self._with(wanted, first, self._ids(after, both))
            limits["$gte" if first is None else "$gt"] = self.due.least(date.fromisoformat(after.due))
        if before:
            least = self.due.least(date.fromisoformat(before.due))
            limits["$lt"] = min(limits.get("$lt", least), least)
        yield Walk({**wanted, self.due.by: limits}, self.due.by)
        if before and last is not None and first != last:
            yield from self._with(wanted, last, self._ids(None, before))

    def _same(self, position: Position | None) -> Any:
        """The value of the records that are due on the day of the position; None if no value leads to that day."""
        if self.due is None or position is None:
            return None
        day = date.fromisoformat(position.due)
        value = self.due.least(day)
        return value if self.due.day(value) == day else None

    def _with(self, wanted: Document, value: Any, ids: Document) -> Iterator[Walk]:
        by = self.due.by if self.due else ""
        if "$lt" not in wanted[by] or value < wanted[by]["$lt"]:
            yield Walk({**wanted, by: value, **ids})

    def _ids(self, after: Position | None, before: Position | None) -> Document:
        between: dict[str, Any] = {}
        if after:
            between["$gt"] = self.of.prefix + after.key
        if before:
            between["$lt"] = self.of.prefix + before.key
        return {"_id": between} if between else {}
