"""Rows: the fields of documents that a query asks for, under the names that it gives them.

A row is ready for the gateway's answer: days, moments and amounts are text, words are their codes, and keys (`unit`,
`owner`) have the form that other queries take.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import methodcaller
from typing import Any, get_args, get_origin

import msgspec
import orjson

from services.kernel.kinds import Kind
from services.kernel.messages import Query, Refused, Role

Row = dict[str, Any]
LARGEST_PAGE = 100
Show = Callable[[Mapping[str, Any]], Row]
Roles = frozenset[Role]
Sees = Callable[[Roles], bool | frozenset[str]]
"""Where a caller holds one of the roles: in the whole scope (True), nowhere (False), or in these units."""


def only(*roles: Role) -> msgspec.Meta:
    """A column's rule, in its annotation: null for a caller without any of these roles in the row's unit."""
    return msgspec.Meta(extra={"roles": frozenset(roles)})


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Selected fields of a column that holds an object or a list of objects."""

    column: str
    fields: "Fields"


Fields = dict[str, str | Part]
"""The name of a value in the row → its column. `=Model` is the text `Model` itself.

`>0owner` is a link: the row gets a mark, and the head of the rows gets `0` and the key in the column `owner`.
"""
ROW, LINK = b"\x1e", b"\x1f"
"""The bytes before each row, and in the place of each link."""
_MARK = orjson.Fragment(LINK)


def narrowed(row: Row, fields: Fields) -> Row:
    """Only the columns that `fields` need, and the id and version of the row."""
    kept: Row = {name: row[name] for name in ("id", "version") if name in row}
    for source in fields.values():
        name = _column(source)
        if name in row:
            kept[name] = (
                _each(row[name], partial(narrowed, fields=source.fields))
                if isinstance(source, Part)
                else row[name]
            )
    return kept


def covers(row: Row, fields: Fields) -> bool:
    """Whether the row has all columns that `fields` need."""
    for source in fields.values():
        name = _column(source)
        if name and name not in row:
            return False
        if isinstance(source, Part):
            value = row[name]
            parts = value if isinstance(value, list) else [value]
            if not all(covers(each, source.fields) for each in parts if each is not None):
                return False
    return True


class Page(msgspec.Struct, frozen=True):
    """The place of a page in its list: a cursor for each row, in their order.

    `total`: number of rows of the whole list; None if it costs something and the query did not ask for it.
    """

    cursors: list[str]
    has_next: bool
    has_previous: bool
    total: int | None = None


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """Facts about the rows of an answer.

    `nulls`: names that are null in some row, `contributions.note` for a part, so that the gateway need not search rows
    for nulls. `keys`: the keys of links in the order of their marks, each after its link's letter. `pages`: the pages
    that the rows belong to, if any. `version`, if the query asked for it: it changes with any document of the answer.
    """

    nulls: list[str] = []
    keys: list[str] = []
    pages: list[Page] = []
    version: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as text: each a JSON object, or `null` if the caller may not see it.

    The gateway copies them into its answer without decoding them, and replaces the mark of each link. Marks are control
    characters, which JSON text never contains.
    """

    head: Head
    text: bytes
    """All rows, each after the mark `ROW`."""

    @classmethod
    def of(cls, head: Head, texts: Sequence[bytes]) -> "Rows":
        return cls(head, marked(texts))

    @property
    def texts(self) -> list[bytes]:
        return self.text.split(ROW)[1:]

    def read(self) -> list[Row | None]:
        """The rows as objects; only for queries without links."""
        return [orjson.loads(text) for text in self.texts]


def marked(texts: Sequence[bytes]) -> bytes:
    return b"%b%b" % (ROW, ROW.join(texts)) if texts else b""


class Shows(Query, frozen=True, kw_only=True):
    """A query whose answer is `Rows` with these fields."""

    fields: Fields = msgspec.field(default_factory=dict)
    versioned: bool = False
    """Whether the head of the answer holds its version."""


class ByKeys(Shows, frozen=True, kw_only=True):
    """Finds one row for each key, in their order."""

    keys: tuple[str, ...]


class ByFilter(Shows, frozen=True, kw_only=True):
    """Finds one page. Exactly one of `first` and `last`, 1 to 100.

    `counted`: whether the answer says how many rows the whole list has.
    """

    counted: bool = False
    first: int | None = None
    last: int | None = None
    after: str | None = None
    before: str | None = None


class ByOwners(ByFilter, frozen=True, kw_only=True):
    """Finds a page for each owner."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """A column that is computed from stored fields."""

    stored: tuple[str, ...]
    make: Callable[..., Any]


class View:
    """Shows documents of a kind: the stored fields to read, and a row for each document that is added."""

    def __init__(self, projection: dict[str, int], show: Show, keys: list[str], *, versioned: bool) -> None:
        self.projection = projection
        self._show = show
        self._keys = keys
        self._version = hashlib.blake2b(digest_size=12) if versioned else None
        self._nulls: set[str] = set()
        self._texts: list[bytes] = []

    def add(self, document: Mapping[str, Any] | None) -> None:
        if document is None:
            self._texts.append(b"null")
            self._note("null")
            return
        if self._version:
            # A sum over documents has no version, so its content is used instead.
            version = document.get("version")
            self._note(f"{document['_id']}/{version}" if version is not None else str(document))
        row = self._show(document)
        _note_nulls(row, "", self._nulls)
        self._texts.append(orjson.dumps(row, str, orjson.OPT_UTC_Z))

    def rows(self, pages: Sequence[Page] = ()) -> Rows:
        self._note(str(pages))
        version = self._version.hexdigest() if self._version else ""
        return Rows.of(Head(sorted(self._nulls), self._keys, list(pages), version), self._texts)

    def _note(self, what: str) -> None:
        if self._version:
            self._version.update(what.encode() + b"\n")


class Columns:
    """The columns of a kind of document: the fields of `row`, stored under the same names unless computed."""

    def __init__(self, row: type[msgspec.Struct], kind: Kind | None = None, **computed: Computed) -> None:
        """`kind`: the kind of the documents, for pages, whose cursors are ids."""
        self.kind = kind
        self._columns: dict[str, str | Columns | Computed] = {}
        self._absent: dict[str, Any] = {}
        """Value of a column of documents that were stored before it was declared: empty lists, else None."""
        for field in msgspec.structs.fields(row):
            if get_origin(field.type) is tuple:
                self._absent[field.name] = []
            part = _struct_in(field.type)
            self._columns[field.name] = computed.get(field.name) or (Columns(part) if part else field.name)
        if "id" in self._columns:
            self._columns["id"] = "_id"
        self.rules = rules_of(row)
        self._all = self.every()
        self._show_all = self._show(self._all, {}, [])

    def every(self) -> Fields:
        """All columns under their own names."""
        return {
            name: Part(name, column.every()) if isinstance(column, Columns) else name
            for name, column in self._columns.items()
        }

    def whole(self, document: Mapping[str, Any], sees: Sees) -> Row:
        hidden = self._hidden(self._all, sees)
        show = self._show(self._all, hidden, []) if hidden else self._show_all
        return show(document)

    def view(self, query: Shows, sees: Sees) -> View:
        fields = query.fields
        hidden = self._hidden(fields, sees)
        projection = self._projection(fields)
        if hidden:
            projection["within"] = 1
        keys: list[str] = []
        if query.versioned:
            projection["version"] = 1
        return View(projection, self._show(fields, hidden, keys), keys, versioned=query.versioned)

    def _hidden(self, fields: Fields, sees: Sees) -> "dict[str, frozenset[str]]":
        """The columns that are hidden in some rows, each with the units in which it is shown."""
        hidden: dict[str, frozenset[str]] = {}
        for source in fields.values() if self.rules else ():
            name = _column(source)
            if name in self.rules and (where := sees(self.rules[name])) is not True:
                hidden[name] = where or frozenset()
        return hidden

    def _projection(self, fields: Fields) -> dict[str, int]:
        stored: dict[str, int] = {"_id": 1}
        for source in fields.values():
            if not (name := _column(source)):
                continue
            column = self._column(name)
            if isinstance(column, Computed):
                stored.update(dict.fromkeys(column.stored, 1))
            else:
                stored[column if isinstance(column, str) else name] = 1
        return stored

    def _show(self, fields: Fields, hidden: Mapping[str, frozenset[str]], keys: list[str]) -> Show:
        """Appends the keys of links to `keys` when a row is shown."""
        makers = [(name, self._maker(source, hidden, keys)) for name, source in fields.items()]
        return lambda document: {name: make(document) for name, make in makers}

    def _maker(
        self, source: str | Part, hidden: Mapping[str, frozenset[str]], keys: list[str]
    ) -> Callable[[Mapping[str, Any]], Any]:
        if isinstance(source, str) and source.startswith("="):
            text = source[1:]
            return lambda document: text
        name = _column(source)
        if name in hidden:
            units, make = hidden[name], self._maker(source, {}, keys)
            return lambda document: None if units.isdisjoint(document["within"]) else make(document)
        column = self._column(name)
        if isinstance(column, Columns) is not isinstance(source, Part):
            raise _unknown(name)
        if isinstance(column, Columns) and isinstance(source, Part):
            show = column._show(source.fields, {}, keys)
            absent = self._absent.get(name)
            return lambda document: _each(document.get(name, absent), show)
        if isinstance(source, str) and source.startswith(">"):
            return _linked(source[1], self._maker(name, {}, keys), keys)
        if isinstance(column, Computed):
            stored, compute = column.stored, column.make
            return lambda document: compute(*(document.get(one) for one in stored))
        return methodcaller("get", column, self._absent.get(name))

    def _column(self, name: str) -> "str | Columns | Computed":
        try:
            return self._columns[name]
        except KeyError:
            raise _unknown(name) from None


def rules_of(row: type[msgspec.Struct]) -> dict[str, Roles]:
    """The columns with a rule, each with the roles that may see it."""
    rules = {}
    for field in msgspec.structs.fields(row):
        for note in getattr(field.type, "__metadata__", ()):
            if isinstance(note, msgspec.Meta) and note.extra and "roles" in note.extra:
                rules[field.name] = note.extra["roles"]
        if (part := _struct_in(field.type)) and rules_of(part):
            raise TypeError(f"{row.__name__}.{field.name}: what is shown as a part has no rules of its own")
    return rules


def _note_nulls(row: Row, above: str, found: set[str]) -> None:
    for name, value in row.items():
        if value is None:
            found.add(above + name)
        elif value.__class__ is dict:
            _note_nulls(value, f"{above}{name}.", found)
        elif value.__class__ is list and value and value[0].__class__ is dict:
            for one in value:
                _note_nulls(one, f"{above}{name}.", found)


def _linked(letter: str, key_of: Callable[[Any], Any], keys: list[str]) -> Callable[[Any], Any]:
    def mark(document: Any) -> Any:
        key = key_of(document)
        if key is None:
            return None
        keys.append(letter + key)
        return _MARK

    return mark


def _column(source: str | Part) -> str:
    """The column of a source; empty for a text."""
    if isinstance(source, Part):
        return source.column
    return "" if source.startswith("=") else source[2:] if source.startswith(">") else source


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
