"""The inputs of mutations are derived from the commands that services declare."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar

import msgspec
import pytest
import strawberry
from graphql import print_type

from gateway.fields.inputs import input_of
from gateway.fields.scalars import SCALARS
from gateway.schema import schema
from services.kernel.messages import PUBLIC, Amount, Command, Id, Role, described


class Place(msgspec.Struct, frozen=True, kw_only=True):
    vi: ClassVar[str] = "Nơi chốn."

    unit: Annotated[Id | None, described("Đơn vị.")] = None


class OfThing(Command, frozen=True, kw_only=True):
    thing: Annotated[Id, described("Mã.")]
    expected_version: Annotated[int | None, described("Phiên bản.")] = None


class Weigh(OfThing, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = PUBLIC
    vi: ClassVar[str] = "Cân một vật."

    weight: Annotated[Amount, described("Bao nhiêu.")]
    at: Annotated[Place, described("Ở đâu.")]
    parts: Annotated[tuple[Id, ...], described("Các phần.")]
    note: Annotated[str, described("Ghi chú.")] = ""
    on: Annotated[date | None, described("Ngày nào.")] = None


@dataclass
class Seen:
    command: Any = None


def schema_of(seen: Seen) -> strawberry.Schema:
    def weigh(input: Any) -> bool:  # noqa: A002
        seen.command = input
        return True

    weigh.__annotations__["input"] = input_of(Weigh)

    @strawberry.type
    class Query:
        done: bool = True

    @strawberry.type
    class Mutation:
        weigh_thing: bool = strawberry.mutation(resolver=weigh)

    return strawberry.Schema(
        Query, Mutation, config=strawberry.schema.config.StrawberryConfig(scalar_map=SCALARS)
    )


def test_input_has_the_fields_of_the_command() -> None:
    printed = print_type(schema_of(Seen())._schema.type_map["WeighInput"])
    assert (
        printed
        == '''"""Cân một vật."""
input WeighInput {
  """Mã."""
  thing: ID!

  """Bao nhiêu."""
  weight: Decimal!

  """Ở đâu."""
  at: Place!

  """Các phần."""
  parts: [ID!]!

  """Ghi chú."""
  note: String! = ""

  """Ngày nào."""
  on: Date = null

  """Phiên bản."""
  expectedVersion: Int = null
}'''
    )


def test_resolver_gets_the_command_that_the_input_describes() -> None:
    seen = Seen()
    given = '{thing: "t", weight: "1.50", at: {unit: "u1"}, parts: ["a"], on: "2018-03-08"}'
    document = f"mutation {{ weighThing(input: {given}) }}"
    assert schema_of(seen).execute_sync(document).errors is None
    assert seen.command == Weigh(
        thing="t",
        weight="1.50",
        at=Place(unit="u1"),
        parts=("a",),
        on=date(2018, 3, 8),
    )


def test_field_without_description_is_refused() -> None:
    class Bare(Command, frozen=True, kw_only=True):
        roles: ClassVar[frozenset[Role]] = PUBLIC
        vi: ClassVar[str] = "Trống."

        thing: Id

    with pytest.raises(TypeError, match=r"Bare\.thing has no description"):
        input_of(Bare)


def test_command_without_description_is_refused() -> None:
    class Silent(Command, frozen=True, kw_only=True):
        roles: ClassVar[frozenset[Role]] = PUBLIC

    with pytest.raises(AttributeError, match="vi"):
        input_of(Silent)


def test_each_mutation_names_its_input_after_itself() -> None:
    assert schema._schema.mutation_type
    for name, field in schema._schema.mutation_type.fields.items():
        assert str(field.args["input"].type) == f"{name[0].upper()}{name[1:]}Input!"
