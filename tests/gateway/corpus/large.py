"""Requests that would be huge as files, by the code of their refusal. Documents are text, whole bodies are bytes."""

from collections.abc import Callable, Mapping

import orjson

PAGE = "{ models(first: 1) { edges { cursor } } }"
DRAFT = (
    'mutation($input: DraftModelInput!) { draftModel(idempotencyKey: "bomb", input: $input) { __typename } }'
)


def many(count: int, part: Callable[[int], str], between: str = " ") -> str:
    return between.join(map(part, range(count)))


def chain(count: int, on: str, part: Callable[[str], str], last: str) -> str:
    """A chain of fragments: each one spreads the next. The first is `F0`."""
    links = many(count, lambda i: f"fragment F{i} on {on} {{ {part(f'...F{i + 1}')} }}", "\n")
    return f"{links}\nfragment F{count} on {on} {{ {last} }}"


def doubling(count: int, on: str, last: str) -> str:
    return chain(count, on, lambda spread: f"{spread} {spread}", last)


def body(query: str, variables: object) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})


def nested(opening: str, inner: str, closing: str, depth: int) -> str:
    return opening * depth + inner + closing * depth


LARGE: Mapping[str, Mapping[str, str | bytes]] = {
    "too-many-fragments": {
        "fragments that double for 60 levels": "{ ...F0 } " + doubling(60, "Query", "__typename"),
        "fragments that double for 60 levels, unused": "{ __typename } "
        + doubling(60, "Query", "__typename"),
        "a hundred fragments that spread each other": "{ ...F0 } "
        + many(60, lambda i: f"fragment F{i} on Query {{ ...F{(i + 1) % 60} ...F{(i + 7) % 60} }}"),
    },
    "document-too-deep": {
        "fragments that double for 40 levels": "{ ...F0 } " + doubling(40, "Query", "__typename"),
        "parents of parents": '{ unit(id: "vn") ' + nested("{ parent ", "{ id }", " }", 100) + " }",
        "parents that double through fragments": '{ unit(id: "vn") { ...F0 } } '
        + chain(30, "Unit", lambda spread: f"parent {{ {spread} }} parent {{ {spread} }}", "id"),
        "5,000 levels of braces": nested("{a", "", "}", 5_000),
        "5,000 levels of brackets": "{ models(first: "
        + nested("[", "1", "]", 5_000)
        + ") { edges { cursor } } }",
        "inline fragments in each other": nested("{ ... on Query ", "{ __typename }", " }", 150),
        "types of types": "query($v: " + nested("[", "Int", "]", 5_000) + ") { __typename }",
    },
    "document-too-long": {
        "100,000 tokens": "{" + "a " * 100_000 + "}",
        "a comment of 200 kB": "#" + "a" * 200_000 + "\n" + PAGE,
        "10,000 comments": "#\n" * 10_000 + PAGE,
        "blanks, 200 kB": " " * 200_000 + PAGE,
        "commas, 30 kB": "," * 40_000 + PAGE,
        "a literal of 200 kB": '{ node(id: "' + "a" * 200_000 + '") { id } }',
        "a block string of 60,000 lines": '{ node(id: """' + " \n" * 60_000 + '""") { id } }',
        "unicode escapes, 200 kB": '{ node(id: "' + "\\u0041" * 33_000 + '") { id } }',
        "5,000 aliases": "{" + many(5_000, lambda i: f"a{i}: __typename") + "}",
        "5,000 operations": many(3_000, lambda i: f"query Q{i} {{ x }}"),
        "fragments that double for 100 levels": "{ ...F0 } " + doubling(100, "Query", "__typename"),
        "1,000 fragments": "{ ...F0 } " + doubling(1_000, "Query", "__typename"),
        "200 fields with the same arguments": "{" + "models(first: 1) { edges { node { id } } } " * 200 + "}",
    },
    "literal-too-large": {
        "a literal of 30 kB": '{ node(id: "' + "a" * 30_000 + '") { id } }',
        "unicode escapes, 30 kB": '{ node(id: "' + "a" * 10_000 + "\\u0041" * 3_700 + '") { id } }',
        "a block string of 15,000 lines": '{ node(id: """' + "a\n" * 15_000 + '""") { id } }',
        "a list of 900 words": "{ models(first: 1, filter: {field: ["
        + "ECONOMY " * 900
        + "]}) { edges { cursor } } }",
        "lists in lists": "{ models(first: 1, filter: {field: "
        + nested("[", "ECONOMY", "]", 150)
        + "}) { edges { cursor } } }",
        "objects in objects": "{ models(first: 1, filter: "
        + nested("{a: ", "1", "}", 150)
        + ") { edges { cursor } } }",
        "a number of 5,000 digits": "{ models(first: " + "9" * 5_000 + ") { edges { cursor } } }",
        "an exponent of 5,000 digits": "{ models(first: 1e" + "9" * 5_000 + ") { edges { cursor } } }",
        "a default of 5,000 digits": "query($n: Int! = "
        + "9" * 5_000
        + ") { models(first: $n) { edges { cursor } } }",
        "an argument of a directive": '{ __typename @include(if: "' + "x" * 20_000 + '") }',
    },
    "too-many-aliases": {
        "200 aliases of one leaf": "{" + many(200, lambda i: f"a{i}: __typename") + "}",
        "aliases in fragments that double": "{ ...F0 } "
        + chain(
            16, "Query", lambda spread: f"{spread} a: __typename b: __typename c: __typename", "__typename"
        ),
    },
    "too-many-arguments": {
        "one argument 300 times": "{ models(" + "first: 1 " * 300 + ") { edges { cursor } } }",
    },
    "too-many-directives": {
        "130 directives on one field": "{ __typename " + "@include(if: true) " * 130 + "}",
        "directives everywhere": "{" + "__typename @skip(if: false) @include(if: true) " * 60 + "}",
        "an unknown directive 300 times": "{ __typename " + "@boom " * 300 + "}",
    },
    "too-many-fields": {
        "900 unknown fields": '{ node(id: "x") {' + many(900, lambda i: f"modle{i}") + "} }",
        "the same leaf 900 times": '{ node(id: "x") {' + "id " * 900 + "} }",
        "leaves that double for 15 levels": '{ unit(id: "vn") { ...F0 } } '
        + doubling(15, "Unit", "id name code"),
    },
    "too-many-root-fields": {
        "the same page 100 times": "{" + "models(first: 1) { edges { cursor } } " * 80 + "}",
        "root fields by fragments that double": "{ ...F0 } " + doubling(15, "Query", "__typename"),
        "100 mutations": "mutation {"
        + 'submitModel(idempotencyKey: "k", input: {model: "m"}) { __typename } ' * 45
        + "}",
    },
    "too-many-operations": {
        "150 operations": many(150, lambda i: f"query Q{i} {{ __typename }}"),
        "operations that all spread all": many(40, lambda i: f"query Q{i} {{ ...F0 }}")
        + doubling(40, "Query", "__typename"),
    },
    "too-many-variables": {
        "200 variables": "query(" + many(200, lambda i: f"$v{i}: Int") + ") { __typename }",
        "one variable 200 times": "query(" + "$v: Int " * 200 + ") { __typename }",
    },
    "document-too-complex": {
        "the same leaf 450 times": '{ node(id: "x") {' + "id " * 450 + "} }",
        "one response name for 65 fields": '{ unit(id: "vn") {'
        + many(65, lambda i: f"children(first: {i + 1}) {{ edges {{ cursor }} }}")
        + "} }",
        "300 inline fragments side by side": '{ unit(id: "vn") {' + "... { id } " * 240 + "} }",
    },
    "graphql-invalid": {
        "9,000 braces": "{" * 9_000,
        "450 unknown fields": '{ node(id: "x") {' + many(450, lambda i: f"modle{i}") + "} }",
        "a name of 30 kB": "{" + "a" * 30_000 + "}",
        "an unknown type of 30 kB": '{ node(id: "x") { ... on ' + "A" * 30_000 + " { id } } }",
        "an input of 1,500 unknown fields": body(DRAFT, {"input": {f"titel{i}": 1 for i in range(1_500)}}),
        "variables of the wrong kind, 200 kB": body(DRAFT, {"input": ["x" * 200] * 1_000}),
        "a name of a variable, 200 kB": body(DRAFT, {"input": {"a" * 200_000: 1}}),
    },
    "json-too-large": {
        "250,000 brackets": b"[" * 250_000,
        "20,000 keys": orjson.dumps({f"k{i}": 0 for i in range(20_000)}),
        "a list of 80,000 lists": b"[" + b"[]," * 80_000 + b"[]]",
        "a batch of 5,000 queries": b"[" + b'{"query": "{ __typename }"},' * 5_000 + b"{}]",
        "an input of 15,000 unknown fields": body(DRAFT, {"input": {f"titel{i}": 1 for i in range(15_000)}}),
        "90,000 values of unknown variables": body(PAGE, {"ids": [0] * 60_000, "more": [[]] * 30_000}),
        "20,000 objects": body(DRAFT, {"input": {"title": [{"a": {}}] * 20_000}}),
    },
    "json-too-deep": {
        "9,000 brackets": b"[" * 9_000,
        "variables 100 levels deep": b'{"query": "{ __typename }", "variables": {"a": '
        + b"[" * 100
        + b"]" * 100
        + b"}}",
        "9,000 objects in each other": b'{"query":' * 9_000,
    },
    "json-invalid": {
        "a string without end": b'"' + rb"\"" * 130_000,
        "quotes, 250 kB": b'"' * 250_000,
        "a number of 200,000 digits": b'{"query": "{ __typename }", "variables": {"a": 1'
        + b"0" * 200_000
        + b"}}",
        "half a surrogate pair": rb'{"query": "{ __typename }", "variables": {"a": "\ud800"}}',
    },
    "body-too-large": {"300 kB": b'{"query": "' + b" " * 300_000 + b'"}'},
}
