"""A faster way to the same answer: a query compiled once into what each level asks for, and run level by level.

Services answer rows under the names the query wants, in its order, so an answer is put together by hanging rows into
rows: nothing is done per value. graphql-core's executor is the definition of right. Whatever is not plain (an error, a
null where none may be, introspection, a field selected twice in different ways) is left to it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    ExecutionResult,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    OperationType,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    visit,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields
from graphql.execution.values import get_argument_values
from msgspec.structs import replace
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.door import Door
from gateway.fields import DEFINITION, Follows, Starts, Wish, asks, column_of, is_connection, page_info
from services.kernel import telemetry
from services.kernel.messages import Refused, Unavailable
from services.kernel.rows import ByKeys, ByOwners, Fields, Page, Part, Row, Rows

MOST_PLANS = 512


class Unusual(Exception):  # noqa: N818 - not an error: a reason to leave it to the reference
    """Nothing that a plan handles."""


class Planned(StrawberryGraphQLCoreExecutionContext):
    """Runs queries by plan where it can."""

    on = True

    def execute_operation(self, serially: bool | None = None) -> Any:
        if self.on and self.operation.operation is OperationType.QUERY:
            plan = _planned(self)
            if plan:
                return self._run(plan)
        return super().execute_operation(serially)

    async def _run(self, plan: "Plan") -> Any:
        try:
            return ExecutionResult(await plan.run(self), None)
        except (Unusual, Refused, Unavailable, GraphQLError):
            pass
        except Exception:
            # A mistake of ours: the reference does not share it.
            telemetry.log.exception("plan failed")
        result = super().execute_operation()
        return await result if self.is_awaitable(result) else result


Grouped = Mapping[str, list[FieldDetails]]
Arguments = Callable[[Planned], dict[str, Any]]


@dataclass(slots=True)
class Level:
    """Rows of one type: what is asked for in each, and what hangs below."""

    type: str
    fields: Fields
    links: "list[Link]"
    never_null: frozenset[str]

    def check(self, nulls: list[str]) -> None:
        if nulls and not self.never_null.isdisjoint(nulls):
            raise Unusual

    async def fill(self, rows: list[Row], run: Planned) -> None:
        """Puts into each row what its links lead to."""
        if not rows or not self.links:
            return
        if len(self.links) == 1:
            await self.links[0].follow(rows, run)
        else:
            await asyncio.gather(*(link.follow(rows, run) for link in self.links))


@dataclass(slots=True)
class One:
    """To the row under the key that stands in the slot."""

    slot: str
    message: type[ByKeys]
    nullable: bool
    level: Level

    async def follow(self, rows: list[Row], run: Planned) -> None:
        slot = self.slot
        keys = dict.fromkeys([row[slot] for row in rows])
        keys.pop(None, None)
        found: dict[str | None, Row | None] = {None: None}
        if keys:
            answer = await _door(run).rows(self.message, tuple(keys), self.level.fields)
            self.level.check(answer.nulls)
            await self.level.fill([row for row in answer.rows if row is not None], run)
            found.update(zip(keys, answer.rows, strict=True))
        for row in rows:
            row[slot] = found[row[slot]]
        if not self.nullable and any(row[slot] is None for row in rows):
            raise Unusual


@dataclass(slots=True)
class Many:
    """To the page of those that belong to the key in the slot."""

    slot: str
    message: type[ByOwners]
    arguments: Arguments
    connection: "Connection"

    async def follow(self, rows: list[Row], run: Planned) -> None:
        slot = self.slot
        keys = dict.fromkeys([row[slot] for row in rows])
        window = self.arguments(run)
        fields = self.connection.level.fields
        answer = await _door(run).pages(self.message, tuple(keys), window, fields)
        pages = dict(zip(keys, answer, strict=True))
        for page in answer:
            self.connection.level.check(page.nulls)
        await self.connection.level.fill([row for page in answer for row in page.rows], run)
        shown = {key: self.connection.shown(page) for key, page in pages.items()}
        for row in rows:
            row[slot] = shown[row[slot]]


@dataclass(slots=True)
class Inside:
    """To the objects that came with the row, where they lead on."""

    slot: str
    level: Level

    async def follow(self, rows: list[Row], run: Planned) -> None:
        held = [row[self.slot] for row in rows]
        inner = [one for value in held for one in (value if isinstance(value, list) else [value])]
        await self.level.fill([one for one in inner if one is not None], run)


Link = One | Many | Inside


@dataclass(slots=True)
class Connection:
    """A page as the query wants to see it: for each name, how it is made."""

    level: Level
    edges: list[tuple[str, str]]
    """Of each edge: the name, and `cursor`, `node` or a text after `=`."""
    parts: list[tuple[str, str, list[tuple[str, str]]]]
    """The name, `edges`, `page_info` or a text after `=`, and for the latter its own names."""

    def shown(self, page: Page) -> Row:
        row: Row = {}
        for name, part, inner in self.parts:
            if part == "edges":
                row[name] = self._edges(page)
            elif part == "page_info":
                info = page_info(page)
                row[name] = {
                    name: source[1:] if source.startswith("=") else info[source] for name, source in inner
                }
            else:
                row[name] = part[1:]
        return row

    def _edges(self, page: Page) -> list[Row]:
        if len(self.edges) == 1 and self.edges[0][1] == "node":
            name = self.edges[0][0]
            return [{name: row} for row in page.rows]
        return [
            {
                name: row if source == "node" else cursor if source == "cursor" else source[1:]
                for name, source in self.edges
            }
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]


@dataclass(slots=True)
class Root:
    """A field of the query: its arguments make a wish."""

    starts: Starts
    arguments: Arguments
    shape: "Connection | Mapping[str, Level]"
    """Of a row by its type: the field's own under ``""``."""
    nullable: bool

    async def value(self, run: Planned) -> Any:
        wish: Wish | None = self.starts.wish(**self.arguments(run))
        if wish is None:
            if not self.nullable:
                raise Unusual
            return None
        door = _door(run)
        if isinstance(self.shape, Connection):
            page = await door.ask(replace(wish.message, fields=self.shape.level.fields), Page)
            self.shape.level.check(page.nulls)
            await self.shape.level.fill(page.rows, run)
            return self.shape.shown(page)
        level = self.shape[wish.type if wish.type in self.shape else ""]
        answer = await door.ask(replace(wish.message, fields=level.fields), Rows)
        level.check(answer.nulls)
        if answer.rows[0] is None and not self.nullable:
            raise Unusual
        await level.fill([row for row in answer.rows if row is not None], run)
        return answer.rows[0]


@dataclass(slots=True)
class Plan:
    roots: dict[str, Root | str]
    """By the name in the answer; a text is the answer itself."""

    async def run(self, run: Planned) -> Row:
        waiting = {name: root for name, root in self.roots.items() if isinstance(root, Root)}
        if len(waiting) == 1:
            values = [await root.value(run) for root in waiting.values()]
        else:
            values = list(await asyncio.gather(*(root.value(run) for root in waiting.values())))
        found = dict(zip(waiting, values, strict=True))
        return {name: root if isinstance(root, str) else found[name] for name, root in self.roots.items()}


# Documents are parsed once and kept; their operations are the same objects each time.
_plans: "OrderedDict[tuple[int, tuple[Any, ...]], tuple[Any, Plan | None]]" = OrderedDict()


def _planned(run: Planned) -> Plan | None:
    """The plan of the operation, for these values of the variables that decide what is selected."""
    operation = run.operation
    key = (id(operation), _decided(run))
    known = _plans.get(key)
    if known and known[0] is operation:
        _plans.move_to_end(key)
        return known[1]
    try:
        plan = _Compiler(run).plan()
    except Unusual:
        plan = None
    _plans[key] = operation, plan
    if len(_plans) > MOST_PLANS:
        _plans.popitem(last=False)
    return plan


_deciding: "OrderedDict[int, tuple[Any, tuple[str, ...]]]" = OrderedDict()


def _decided(run: Planned) -> tuple[Any, ...]:
    """The values of the variables that stand in @skip and @include."""
    operation = run.operation
    known = _deciding.get(id(operation))
    if known is None or known[0] is not operation:
        found = _Deciding()
        for node in (operation, *run.fragment_definitions.values()):
            visit(node, found)
        known = _deciding[id(operation)] = operation, tuple(sorted(found.names))
        if len(_deciding) > MOST_PLANS:
            _deciding.popitem(last=False)
    coerced = run.variable_values.coerced
    return tuple(coerced.get(name) for name in known[1])


class _Deciding(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            if not isinstance(argument.value, BooleanValueNode) and hasattr(argument.value, "name"):
                self.names.add(argument.value.name.value)


class _Compiler:
    def __init__(self, run: Planned) -> None:
        self._run = run
        self._schema = run.schema

    def plan(self) -> Plan:
        run = self._run
        root = self._schema.query_type
        assert root  # noqa: S101 - the schema has one
        collected = collect_fields(
            self._schema, run.fragments, run.variable_values, root, run.operation, run.hide_suggestions
        )
        roots: dict[str, Root | str] = {}
        for name, details in collected.grouped_field_set.items():
            node = details[0].node
            if node.name.value == "__typename":
                roots[name] = root.name
                continue
            field = root.fields.get(node.name.value)
            starts = asks(field) if field else None
            if field is None or not isinstance(starts, Starts):
                raise Unusual
            roots[name] = Root(
                starts,
                self._arguments(field, node),
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

    def _level(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Level:
        fields: Fields = {}
        links: list[Link] = []
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
                fields[slot] = asked.by
                links.append(self._link(slot, asked, field, below))
            elif is_leaf_type(named):
                if isinstance(named, GraphQLEnumType) and any(n != v.value for n, v in named.values.items()):
                    raise Unusual
                fields[slot] = column_of(field)
                if is_non_null_type(field.type):
                    never_null.add(slot)
            elif is_object_type(named):
                level = self._level(named, below)
                fields[slot] = Part(column_of(field), level.fields)
                never_null |= {f"{slot}.{name}" for name in level.never_null}
                if is_non_null_type(field.type):
                    never_null.add(slot)
                if level.links:
                    links.append(Inside(slot, level))
            else:
                raise Unusual
        return Level(type_.name, fields, links, frozenset(never_null))

    def _link(self, slot: str, asked: Follows, field: GraphQLField, details: list[FieldDetails]) -> Link:
        type_ = get_named_type(field.type)
        if issubclass(asked.message, ByOwners):
            connection = self._connection(cast(GraphQLObjectType, type_), details)
            return Many(slot, asked.message, self._arguments(field, details[0].node), connection)
        if not is_object_type(type_) or is_list_type(field.type):
            raise Unusual
        return One(slot, asked.message, not is_non_null_type(field.type), self._level(type_, details))

    def _connection(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Connection:
        parts: list[tuple[str, str, list[tuple[str, str]]]] = []
        edges: list[tuple[str, str]] = []
        level: Level | None = None
        for name, below in self._grouped(type_, details).items():
            part = self._source(type_, below)
            inner: list[tuple[str, str]] = []
            if part == "page_info":
                info = cast(GraphQLObjectType, get_named_type(type_.fields["pageInfo"].type))
                inner = [(n, self._source(info, b)) for n, b in self._grouped(info, below).items()]
            elif part == "edges":
                if edges:
                    raise Unusual  # selected twice under two names: two kinds of rows
                edge = cast(GraphQLObjectType, get_named_type(type_.fields["edges"].type))
                for n, b in self._grouped(edge, below).items():
                    edges.append((n, source := self._source(edge, b)))
                    if source == "node":
                        if level:
                            raise Unusual
                        node = cast(GraphQLObjectType, get_named_type(edge.fields["node"].type))
                        level = self._level(node, b)
            parts.append((name, part, inner))
        return Connection(level or Level("", {}, [], frozenset()), edges, parts)

    def _source(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> str:
        name = details[0].node.name.value
        return f"={type_.name}" if name == "__typename" else column_of(type_.fields[name])

    def _grouped(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Grouped:
        grouped: Grouped = self._run.collect_subfields(type_, details).grouped_field_set
        return grouped

    def _arguments(self, field: GraphQLField, node: FieldNode) -> Arguments:
        definition: StrawberryField = field.extensions[DEFINITION]

        def arguments(run: Planned) -> dict[str, Any]:
            given = get_argument_values(field, node, run.variable_values, None, run.hide_suggestions)
            schema = run.schema.extensions["strawberry-definition"]
            return convert_arguments(
                given,
                definition.arguments,
                scalar_registry=schema.schema_converter.scalar_registry,
                config=schema.config,
            )

        return arguments


def _door(run: Planned) -> Door:
    door: Door = run.context_value.door
    return door
