"""Makes the query plan for an operation, once for each document and each set of values of its @skip and @include."""

from collections.abc import Mapping
from typing import Any, cast

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields
from graphql.execution.executor import Executor

from gateway.engine.plan import (
    FIRST,
    MOST_LINKS,
    Fetch,
    FieldArguments,
    NotPlanned,
    PageFetch,
    PageSelection,
    QueryPlan,
    RootFetch,
    RowFetch,
    Selection,
)
from gateway.fields.columns import Link, column_of, columns, declaration, is_connection
from gateway.fields.declare import RootField
from services.kernel.rows import ByOwners, Fields

Details = list[FieldDetails]


def plan_of(executor: Executor[Any]) -> QueryPlan:
    """The plan for the executor's operation. Raises `NotPlanned` if a plan cannot cover it."""
    return _Planner(executor).plan()


class _Planner:
    def __init__(self, executor: Executor[Any]) -> None:
        self._executor = executor
        self._schema = executor.schema

    def plan(self) -> QueryPlan:
        executor, root = self._executor, self._schema.query_type
        assert root  # noqa: S101 - the schema has one
        collected = collect_fields(
            self._schema,
            executor.fragments,
            executor.variable_values,
            root,
            executor.operation,
            executor.hide_suggestions,
        )
        roots: dict[bytes, RootFetch | bytes] = {}
        for name, details in collected.grouped_field_set.items():
            node = details[0].node
            if node.name.value == "__typename":
                roots[_name(name)] = orjson.dumps(root.name)
                continue
            field = root.fields.get(node.name.value)
            declared = declaration(field) if field else None
            if field is None or not isinstance(declared, RootField):
                raise NotPlanned
            arguments = FieldArguments(field, node, self._schema)
            nullable = not is_non_null_type(field.type)
            roots[_name(name)] = RootFetch(declared, arguments, self._shape(field, details), nullable)
        return QueryPlan(roots)

    def _shape(self, field: GraphQLField, details: Details) -> PageSelection | dict[str, Selection]:
        """The selection of a page; or the selections of one row by the name of its type, "" if only one is possible."""
        type_ = get_named_type(field.type)
        if is_connection(type_):
            return self._pages(cast(GraphQLObjectType, type_), details)
        if is_abstract_type(type_):
            possible = self._schema.get_possible_types(type_)
            return {one.name: self._rows(one, details) for one in possible}
        return {"": self._rows(cast(GraphQLObjectType, type_), details)}

    def _rows(
        self, type_: GraphQLObjectType, details: Details, fetches: list[Fetch] | None = None
    ) -> Selection:
        """`fetches`: for an object inside a row, the list of the row, to which the object's fetches are added."""
        fetches = [] if fetches is None else fetches
        never_null: set[str] = set()
        selected = self._grouped(type_, details)
        for name, below in selected.items():
            field = type_.fields.get(below[0].node.name.value)
            if field and is_non_null_type(field.type):
                never_null.add(name)
            if field and _renames_values(get_named_type(field.type)):
                raise NotPlanned

        def link(declared: Link, field: GraphQLField, below: Details) -> str:
            letter = chr(FIRST + len(fetches))
            fetches.append(self._fetch(declared, field, below))
            return f">{letter}{declared.by}"

        def part(named: GraphQLObjectType, name: str, below: Details) -> Fields:
            if not is_object_type(named):
                raise NotPlanned
            inner = self._rows(named, below, fetches)
            never_null.update(f"{name}.{column}" for column in inner.never_null)
            return inner.fields

        selections = [(name, below[0].node.name.value, below) for name, below in selected.items()]
        fields = columns(type_, selections, link, part)
        if len(fetches) > MOST_LINKS:
            raise NotPlanned
        return Selection(fields, fetches, frozenset(never_null))

    def _fetch(self, declared: Link, field: GraphQLField, details: Details) -> Fetch:
        type_ = get_named_type(field.type)
        if issubclass(declared.message, ByOwners):
            pages = self._pages(cast(GraphQLObjectType, type_), details)
            return PageFetch(declared.message, FieldArguments(field, details[0].node, self._schema), pages)
        if not is_object_type(type_) or is_list_type(field.type):
            raise NotPlanned
        return RowFetch(declared.message, not is_non_null_type(field.type), self._rows(type_, details))

    def _pages(self, type_: GraphQLObjectType, details: Details) -> PageSelection:
        fields: list[tuple[bytes, str, list[tuple[str, str]]]] = []
        edges: list[tuple[bytes, str]] = []
        rows: Selection | None = None
        for name, below in self._grouped(type_, details).items():
            source = self._source(type_, below)
            inner: list[tuple[str, str]] = []
            if source == "page_info":
                info = cast(GraphQLObjectType, get_named_type(type_.fields["pageInfo"].type))
                inner = [(n, self._source(info, b)) for n, b in self._grouped(info, below).items()]
            elif source == "edges":
                if any(known == "edges" for _, known, _ in fields):
                    raise NotPlanned  # edges are selected under two names, so there are two kinds of rows
                edge = cast(GraphQLObjectType, get_named_type(type_.fields["edges"].type))
                for n, b in self._grouped(edge, below).items():
                    edges.append((_name(n), of_edge := self._source(edge, b)))
                    if of_edge == "node":
                        if rows:
                            raise NotPlanned
                        rows = self._rows(
                            cast(GraphQLObjectType, get_named_type(edge.fields["node"].type)), b
                        )
            fields.append((_name(name), source, inner))
        return PageSelection(rows or Selection({}, [], frozenset()), edges, fields)

    def _source(self, type_: GraphQLObjectType, details: Details) -> str:
        """The column of the selected field; for `__typename`, `=` and the name of the type."""
        name = details[0].node.name.value
        return f"={type_.name}" if name == "__typename" else column_of(type_.fields[name])

    def _grouped(self, type_: GraphQLObjectType, details: Details) -> Mapping[str, Details]:
        grouped: Mapping[str, Details] = self._executor.collect_subfields(type_, details).grouped_field_set
        return grouped


def _renames_values(type_: Any) -> bool:
    """Whether a value of the enum has one name in rows and another in answers: a plan does not translate values."""
    return isinstance(type_, GraphQLEnumType) and any(name != v.value for name, v in type_.values.items())


def _name(name: str) -> bytes:
    """The name as JSON writes it, with the colon. Names in GraphQL need no escapes."""
    return b'"%s":' % name.encode()
