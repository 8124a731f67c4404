"""A type of the schema declares only columns that its rows have, and null wherever a column may be null."""

from typing import Annotated, Any

import msgspec
import pytest
import strawberry
from graphql import get_named_type

from gateway.fields.columns import Link, declaration, is_connection
from gateway.fields.declare import one
from gateway.fields.rows import row_of, shows
from gateway.schema import NODES, schema
from services.kernel.messages import Role
from services.kernel.rows import ByKeys, only


class PieceRow(msgspec.Struct):
    size: int


class ThingRow(msgspec.Struct):
    name: str
    secret: Annotated[str | None, only(Role.LEADER)]
    years: tuple[int, ...]
    piece: PieceRow
    pieces: tuple[PieceRow, ...]


@strawberry.type
class Piece:
    size: int


@strawberry.type
class Weighed:
    weight: int


def declare(**annotations: Any) -> Any:
    return shows(ThingRow, "Một vật.")(type("Thing", (), {"__annotations__": annotations}))


def test_type_may_show_any_of_the_columns() -> None:
    declare(name=str, secret=str | None, years=list[int], piece=Piece, pieces=list[Piece])
    declare(name=str | None)


@pytest.mark.parametrize(
    ("annotations", "why"),
    [
        ({"title": str}, r"Thing\.title: ThingRow has no title"),
        ({"secret": str}, r"Thing\.secret is never null, its column may be"),
        ({"years": int}, r"Thing\.years is a list, or its column is, but not both"),
        ({"name": list[str]}, r"Thing\.name is a list, or its column is, but not both"),
        ({"name": Piece}, r"Thing\.name has fields, its column has none"),
        ({"piece": Weighed}, r"Weighed\.weight: PieceRow has no weight"),
        ({"pieces": list[Weighed]}, r"Weighed\.weight: PieceRow has no weight"),
    ],
)
def test_field_that_its_column_cannot_fill_is_refused(annotations: dict[str, Any], why: str) -> None:
    with pytest.raises(TypeError, match=why):
        declare(**annotations)


def test_relation_by_a_column_that_the_row_lacks_is_refused() -> None:
    class Thing:
        piece: Piece | None = one(ByKeys, "part", "Một phần.")

    with pytest.raises(TypeError, match=r"Thing\.piece: ThingRow has no part"):
        shows(ThingRow, "Một vật.")(Thing)


def test_every_type_behind_a_relation_is_compared_with_its_row() -> None:
    reached = {
        get_named_type(field.type)
        for type_ in schema._schema.type_map.values()
        for field in getattr(type_, "fields", {}).values()
        if isinstance(declaration(field) if hasattr(field, "extensions") else None, Link)
        and not is_connection(get_named_type(field.type))
    }
    reached |= {schema._schema.type_map[type_.__name__] for _, type_ in NODES.values()}
    assert len(reached) > 10
    for type_ in reached:
        assert row_of(type_), type_.name
