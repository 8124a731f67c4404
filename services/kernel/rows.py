"""What a query shows of documents: only the fields its asker names, under the names the asker gives them.

A row is ready for whoever shows it: days, moments and amounts are text, words are their codes, and a key that another
query takes (`unit`, `owner`) is in the form that query takes it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

import msgspec

from services.kernel.messages import Query, Refused, Role

Row = dict[str, Any]
LARGEST_PAGE = 100
Show = Callable[[Mapping[str, Any]], Row]
Roles = frozenset[Role]
Sees = Callable[[Roles], bool | frozenset[str]]
"""Where an asker holds one of the roles: wherever they see anything, nowhere, or in these units."""


def only(*roles: Role) -> msgspec.Meta:
    """A column's rule, in its annotation: it is null for whoever holds none of these roles in the row's unit."""
    return msgspec.Meta(extra={"roles": frozenset(roles)})


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Of a column that holds an object, or a list of them, these fields."""

    column: str
    fields: "Fields"


Fields = dict[str, str | Part]
"""The name that a value gets in the row → the column it comes from; `=Model` is the text `Model` itself."""


class Rows(msgspec.Struct, frozen=True):
    """One for each key asked for, in their order; None where the asker may see none.

    `nulls` are the names that are null in some row, `contributions.note` for those of parts: who promises that a field
    is never null need not look at each.
    """

    rows: list[Row | None]
    nulls: list[str] = []


class Page(msgspec.Struct, frozen=True):
    """Rows in the list's order, each with the cursor that stands for its place."""

    rows: list[Row]
    cursors: list[str]
    has_next: bool
    has_previous: bool
    nulls: list[str] = []


class Shows(Query, frozen=True, kw_only=True):
    """A query that answers rows of these fields."""

    fields: Fields = msgspec.field(default_factory=dict)


class ByKeys(Shows, frozen=True, kw_only=True):
    """Finds one row for each key: answers `Rows`."""

    keys: tuple[str, ...]


class ByFilter(Shows, frozen=True, kw_only=True):
    """Finds one page: answers `Page`. Exactly one of `first` and `last`, 1 to 100."""

    first: int | None = None
    last: int | None = None
    after: str | None = None
    before: str | None = None


class ByOwners(ByFilter, frozen=True, kw_only=True):
    """Finds a page for each owner: answers a list of `Page`s."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """A column that is made of stored fields."""

    stored: tuple[str, ...]
    make: Callable[..., Any]


class View(NamedTuple):
    """Which stored fields to read, and what makes a row of a document that has them."""

    projection: dict[str, int]
    show: Show


class Columns:
    """What can be shown of a kind of document: the fields of `row`, stored under the same names unless computed."""

    def __init__(self, row: type[msgspec.Struct], **computed: Computed) -> None:
        self._columns: dict[str, str | Columns | Computed] = {}
        for field in msgspec.structs.fields(row):
            part = _struct_in(field.type)
            self._columns[field.name] = computed.get(field.name) or (Columns(part) if part else field.name)
        if "id" in self._columns:
            self._columns["id"] = "_id"
        self.rules = rules_of(row)
        self._all = self.every()
        self._show_all = self._show(self._all, {})

    def every(self) -> Fields:
        """All columns under their own names."""
        return {
            name: Part(name, column.every()) if isinstance(column, Columns) else name
            for name, column in self._columns.items()
        }

    def whole(self, document: Mapping[str, Any], sees: Sees) -> Row:
        show = self._show(self._all, hidden) if (hidden := self._hidden(self._all, sees)) else self._show_all
        return show(document)

    def view(self, fields: Fields, sees: Sees) -> View:
        hidden = self._hidden(fields, sees)
        projection = self._projection(fields)
        if hidden:
            projection["within"] = 1
        return View(projection, self._show(fields, hidden))

    def _hidden(self, fields: Fields, sees: Sees) -> "dict[str, frozenset[str]]":
        """The columns that are hidden in some rows, and the units in which they are not."""
        hidden: dict[str, frozenset[str]] = {}
        for source in fields.values() if self.rules else ():
            name = source.column if isinstance(source, Part) else source
            if name in self.rules and (where := sees(self.rules[name])) is not True:
                hidden[name] = where or frozenset()
        return hidden

    def _projection(self, fields: Fields) -> dict[str, int]:
        stored: dict[str, int] = {"_id": 1}
        for source in fields.values():
            name = source.column if isinstance(source, Part) else source
            if name.startswith("="):
                continue
            column = self._column(name)
            if isinstance(column, Computed):
                stored.update(dict.fromkeys(column.stored, 1))
            else:
                stored[column if isinstance(column, str) else name] = 1
        return stored

    def _show(self, fields: Fields, hidden: Mapping[str, frozenset[str]]) -> Show:
        plain = {
            name: column
            for name, source in fields.items()
            if isinstance(source, str)
            and not source.startswith("=")
            and isinstance(column := self._column(source), str)
            and source not in hidden
        }
        if len(plain) == len(fields):
            pairs = list(plain.items())
            return lambda document: {name: document.get(stored) for name, stored in pairs}
        makers = [(name, self._maker(source, hidden)) for name, source in fields.items()]
        return lambda document: {name: make(document) for name, make in makers}

    def _maker(
        self, source: str | Part, hidden: Mapping[str, frozenset[str]]
    ) -> Callable[[Mapping[str, Any]], Any]:
        if isinstance(source, str) and source.startswith("="):
            text = source[1:]
            return lambda document: text
        name = source.column if isinstance(source, Part) else source
        if name in hidden:
            units, make = hidden[name], self._maker(source, {})
            return lambda document: None if units.isdisjoint(document["within"]) else make(document)
        column = self._column(name)
        if isinstance(column, Columns) is not isinstance(source, Part):
            raise _unknown(name)
        if isinstance(column, Columns) and isinstance(source, Part):
            show = column._show(source.fields, {})
            return lambda document: _each(document.get(name), show)
        if isinstance(column, Computed):
            stored, make = column.stored, column.make
            return lambda document: make(*(document.get(one) for one in stored))
        plain = str(column)
        return lambda document: document.get(plain)

    def _column(self, name: str) -> "str | Columns | Computed":
        try:
            return self._columns[name]
        except KeyError:
            raise _unknown(name) from None


def rules_of(row: type[msgspec.Struct]) -> dict[str, Roles]:
    """The columns that not everybody who sees the row may see."""
    rules = {}
    for field in msgspec.structs.fields(row):
        for note in getattr(field.type, "__metadata__", ()):
            if isinstance(note, msgspec.Meta) and note.extra and "roles" in note.extra:
                rules[field.name] = note.extra["roles"]
        if (part := _struct_in(field.type)) and rules_of(part):
            raise TypeError(f"{row.__name__}.{field.name}: what is shown as a part has no rules of its own")
    return rules


def nulls_in(rows: Iterable[Row | None]) -> list[str]:
    found: set[str] = set()
    for row in rows:
        if row is not None:
            _note_nulls(row, "", found)
    return sorted(found)


def aligned(keys: Sequence[str], found: Mapping[str, Row]) -> Rows:
    rows = [found.get(key) for key in keys]
    return Rows(rows, nulls_in(found.values()))


def _note_nulls(row: Row, above: str, found: set[str]) -> None:
    for name, value in row.items():
        if value is None:
            found.add(above + name)
        elif value.__class__ is dict:
            _note_nulls(value, f"{above}{name}.", found)
        elif value.__class__ is list and value and value[0].__class__ is dict:
            for one in value:
                _note_nulls(one, f"{above}{name}.", found)


def _each(value: Any, show: Show) -> Any:
    if isinstance(value, list | tuple):
        return [show(one) for one in value]
    return None if value is None else show(value)


def _struct_in(type_: Any) -> type[msgspec.Struct] | None:
    """The struct that a column holds, alone or in a tuple."""
    for one in (type_, *get_args(type_)):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            return one
    return None


def _unknown(name: str) -> Refused:
    return Refused(
        "input-invalid",
        "fields",
        vi=f"Không có cột “{name[:60]}”.",
        en=f"There is no column “{name[:60]}”.",
    )
