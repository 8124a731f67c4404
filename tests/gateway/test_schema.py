"""The committed schema is the schema that is served, and describes all its parts in Vietnamese."""

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest
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

from gateway import changes
from gateway.changes import COMMITTED, breaks
from gateway.schema import schema


def test_committed_schema_is_the_served_schema() -> None:
    committed = COMMITTED.read_text(encoding="utf-8").splitlines()
    served = schema.as_str().splitlines()
    differences = "\n".join(difflib.unified_diff(committed, served, "committed", "served", lineterm="", n=2))
    broken = breaks(build_schema("\n".join(committed)), build_schema("\n".join(served)))
    told = f"It breaks clients: {'; '.join(broken)}\n" if broken else ""
    assert not differences, f"`make schema` writes this, to be reviewed like code:\n{told}{differences}"


def test_breaking_change_needs_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "COMMITTED", tmp_path / "schema.graphql")
    monkeypatch.setattr(changes, "BREAKS", tmp_path / "BREAKING.md")
    old, more, new = (
        f"type Query {{ {fields} }}"
        for fields in ("a: Int b(c: Int): Int!", "a: Int b(c: Int): Int! d: Int", "b(c: Int!): Int d: Int")
    )
    assert changes.write(old) == []
    assert changes.write(more) == []
    broken = changes.write(new)
    assert broken[0] == "Field Query.a was removed."
    assert len(broken) == 3
    assert changes.COMMITTED.read_text() == more + "\n"
    assert not changes.BREAKS.exists()
    assert changes.write(new, "Nobody used it.") == []
    assert changes.COMMITTED.read_text() == new + "\n"
    assert "## Nobody used it.\n\n- Field Query.a was removed.\n" in changes.BREAKS.read_text()


def test_everything_is_described() -> None:
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
    """Types, values of enums, fields, and their arguments."""
    for name, type_ in built.type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{value}", made.description) for value, made in type_.values.items())
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field.description
                arguments = getattr(field, "args", {})
                yield from ((f"{name}.{field_name}({a})", made.description) for a, made in arguments.items())


def undescribed(built: GraphQLSchema) -> Iterator[str]:
    return (name for name, description in parts(built) if not description)


def described(built: GraphQLSchema) -> Iterator[tuple[str, str]]:
    yield from ((name, description) for name, description in parts(built) if description)
