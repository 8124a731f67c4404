"""Input types of the schema, derived from the structs that services declare: commands and filters.

A struct's `vi` describes the input, and the annotation of each field describes the field. Resolvers get the struct.

Strawberry resolves annotations at run time.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
import strawberry
from msgspec.structs import FieldInfo
from strawberry import ID
from strawberry.types.arguments import InputContext

from services.kernel.messages import Command

SCALARS = {"ID": ID, "Decimal": Decimal}
"""Types of text fields, by the scalar that their annotation names."""


@cache
def input_of(struct: Any) -> Any:
    """The input type with the fields of `struct`: `DraftModelInput` of the command `DraftModel`."""
    body: dict[str, Any] = {"__annotations__": {}}
    for field in _in_order(struct):
        body["__annotations__"][field.name] = shown_as(field.type)
        default = {} if field.required else {"default": field.default}
        body[field.name] = strawberry.field(description=_description(struct, field), **default)
    name = f"{struct.__name__}Input" if issubclass(struct, Command) else struct.__name__
    made: Any = strawberry.input(type(name, (), body), description=struct.vi)
    made.__strawberry_definition__.from_input = _builder(struct)
    return made


def shown_as(type_: Any) -> Any:
    """The annotation that Strawberry reads for a value of `type_`."""
    origin, inner = get_origin(type_), get_args(type_)
    if origin is Annotated:
        scalar = next((SCALARS[one.extra["scalar"]] for one in inner if _names_scalar(one)), None)
        notes = [one for one in inner[1:] if not isinstance(one, msgspec.Meta)]
        shown = scalar or shown_as(inner[0])
        return Annotated[(shown, *notes)] if notes else shown
    if origin in (Union, UnionType):
        return reduce(or_, map(shown_as, inner))
    if origin is tuple:
        return list[shown_as(inner[0])]  # type: ignore[misc]
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return input_of(type_)
    return type_


def _in_order(struct: type[msgspec.Struct]) -> list[FieldInfo]:
    """Required fields first. Fields of a base come before other required fields, and behind other optional fields."""
    inherited = {
        field.name
        for base in struct.__bases__
        if issubclass(base, msgspec.Struct)
        for field in msgspec.structs.fields(base)
    }
    return sorted(
        msgspec.structs.fields(struct),
        key=lambda field: (not field.required, field.required is not (field.name in inherited)),
    )


def _description(struct: type, field: FieldInfo) -> str:
    for one in getattr(field.type, "__metadata__", ()):
        if isinstance(one, msgspec.Meta) and one.description:
            return one.description
    raise TypeError(f"{struct.__name__}.{field.name} has no description")


def _names_scalar(note: Any) -> bool:
    return isinstance(note, msgspec.Meta) and "scalar" in (note.extra or {})


def _builder(struct: type[msgspec.Struct]) -> Callable[[type, Mapping[str, Any], InputContext], Any]:
    def build(input_: type, given: Mapping[str, Any], context: InputContext) -> msgspec.Struct:
        definition = input_.__strawberry_definition__  # type: ignore[attr-defined]
        values = {}
        for field in definition.fields:
            name = context.config.name_converter.from_field(field)
            if name in given:
                type_ = field.resolve_type(type_definition=definition)
                values[field.python_name] = _plain(context.convert(given[name], type_, name))
        return struct(**values)

    return build


def _plain(value: Any) -> Any:
    """The value in the form that structs hold: amounts are text, lists are tuples."""
    if isinstance(value, Decimal):
        return str(value)
    return tuple(value) if isinstance(value, list) else value
