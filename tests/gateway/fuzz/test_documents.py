"""Generated documents are valid in any schema, and together they contain every feature of a document."""

from collections import Counter
from random import Random

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, OperationType, build_schema, parse, validate
from graphql.execution.values import get_variable_values

from gateway.schema import schema
from tests.gateway.fuzz.documents import Style, Written, document

SMALL = build_schema("""
interface Node { id: ID! }
interface Named implements Node { id: ID! name(lang: String = "vi"): String }
type A implements Node & Named {
  id: ID! name(lang: String = "vi"): String b: B bs(first: Int!, w: [[In!]]): [[B!]] u: U
}
type B implements Node { id: ID! kind: Kind! a(in: In): A! n: Node list: [Int!]! f: Float }
union U = A | B
enum Kind { X Y Z }
input In { a: Int! = 3 b: [String!] c: In k: Kind = X one: One }
input One @oneOf { x: Int y: String }
type Query { a(id: ID! = "1"): A b: B node(id: ID!): Node u: [U!]! named: [Named] s(in: In!, o: One): String }
type Mutation { m(i: In!): A }
type Subscription { s(i: Int): B }
""")
STYLE = Style(operations=tuple(OperationType), introspection=True)
FEATURES = (
    "fragment F",
    "... on",
    "... {",
    "@skip(if: $",
    "@include(if: true",
    "$",
    "__typename",
    "null",
    '"""',
)


def problems(schema: GraphQLSchema, made: Written) -> list[str]:
    parsed = parse(made.query)
    if errors := validate(schema, parsed):
        return [error.message for error in errors]
    operations = [d for d in parsed.definitions if isinstance(d, OperationDefinitionNode)]
    (named,) = [o for o in operations if o.name and o.name.value == made.operation] or operations
    values = get_variable_values(schema, named.variable_definitions or (), made.variables)
    return [error.message for error in values] if isinstance(values, list) else []


@pytest.mark.parametrize("built", [SMALL, schema._schema], ids=["small", "ours"])
def test_every_written_document_is_valid_with_its_variables(built: GraphQLSchema) -> None:
    seen: Counter[str] = Counter()
    for seed in range(150):
        made = document(built, Random(seed), STYLE)
        assert problems(built, made) == [], made
        seen.update(feature for feature in FEATURES if feature in made.query)
    assert all(seen[feature] > 10 for feature in FEATURES), seen


def test_document_depends_only_on_its_seed() -> None:
    first, again, other = (document(SMALL, Random(seed), STYLE) for seed in (1, 1, 2))
    assert first == again
    assert first != other
