"""Types of the schema that show rows of services. Their columns are compared with the row when the type is declared."""

from collections.abc import Callable, Iterator
from types import NoneType
from typing import Any, TypeVar, dataclass_transform, get_args, get_origin

import msgspec
import strawberry
from graphql import GraphQLNamedType
from strawberry.types.base import StrawberryList, StrawberryOptional, has_object_definition

from gateway.fields.columns import ASKS, DEFINITION, Link

T = TypeVar("T", bound=type)


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def shows(row: type[msgspec.Struct], description: str) -> Callable[[T], T]:
    """A type that shows rows: each field without a resolver is a column, and may be null if the column may be."""

    def declare(cls: T) -> T:
        type_: Any = strawberry.type(cls, description=description)
        if found := list(_differences(type_, row)):
            raise TypeError("; ".join(found))
        type_.row = row
        made: T = type_
        return made

    return declare


def row_of(type_: GraphQLNamedType) -> type[msgspec.Struct] | None:
    """The row that a type of the schema shows."""
    definition = type_.extensions.get(DEFINITION)
    return getattr(getattr(definition, "origin", None), "row", None)


def _differences(type_: Any, row: type[msgspec.Struct]) -> Iterator[str]:
    columns = {field.name: field.type for field in msgspec.structs.fields(row)}
    for field in type_.__strawberry_definition__.fields:
        asked = field.metadata.get(ASKS)
        column = asked.by if isinstance(asked, Link) else field.name
        if column not in columns:
            yield f"{type_.__name__}.{field.name}: {row.__name__} has no {column}"
        elif not field.base_resolver:
            yield from _shown_otherwise(f"{type_.__name__}.{field.name}", field.type, columns[column])


def _shown_otherwise(name: str, shown: Any, held: Any) -> Iterator[str]:
    held = held.__origin__ if hasattr(held, "__metadata__") else held
    parts = get_args(held) or (held,)
    if isinstance(shown, StrawberryOptional):
        shown = shown.of_type
    elif NoneType in parts:
        yield f"{name} is never null, its column may be"
    is_list = isinstance(shown, StrawberryList)
    if is_list is not any(get_origin(one) is tuple for one in (held, *parts)):
        yield f"{name} is a list, or its column is, but not both"
    if is_list:
        shown = shown.of_type
    if has_object_definition(shown):
        structs = [one for one in parts if isinstance(one, type) and issubclass(one, msgspec.Struct)]
        if not structs:
            yield f"{name} has fields, its column has none"
        for struct in structs:
            yield from _differences(shown, struct)
