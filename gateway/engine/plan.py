"""A faster way to the same answer: a query compiled once into what each level asks for, and run level by level.

Services answer rows as text, under the names the query wants and in its order, so an answer is put together by splicing
rows into rows: nothing is read, and nothing is done per value. graphql-core's executor is the definition of right.
Whatever is not plain (an error, a null where none may be, introspection, edges selected twice) is left to it.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import orjson
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields
from graphql.execution.executor import Executor
from graphql.execution.values import VariableValues, get_argument_values
from msgspec.structs import replace
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.fields.declare import (
    DEFINITION,
    Follows,
    Starts,
    Wish,
    asks,
    column_of,
    is_connection,
    page_info,
)
from gateway.fields.door import Door
from services.kernel.rows import LINK, ROW, ByKeys, ByOwners, Fields, Page, Part, Rows, marked

NULL = b"null"
FIRST, MOST_LINKS = ord("0"), 64
"""The letters of a level's links are the characters from `0` on."""


class Unusual(Exception):  # noqa: N818 - not an error: a reason to leave it to the reference
    """Nothing that a plan handles."""


class Given:
    """The values of an operation's variables, and the arguments that fields make of them."""

    __slots__ = ("_arguments", "values")

    def __init__(self, values: VariableValues) -> None:
        self.values = values
        self._arguments: dict[Arguments, dict[str, Any]] = {}

    def to(self, arguments: "Arguments") -> dict[str, Any]:
        found = self._arguments.get(arguments)
        if found is None:
            found = self._arguments[arguments] = arguments.made_of(self.values)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Arguments:
    """Those of one field, as its resolver takes them."""

    field: GraphQLField
    node: FieldNode
    schema: GraphQLSchema

    def made_of(self, values: VariableValues) -> dict[str, Any]:
        """Raises a `GraphQLError` for what is not of its type."""
        definition: StrawberryField = self.field.extensions[DEFINITION]
        given = get_argument_values(self.field, self.node, values)
        schema = self.schema.extensions["strawberry-definition"]
        return convert_arguments(
            given,
            definition.arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
        )


@dataclass(frozen=True, slots=True)
class Run:
    """Of a plan: for whom, and with which values."""

    door: Door
    given: Given


Piece = bytes | memoryview
"""Of an answer's text."""
Grouped = Mapping[str, list[FieldDetails]]


@dataclass(slots=True)
class Level:
    """Rows of one type: what is asked for in each, and where its links lead, by their letters."""

    fields: Fields
    links: "list[Link]"
    never_null: frozenset[str]

    async def whole(self, rows: Rows, run: Run) -> bytes:
        """The rows' text with what their links lead to in the place of the marks."""
        head = rows.head
        if head.nulls and not self.never_null.isdisjoint(head.nulls):
            raise Unusual
        if not head.keys:
            return rows.text
        wanted: dict[str, list[str]] = {}
        for key in dict.fromkeys(head.keys):
            wanted.setdefault(key[0], []).append(key)
        found: dict[str, bytes] = {}
        following = [
            self.links[ord(letter) - FIRST].follow(keys, found, run) for letter, keys in wanted.items()
        ]
        await asyncio.gather(*following)
        # All rows at once: between any two marks stands a piece, and into each mark's place goes what was found.
        pieces = rows.text.split(LINK)
        spliced = [b""] * (2 * len(pieces) - 1)
        spliced[0::2] = pieces
        spliced[1::2] = map(found.__getitem__, head.keys)
        return b"".join(spliced)


@dataclass(slots=True)
class One:
    """To the row under the key."""

    message: type[ByKeys]
    nullable: bool
    level: Level

    async def follow(self, keys: list[str], found: dict[str, bytes], run: Run) -> None:
        """Finds what belongs to each key, which stands behind the link's letter."""
        rows = await run.door.rows(self.message, tuple([key[1:] for key in keys]), self.level.fields)
        texts = (await self.level.whole(rows, run)).split(ROW)[1:]
        if not self.nullable and NULL in texts:
            raise Unusual
        found.update(zip(keys, texts, strict=True))


@dataclass(slots=True)
class Many:
    """To the page of those that belong to the key."""

    message: type[ByOwners]
    arguments: Arguments
    connection: "Connection"

    async def follow(self, keys: list[str], found: dict[str, bytes], run: Run) -> None:
        owners = tuple([key[1:] for key in keys])
        query = self.message(keys=owners, fields=self.connection.level.fields, **run.given.to(self.arguments))
        rows = await run.door.ask(query)
        found.update(zip(keys, await self.connection.shown(rows, run), strict=True))


Link = One | Many


@dataclass(slots=True)
class Connection:
    """Pages as the query wants to see them: for each name, how it is made."""

    level: Level
    edges: list[tuple[bytes, str]]
    """Of each edge: the name, and `cursor`, `node` or a text after `=`."""
    parts: list[tuple[bytes, str, list[tuple[str, str]]]]
    """The name, `edges`, `page_info` or a text after `=`, and for the page's info its own names."""

    async def shown(self, rows: Rows, run: Run) -> list[bytes]:
        text = await self.level.whole(rows, run)
        if len(rows.head.pages) == 1:
            return [self._page(rows.head.pages[0], text)]
        texts = iter(text.split(ROW)[1:])
        return [self._page(page, marked(list(islice(texts, len(page.cursors))))) for page in rows.head.pages]

    def _page(self, page: Page, text: bytes) -> bytes:
        pieces: list[Piece] = [b"{"]
        for name, part, inner in self.parts:
            pieces += (b"," if len(pieces) > 1 else b"", name)
            if part == "edges":
                pieces += (b"[", *self._edges(page, text), b"]")
            elif part == "page_info":
                info = page_info(page)
                shown = {n: source[1:] if source.startswith("=") else info[source] for n, source in inner}
                pieces.append(orjson.dumps(shown))
            else:
                pieces.append(orjson.dumps(part[1:]))
        return b"".join((*pieces, b"}"))

    def _edges(self, page: Page, text: bytes) -> Iterable[Piece]:
        """One row's edge after the other. All of a page is copied once, when its pieces are joined."""
        if not text:
            return ()
        if len(self.edges) == 1 and self.edges[0][1] == "node":
            opening = b"{" + self.edges[0][0]
            return memoryview(text.replace(ROW, b"}," + opening))[2:], b"}"
        pieces: list[Piece] = []
        for row, cursor in zip(text.split(ROW)[1:], page.cursors, strict=True):
            pieces.append(b",{" if pieces else b"{")
            for place, (name, source) in enumerate(self.edges):
                value = (
                    row if source == "node" else orjson.dumps(cursor if source == "cursor" else source[1:])
                )
                pieces += (b"," if place else b"", name, value)
            pieces.append(b"}")
        return pieces


@dataclass(slots=True)
class Root:
    """A field of the query: its arguments make a wish."""

    starts: Starts
    arguments: Arguments
    shape: "Connection | Mapping[str, Level]"
    """Of a row by its type: the field's own under ``""``."""
    nullable: bool

    async def value(self, run: Run) -> bytes:
        wish: Wish | None = self.starts.wish(**run.given.to(self.arguments))
        if wish is None:
            text = NULL
        elif isinstance(self.shape, Connection):
            rows = await run.door.ask(replace(wish.message, fields=self.shape.level.fields))
            (text,) = await self.shape.shown(rows, run)
        else:
            level = self.shape[wish.type if wish.type in self.shape else ""]
            rows = await run.door.ask(replace(wish.message, fields=level.fields))
            text = (await level.whole(rows, run)).removeprefix(ROW)
        if text == NULL and not self.nullable:
            raise Unusual
        return text


@dataclass(slots=True)
class Plan:
    roots: dict[bytes, Root | bytes]
    """By the name in the answer, as it is written; a text is the answer itself."""

    async def run(self, run: Run) -> orjson.Fragment:
        waiting = [root for root in self.roots.values() if isinstance(root, Root)]
        if len(waiting) == 1:
            values = [await waiting[0].value(run)]
        else:
            values = list(await asyncio.gather(*(root.value(run) for root in waiting)))
        found = iter(values)
        pieces = [b"{"]
        for name, root in self.roots.items():
            value = next(found) if isinstance(root, Root) else root
            pieces += (b"," if len(pieces) > 1 else b"", name, value)
        return orjson.Fragment(b"".join((*pieces, b"}")))


def compiled(run: Executor[Any]) -> Plan:
    """The plan of an operation, for the values that its @skip and @include have in this run; `Unusual` if none."""
    return _Compiler(run).plan()


class _Compiler:
    def __init__(self, run: Executor[Any]) -> None:
        self._run = run
        self._schema = run.schema

    def plan(self) -> Plan:
        run = self._run
        root = self._schema.query_type
        assert root  # noqa: S101 - the schema has one
        collected = collect_fields(
            self._schema, run.fragments, run.variable_values, root, run.operation, run.hide_suggestions
        )
        roots: dict[bytes, Root | bytes] = {}
        for name, details in collected.grouped_field_set.items():
            node = details[0].node
            if node.name.value == "__typename":
                roots[_name(name)] = orjson.dumps(root.name)
                continue
            field = root.fields.get(node.name.value)
            starts = asks(field) if field else None
            if field is None or not isinstance(starts, Starts):
                raise Unusual
            roots[_name(name)] = Root(
                starts,
                Arguments(field, node, self._schema),
                self._shape(field, details),
                not is_non_null_type(field.type),
            )
        return Plan(roots)

    def _shape(self, field: GraphQLField, details: list[FieldDetails]) -> "Connection | dict[str, Level]":
        type_ = get_named_type(field.type)
        if is_connection(type_):
            return self._connection(cast(GraphQLObjectType, type_), details)
        if is_abstract_type(type_):
            possible = self._schema.get_possible_types(type_)
            return {one.name: self._level(one, details) for one in possible}
        return {"": self._level(cast(GraphQLObjectType, type_), details)}

    def _level(
        self, type_: GraphQLObjectType, details: list[FieldDetails], links: list[Link] | None = None
    ) -> Level:
        """`links`: those of the row that objects of this type come in."""
        fields: Fields = {}
        links = [] if links is None else links
        never_null: set[str] = set()
        for slot, below in self._grouped(type_, details).items():
            node = below[0].node
            if node.name.value == "__typename":
                fields[slot] = f"={type_.name}"
                continue
            field = type_.fields[node.name.value]
            asked = asks(field)
            named = get_named_type(field.type)
            if isinstance(asked, Follows):
                fields[slot] = f">{chr(FIRST + len(links))}{asked.by}"
                links.append(self._link(asked, field, below))
            elif is_leaf_type(named):
                if isinstance(named, GraphQLEnumType) and any(n != v.value for n, v in named.values.items()):
                    raise Unusual
                fields[slot] = column_of(field)
            elif is_object_type(named):
                level = self._level(named, below, links)
                fields[slot] = Part(column_of(field), level.fields)
                never_null |= {f"{slot}.{name}" for name in level.never_null}
            else:
                raise Unusual
            if is_non_null_type(field.type):
                never_null.add(slot)
        if len(links) > MOST_LINKS:
            raise Unusual
        return Level(fields, links, frozenset(never_null))

    def _link(self, asked: Follows, field: GraphQLField, details: list[FieldDetails]) -> Link:
        type_ = get_named_type(field.type)
        if issubclass(asked.message, ByOwners):
            connection = self._connection(cast(GraphQLObjectType, type_), details)
            return Many(asked.message, Arguments(field, details[0].node, self._schema), connection)
        if not is_object_type(type_) or is_list_type(field.type):
            raise Unusual
        return One(asked.message, not is_non_null_type(field.type), self._level(type_, details))

    def _connection(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Connection:
        parts: list[tuple[bytes, str, list[tuple[str, str]]]] = []
        edges: list[tuple[bytes, str]] = []
        level: Level | None = None
        for name, below in self._grouped(type_, details).items():
            part = self._source(type_, below)
            inner: list[tuple[str, str]] = []
            if part == "page_info":
                info = cast(GraphQLObjectType, get_named_type(type_.fields["pageInfo"].type))
                inner = [(n, self._source(info, b)) for n, b in self._grouped(info, below).items()]
            elif part == "edges":
                if any(known == "edges" for _, known, _ in parts):
                    raise Unusual  # selected twice under two names: two kinds of rows
                edge = cast(GraphQLObjectType, get_named_type(type_.fields["edges"].type))
                for n, b in self._grouped(edge, below).items():
                    edges.append((_name(n), source := self._source(edge, b)))
                    if source == "node":
                        if level:
                            raise Unusual
                        node = cast(GraphQLObjectType, get_named_type(edge.fields["node"].type))
                        level = self._level(node, b)
            parts.append((_name(name), part, inner))
        return Connection(level or Level({}, [], frozenset()), edges, parts)

    def _source(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> str:
        name = details[0].node.name.value
        return f"={type_.name}" if name == "__typename" else column_of(type_.fields[name])

    def _grouped(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Grouped:
        grouped: Grouped = self._run.collect_subfields(type_, details).grouped_field_set
        return grouped


def _name(name: str) -> bytes:
    """As it stands in JSON, with its colon. GraphQL's names need no escapes."""
    return b'"%s":' % name.encode()
