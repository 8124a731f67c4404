"""Decides which columns of a row a selection needs, for the planner and for the reference executor."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_object_type,
)

from services.kernel.rows import ByKeys, ByOwners, Fields, Part

ASKS = "asks"
"""The key of a field's declaration in its metadata."""
DEFINITION = "strawberry-definition"
TOTAL = "totalCount"
"""The field of a connection that is the number of all rows of its list."""

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Link:
    """A field that shows other rows, or pages of them. `message` finds them by the keys in the column `by`."""

    message: type[ByKeys] | type[ByOwners]
    by: str


def declaration(field: Any) -> Any:
    """The `Link`, `RootField`, `SubscriptionField` or command that a field of the schema was declared with, if any."""
    definition = field.extensions.get(DEFINITION)
    return definition.metadata.get(ASKS) if definition else None


def column_of(field: Any) -> str:
    """The column that a field shows. For a `Link`, the column with the keys of its rows."""
    link = declaration(field)
    name: str = link.by if isinstance(link, Link) else field.extensions[DEFINITION].python_name
    return name


def is_connection(type_: GraphQLNamedType) -> bool:
    return is_object_type(type_) and type_.name.endswith("Connection")


def columns(
    type_: Any,
    selected: Iterable[tuple[str, str, S]],
    link: Callable[[Link, GraphQLField, S], str],
    part: Callable[[GraphQLObjectType, str, S], Fields],
) -> Fields:
    """The columns to request of a row of `type_`, each under the name that its value gets.

    `selected`: name of the value, name of the field, and the selection below it. `link` returns the source of a link,
    `part` the columns of an object that is a part of the row.
    """
    found: Fields = {}
    for name, field_name, below in selected:
        if field_name == "__typename":
            found[name] = f"={type_.name}"
            continue
        field = type_.fields[field_name]
        declared, named = declaration(field), get_named_type(field.type)
        if isinstance(declared, Link):
            found[name] = link(declared, field, below)
        elif is_leaf_type(named):
            found[name] = column_of(field)
        else:
            found[name] = Part(column_of(field), part(named, name, below))
    return found


def needed(info: "GraphQLResolveInfo[Any]", type_: str = "") -> Fields:
    """All columns that the selection below a field may need, each under its own name.

    `type_`: the type of the row, if the field's own type leaves it open.
    """
    selection = _Selection(info.schema, info.fragments)
    returned = info.schema.type_map[type_] if type_ else get_named_type(info.return_type)
    found = selection.columns(returned, _below(info.field_nodes))
    return {"__typename": f"={type_}", **found} if type_ else found


def counts(info: "GraphQLResolveInfo[Any]") -> bool:
    """Whether the selection below a connection may need the number of all its rows."""
    type_ = get_named_type(info.return_type)
    if not is_connection(type_):
        return False
    return TOTAL in _Selection(info.schema, info.fragments).fields(type_, _below(info.field_nodes))


class _Selection:
    """Selection sets as they stand in a document. They include fields that its directives leave out."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments

    def columns(self, type_: Any, sets: Iterable[SelectionSetNode]) -> Fields:
        fields = self.fields(type_, sets)
        if is_connection(type_):
            for name in ("edges", "node"):
                type_ = get_named_type(type_.fields[name].type)
                fields = self.fields(type_, _below(fields.get(name, ())))
        return columns(
            type_,
            [(column_of(type_.fields[name]), name, _below(nodes)) for name, nodes in fields.items()],
            lambda link, _, __: link.by,
            lambda named, _, below: self.columns(named, below),
        )

    def fields(self, type_: Any, sets: Iterable[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """All selections of each field, fragments included."""
        found: dict[str, list[FieldNode]] = {}
        waiting, spread = list(sets), set[str]()
        while waiting:
            for selection in waiting.pop().selections:
                if isinstance(selection, FieldNode):
                    if selection.name.value in type_.fields:
                        found.setdefault(selection.name.value, []).append(selection)
                    continue
                fragment: Any = selection
                if isinstance(selection, FragmentSpreadNode):
                    if selection.name.value in spread:
                        continue
                    spread.add(selection.name.value)
                    fragment = self._fragments[selection.name.value]
                condition = fragment.type_condition
                on: Any = self._schema.type_map[condition.name.value] if condition else type_
                if on is type_ or (not is_object_type(on) and self._schema.is_sub_type(on, type_)):
                    waiting.append(fragment.selection_set)
        return found


def _below(nodes: Iterable[FieldNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set]
