"""The measures of a document are right, and the time to take them depends on its length only."""

from collections.abc import Sequence
from importlib import resources
from typing import Any

import orjson
import pytest
import strawberry
from graphql import OperationType, build_schema, get_introspection_query, parse
from hypothesis import given

from gateway.engine import limits
from gateway.engine.limits import Limits, Price
from gateway.schema import schema
from services.kernel.config import Settings
from tests.gateway.corpus.large import chain, doubling, many
from tests.gateway.fuzz.documents import Style, Written, documents

OURS = schema._schema
SMALL = build_schema("""
type Query {
  items(first: Int, last: Int): Items! page(first: Int! = 5): Items! all: [Item!]! words: [String!]! one: Item
}
type Items { edges: [Edge!]! count: Int! meta: Meta! }
type Meta { note: String! tags: [Tag!]! }
type Tag { name: String! }
type Edge { node: Item! }
type Item { id: ID! parent: Item items(first: Int, last: Int): Items! grid: [[Item!]!]! }
type Mutation { make: Item! }
""")


def price(text: str, operation: str | None = None, /, **variables: Any) -> Price:
    measured = Limits(SMALL).measure(parse(text))
    assert measured.errors == []
    return measured.price(operation, variables)


def codes(text: str) -> Sequence[str]:
    return [str((error.extensions or {})["code"]) for error in Limits(OURS).measure(parse(text)).errors]


def test_leaf_costs_nothing_object_one_and_operation_one() -> None:
    assert price("{ __typename }") == Price(1, 0)
    assert price("{ words }") == Price(1, 0)
    assert price("{ one { id } }") == Price(2, 1)
    assert price("{ one { id parent { id } } }") == Price(3, 2)


def test_mutation_costs_more_than_query() -> None:
    assert price("mutation { make { id } }").cost == 1 + limits.CHANGES


def test_page_counts_as_many_items_as_requested() -> None:
    assert price("{ items(first: 7) { edges { node { id } } } }") == Price(1 + 1 + 7 + 7, 1 + 7 + 7)
    assert price("{ items(last: 7) { edges { node { id } } } }").nodes == 15
    assert price("{ items(first: 2, last: 7) { edges { node { id } } } }").nodes == 15
    assert price("{ items(first: 0) { edges { node { id } } } }").nodes == 1


def test_nested_pages_multiply() -> None:
    inner = "items(first: 4) { edges { node { id } } }"
    assert price(f"{{ items(first: 3) {{ edges {{ node {{ {inner} }} }} }} }}").nodes == 1 + 3 + 3 + 3 * (
        1 + 4 + 4
    )


def test_page_size_applies_to_its_own_lists_only() -> None:
    nodes = price("{ items(first: 3) { meta { tags { name } } } }").nodes
    assert nodes == 2 + limits.SIZE


def test_page_without_size_counts_as_default_or_largest() -> None:
    assert price("{ page { edges { node { id } } } }").nodes == 1 + 5 + 5
    assert price("{ items { edges { node { id } } } }").nodes == 1 + 100 + 100


def test_variable_sets_the_page_size() -> None:
    text = "query($n: Int) { items(first: $n) { edges { node { id } } } }"
    assert price(text, n=3).nodes == 7
    assert price(text, n=50).nodes == 101
    assert price(text).nodes == price(text, n=None).nodes == price(text, n="3").nodes == 201
    with_default = "query($n: Int = 6) { items(first: $n) { edges { node { id } } } }"
    assert price(with_default).nodes == 13
    assert price(with_default, n=2).nodes == 5


def test_oversized_page_counts_as_the_largest() -> None:
    assert price("{ items(first: 2000000000) { edges { node { id } } } }").nodes == 201
    assert price("query($n: Int) { items(first: $n) { edges { node { id } } } }", n=-5).nodes == 1


def test_list_without_pages_has_an_assumed_size() -> None:
    assert price("{ all { id } }") == Price(1 + limits.SIZE, limits.SIZE)
    assert price("{ one { grid { id } } }").nodes == 1 + limits.SIZE**2


def test_fragment_counts_wherever_it_is_spread() -> None:
    written = price("{ one { parent { id } } two: one { parent { id } } }")
    named = price("{ one { ...P } two: one { ...P } } fragment P on Item { parent { id } }")
    inline = price(
        "{ one { ... on Item { parent { id } } } two: one { ... { ...P } } } fragment P on Item { parent { id } }"
    )
    assert written == named == inline


def test_fragment_in_two_pages_takes_the_size_of_each() -> None:
    text = "{ a: items(first: 2) { ...P } b: items(first: 5) { ...P } } fragment P on Items { edges { node { id } } }"
    assert price(text).nodes == (1 + 2 + 2) + (1 + 5 + 5)


def test_named_operation_is_priced() -> None:
    text = "query A { one { id } } query B { all { id } }"
    assert price(text, "A").cost == 2
    assert price(text, "B").cost == 1 + limits.SIZE


def test_field_declares_weight_and_size() -> None:
    @strawberry.type
    class Thing:
        name: str

    @strawberry.type
    class Query:
        heavy: Thing = strawberry.field(metadata={"weight": 7})
        some: list[Thing] = strawberry.field(metadata={"size": 3})

        @strawberry.field
        async def asked(self) -> Thing:
            raise NotImplementedError

    measure = Limits(strawberry.Schema(Query)._schema).measure
    assert measure(parse("{ heavy { name } }")).price(None, {}).cost == 1 + 7
    assert measure(parse("{ some { name } }")).price(None, {}) == Price(1 + 3, 3)
    assert measure(parse("{ asked { name } }")).price(None, {}).cost == 1 + limits.ASKS


def test_usual_queries_stay_far_below_the_budget() -> None:
    page = """{ models(first: 50) { edges { cursor node {
        id title owner { id name } unit { id name } review { id verdict reason }
    } } pageInfo { hasNextPage endCursor } } }"""
    report = """{ report(unit: "u437", period: "2018") { ... on Report { complete figures {
        measure name total breakdowns { by rows { code name value } sum gap } } positions { producer applied }
    } } }"""
    for text in (page, report, get_introspection_query()):
        measured = Limits(OURS).measure(parse(text))
        assert measured.errors == []
        found = measured.price(None, {})
        assert found.cost < 2_000
        assert found.nodes < limits.NODES / 2


def test_every_registered_operation_is_within_the_anonymous_budget() -> None:
    for text in orjson.loads((resources.files("gateway") / "operations.json").read_bytes()).values():
        measured = Limits(OURS).measure(parse(text))
        assert measured.errors == []
        assert measured.price(None, {"first": 50}).cost <= Settings().cost_anonymous, text


OVER: list[tuple[str, str]] = [
    ("too-many-aliases", "{ node(id: 1) {" + many(31, lambda i: f"a{i}: id") + "} }"),
    ("too-many-directives", "{ __typename @a @a @a @a @a }"),
    ("too-many-directives", "{ node(id: 1) {" + "id @skip(if: false) " * 51 + "} }"),
    ("too-many-directives", "query($a: Int @a @a @a @a @a) { __typename }"),
    ("too-many-root-fields", "{" + "__typename " * 21 + "}"),
    ("too-many-root-fields", "{" + "... { ... { __typename } } " * 21 + "}"),
    ("too-many-root-fields", "{" + "...F " * 21 + "} fragment F on Query { __typename }"),
    ("too-many-fields", "{ node(id: 1) {" + "id " * 501 + "} }"),
    ("too-many-operations", many(11, lambda i: f"query Q{i} {{ __typename }}")),
    ("too-many-variables", "query(" + many(51, lambda i: f"$v{i}: Int") + ") { __typename }"),
    ("too-many-arguments", "{ node(" + many(21, lambda i: f"a{i}: 1") + ") { id } }"),
    ("too-many-fragments", "{ ...F0 }" + chain(51, "Query", lambda spread: spread, "__typename")),
    ("document-too-deep", "{" + "a {" * 20 + "b" + "}" * 21),
    ("document-too-deep", "{" + "... {" * 20 + "b" + "}" * 21),
    ("document-too-deep", "{ ...F0 }" + chain(20, "Query", lambda spread: spread, "__typename")),
    ("literal-too-large", '{ node(id: "' + "a" * 10_001 + '") { id } }'),
    ("literal-too-large", "{ node(id: [" + "1 " * 101 + "]) { id } }"),
    ("literal-too-large", "{ node(id: " + "[" * 11 + "]" * 11 + ") { id } }"),
    ("literal-too-large", "{ node(id: {" + many(101, lambda i: f"a{i}: 1") + "}) { id } }"),
    ("literal-too-large", "{ node(id: " + "1" * 101 + ") { id } }"),
    ("literal-too-large", "query($a: ID = " + "1" * 101 + ") { __typename }"),
    ("literal-too-large", "{ __typename @skip(if: " + "1" * 101 + ") }"),
]


@pytest.mark.parametrize(("code", "text"), OVER)
def test_document_over_a_limit_is_refused_with_its_code(code: str, text: str) -> None:
    assert code in codes(text)


UNDER = [
    "{ node(id: 1) {" + many(30, lambda i: f"a{i}: id") + "} }",
    "{ node(id: 1) {" + "id " * 499 + "} }",
    "{ __typename @a @a @a @a }",
    "{" + "__typename " * 20 + "}",
    "{" + "a {" * 19 + "b" + "}" * 20,
    "{ ...F0 }" + chain(18, "Query", lambda spread: spread, "__typename"),
    '{ node(id: "' + "a" * 10_000 + '") { id } }',
    "{ node(id: [" + "1 " * 100 + "]) { id } }",
]


@pytest.mark.parametrize("text", UNDER)
def test_document_at_a_limit_passes(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "{ ...F0 }" + doubling(49, "Query", "__typename"),
        "{ ...F0 }"
        + chain(40, "Query", lambda spread: f"a: one {{ {spread} }} b: one {{ {spread} }}", "__typename"),
        "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }",
        "{ ...A ...Nowhere } fragment A on Query { ...A ...Nowhere }",
        "fragment A on Query { __typename }",
        "type Query { a: Int }",
        "{ }",
    ],
)
def test_fragment_is_measured_once(text: str) -> None:
    """Otherwise fragments that spread the next one twice would take exponential time."""
    Limits(SMALL).measure(parse(text))


def test_introspection_is_found_in_fragments() -> None:
    def introspects(text: str, name: str | None = None) -> bool:
        return Limits(OURS).measure(parse(text)).introspects(name)

    assert introspects("{ __schema { description } }")
    assert introspects('{ a: __type(name: "Query") { name } }')
    assert introspects("{ ... { ...F } } fragment F on Query { __schema { description } }")
    assert not introspects("{ __typename unit(id: 1) { __typename } }")
    both = "query A { __typename } query B { __schema { description } }"
    assert not introspects(both, "A")
    assert introspects(both, "B")


@given(
    documents(
        OURS, Style(size=150, operations=(OperationType.QUERY, OperationType.MUTATION), introspection=True)
    )
)
def test_every_valid_document_has_a_price(made: Written) -> None:
    measured = Limits(OURS).measure(parse(made.query))
    found = measured.price(made.operation, made.variables)
    assert found.cost >= 1
    assert found.nodes >= 0
    assert measured.price(made.operation, made.variables) == found
