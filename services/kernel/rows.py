"""What a query shows of documents: only the fields its asker names, under the names the asker gives them.

A row is ready for whoever shows it: days, moments and amounts are text, words are their codes, and a key that another
query takes (`unit`, `owner`) is in the form that query takes it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from services.kernel.messages import Query, Refused

Row = dict[str, Any]
LARGEST_PAGE = 100
Show = Callable[[Mapping[str, Any]], Row]


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


class Columns:
    """What can be shown of a kind of document: the fields of `row`, stored under the same names unless computed."""

    def __init__(self, row: type[msgspec.Struct], **computed: Computed) -> None:
        self._columns: dict[str, str | Columns | Computed] = {}
        for field in msgspec.structs.fields(row):
            part = _struct_in(field.type)
            self._columns[field.name] = computed.get(field.name) or (Columns(part) if part else field.name)
        if "id" in self._columns:
            self._columns["id"] = "_id"
        self._all = self.every()
        self._show_all = self.show(self._all)

    def every(self) -> Fields:
        """All columns under their own names."""
        return {
            name: Part(name, column.every()) if isinstance(column, Columns) else name
            for name, column in self._columns.items()
        }

    def whole(self, document: Mapping[str, Any]) -> Row:
        return self._show_all(document)

    def projection(self, fields: Fields) -> dict[str, int]:
        """Which stored fields to read."""
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

    def show(self, fields: Fields) -> Show:
        """The function that makes a row of a document."""
        plain = {
            name: column
            for name, source in fields.items()
            if isinstance(source, str)
            and not source.startswith("=")
            and isinstance(column := self._column(source), str)
        }
        if len(plain) == len(fields):
            pairs = list(plain.items())
            return lambda document: {name: document.get(stored) for name, stored in pairs}
        makers = [(name, self._maker(source)) for name, source in fields.items()]
        return lambda document: {name: make(document) for name, make in makers}

    def _maker(self, source: str | Part) -> Callable[[Mapping[str, Any]], Any]:
        if isinstance(source, str) and source.startswith("="):
            text = source[1:]
            return lambda document: text
        name = source.column if isinstance(source, Part) else source
        column = self._column(name)
        if isinstance(column, Columns) is not isinstance(source, Part):
            raise _unknown(name)
        if isinstance(column, Columns) and isinstance(source, Part):
            show = column.show(source.fields)
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
