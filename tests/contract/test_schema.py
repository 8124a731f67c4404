"""The schema that is committed is the one that is served, and says in Vietnamese what everything is."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

import gateway
from gateway.schema import schema

COMMITTED = Path(gateway.__file__).with_name("schema.graphql")
ROOTS = ("Query", "Mutation", "Subscription")
SELF_EVIDENT_TYPES = {"Date", "DateTime", "Decimal"}


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    committed = COMMITTED.read_text(encoding="utf-8").splitlines()
    served = schema.as_str().splitlines()
    differences = "\n".join(difflib.unified_diff(committed, served, "committed", "served", lineterm="", n=2))
    assert not differences, f"`make schema` writes this, to be reviewed like code:\n{differences}"


def test_everything_a_client_starts_from_is_described() -> None:
    assert list(undescribed(build_schema(schema.as_str()))) == []


def test_descriptions_are_vietnamese_sentences() -> None:
    built = build_schema(schema.as_str())
    for name, description in described(built):
        assert not description.isascii(), name
        assert description[0] == description[0].upper() or description[0] in "`“", name
        assert description == description.strip(), name


def test_every_mutation_takes_a_key_and_answers_a_refusal_as_a_union_member() -> None:
    built = build_schema(schema.as_str())
    assert built.mutation_type is not None
    for name, field in built.mutation_type.fields.items():
        assert str(field.args["idempotencyKey"].type) == "String!", name
        assert set(field.args) == {"idempotencyKey", "input"}, name
        members = getattr(getattr(field.type, "of_type", None), "types", ())
        assert "Refusal" in {member.name for member in members}, name


def parts(built: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Types, values of enums, and fields and arguments of the roots."""
    for name, type_ in built.type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_) or name in SELF_EVIDENT_TYPES:
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{value}", made.description) for value, made in type_.values.items())
        if name in ROOTS and isinstance(type_, GraphQLObjectType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field.description
                yield from ((f"{name}.{field_name}({a})", made.description) for a, made in field.args.items())


def undescribed(built: GraphQLSchema) -> Iterator[str]:
    return (name for name, description in parts(built) if not description)


def described(built: GraphQLSchema) -> Iterator[tuple[str, str]]:
    yield from ((name, description) for name, description in parts(built) if description)
    for name, type_ in built.type_map.items():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in type_.fields.items():
                if field.description and not is_introspection_type(type_):
                    yield f"{name}.{field_name}", field.description
