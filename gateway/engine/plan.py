"""A query plan: what to request for each level of a query, and how to put the answer together.

Services answer rows as text, with the names and in the order that the query wants, so a plan splices rows into rows
and parses nothing. graphql-core's executor is the reference: whatever a plan does not cover (an error, a null where
none may be, introspection, edges selected twice) raises `NotPlanned` and runs there.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
from graphql import FieldNode, GraphQLField, GraphQLSchema
from graphql.execution.values import VariableValues, get_argument_values
from msgspec.structs import replace
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.fields.columns import DEFINITION
from gateway.fields.declare import RootField, RootQuery, page_info
from gateway.fields.loader import Loader
from services.kernel.rows import LINK, ROW, ByKeys, ByOwners, Fields, Page, Rows, Shows, marked

NULL = b"null"
FIRST, MOST_LINKS = ord("0"), 64
"""A link's letter is one of the 64 characters from `0` on."""


class NotPlanned(Exception):  # noqa: N818 - not an error: the reference executor takes over
    """A plan does not cover this."""


class Variables:
    """Values of an operation's variables, and the arguments of fields made of them."""

    __slots__ = ("_arguments", "values")

    def __init__(self, values: VariableValues) -> None:
        self.values = values
        self._arguments: dict[FieldArguments, dict[str, Any]] = {}

    def arguments(self, of: "FieldArguments") -> dict[str, Any]:
        found = self._arguments.get(of)
        if found is None:
            found = self._arguments[of] = of.read(self.values)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class FieldArguments:
    """The arguments of one field, as the document has them."""

    field: GraphQLField
    node: FieldNode
    schema: GraphQLSchema

    def read(self, values: VariableValues) -> dict[str, Any]:
        """The arguments as the resolver takes them. A value of the wrong type raises `GraphQLError`."""
        definition: StrawberryField = self.field.extensions[DEFINITION]
        given = get_argument_values(self.field, self.node, values)
        schema = self.schema.extensions[DEFINITION]
        return convert_arguments(
            given,
            definition.arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
        )


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a plan."""

    loader: Loader
    variables: Variables


Piece = bytes | memoryview
"""A piece of an answer's text."""


@dataclass(slots=True)
class Selection:
    """The selected fields of rows of one type, and the fetches behind their links, in the order of letters."""

    fields: Fields
    fetches: "list[Fetch]"
    never_null: frozenset[str]

    async def complete(self, rows: Rows, run: Execution) -> bytes:
        """The text of the rows, with the linked rows in the places of the marks."""
        head = rows.head
        if head.nulls and not self.never_null.isdisjoint(head.nulls):
            raise NotPlanned
        if not head.keys:
            return rows.text
        wanted: dict[str, list[str]] = {}
        for key in dict.fromkeys(head.keys):
            wanted.setdefault(key[0], []).append(key)
        found: dict[str, bytes] = {}
        await asyncio.gather(
            *(self.fetches[ord(letter) - FIRST].fetch(keys, found, run) for letter, keys in wanted.items())
        )
        # All rows at once: the text is cut at the marks, and each mark is replaced by a linked row.
        pieces = rows.text.split(LINK)
        spliced = [b""] * (2 * len(pieces) - 1)
        spliced[0::2] = pieces
        spliced[1::2] = map(found.__getitem__, head.keys)
        return b"".join(spliced)


@dataclass(slots=True)
class RowFetch:
    """Fetches the row behind each key."""

    message: type[ByKeys]
    nullable: bool
    selection: Selection

    async def fetch(self, keys: list[str], found: dict[str, bytes], run: Execution) -> None:
        """Adds to `found` the text for each key. The first character of a key is the link's letter."""
        rows = await run.loader.rows(self.message, tuple([key[1:] for key in keys]), self.selection.fields)
        texts = (await self.selection.complete(rows, run)).split(ROW)[1:]
        if not self.nullable and NULL in texts:
            raise NotPlanned
        found.update(zip(keys, texts, strict=True))


@dataclass(slots=True)
class PageFetch:
    """Fetches the page of rows that belong to each key."""

    message: type[ByOwners]
    arguments: FieldArguments
    pages: "PageSelection"

    async def fetch(self, keys: list[str], found: dict[str, bytes], run: Execution) -> None:
        owners = tuple([key[1:] for key in keys])
        window = run.variables.arguments(self.arguments)
        rows = await run.loader.ask(self.pages.request(self.message(keys=owners, **window)))
        found.update(zip(keys, await self.pages.complete(rows, run), strict=True))


Fetch = RowFetch | PageFetch


@dataclass(slots=True)
class PageSelection:
    """The selected parts of a connection. `edges` and `fields`: names, as JSON writes them, and their sources."""

    rows: Selection
    edges: list[tuple[bytes, str]]
    """The fields of an edge. A source is `cursor`, `node`, or a text after `=`."""
    fields: list[tuple[bytes, str, list[tuple[str, str]]]]
    """A source is `edges`, `total_count`, `page_info` with the names and sources of its fields, or a text after `=`."""

    def request(self, message: Shows) -> Shows:
        """The query for the selected parts of its page."""
        more = {"counted": True} if any(source == "total_count" for _, source, _ in self.fields) else {}
        return replace(message, fields=self.rows.fields, **more)

    async def complete(self, rows: Rows, run: Execution) -> list[bytes]:
        """The text of each page."""
        text = await self.rows.complete(rows, run)
        if len(rows.head.pages) == 1:
            return [self._page(rows.head.pages[0], text)]
        texts = iter(text.split(ROW)[1:])
        return [self._page(page, marked(list(islice(texts, len(page.cursors))))) for page in rows.head.pages]

    def _page(self, page: Page, text: bytes) -> bytes:
        pieces: list[Piece] = [b"{"]
        for name, source, inner in self.fields:
            pieces += (b"," if len(pieces) > 1 else b"", name)
            if source == "edges":
                pieces += (b"[", *self._edges(page, text), b"]")
            elif source == "total_count":
                pieces.append(orjson.dumps(page.total))
            elif source == "page_info":
                info = page_info(page)
                shown = {n: column[1:] if column.startswith("=") else info[column] for n, column in inner}
                pieces.append(orjson.dumps(shown))
            else:
                pieces.append(orjson.dumps(source[1:]))
        return b"".join((*pieces, b"}"))

    def _edges(self, page: Page, text: bytes) -> Iterable[Piece]:
        """One edge after the other. Edges that have nothing but a node are made of all rows at once."""
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
class RootFetch:
    """Fetches the value of a field of `Query`."""

    field: RootField
    arguments: FieldArguments
    shape: "PageSelection | Mapping[str, Selection]"
    """Selections by the type of the row. The field's own type has the name ``""``."""
    nullable: bool

    async def fetch(self, run: Execution) -> bytes:
        wanted: RootQuery | None = self.field.query(**run.variables.arguments(self.arguments))
        if wanted is None:
            text = NULL
        elif isinstance(self.shape, PageSelection):
            rows = await run.loader.ask(self.shape.request(wanted.message))
            (text,) = await self.shape.complete(rows, run)
        else:
            selection = self.shape[wanted.type if wanted.type in self.shape else ""]
            rows = await run.loader.ask(replace(wanted.message, fields=selection.fields))
            text = (await selection.complete(rows, run)).removeprefix(ROW)
        if text == NULL and not self.nullable:
            raise NotPlanned
        return text


@dataclass(slots=True)
class QueryPlan:
    roots: dict[bytes, RootFetch | bytes]
    """Name in the answer, as JSON writes it → the fetch of the value, or its text."""

    async def run(self, run: Execution) -> orjson.Fragment:
        fetches = [root for root in self.roots.values() if isinstance(root, RootFetch)]
        if len(fetches) == 1:
            values = [await fetches[0].fetch(run)]
        else:
            values = list(await asyncio.gather(*(root.fetch(run) for root in fetches)))
        found = iter(values)
        pieces = [b"{"]
        for name, root in self.roots.items():
            value = next(found) if isinstance(root, RootFetch) else root
            pieces += (b"," if len(pieces) > 1 else b"", name, value)
        return orjson.Fragment(b"".join((*pieces, b"}")))
