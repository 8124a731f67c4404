"""Strategies for requests to the gateway: bytes that are nearly HTTP, and GraphQL that is nearly valid."""

import re
from collections.abc import Sequence
from random import Random
from typing import Any

import orjson
from graphql import GraphQLSchema, OperationType
from hypothesis import strategies as st

from tests.gateway.fuzz.documents import SEEDS, Style, Written, document
from tests.gateway.fuzz.wire import Sent

STYLE = Style(
    size=50,
    operations=(OperationType.QUERY, OperationType.QUERY, OperationType.MUTATION, OperationType.SUBSCRIPTION),
    introspection=True,
    arguments={
        "first": lambda r: r.choice((1, 2, 5, 10, 50, 0, -1, 101, None)),
        "last": lambda r: r.choice((None, None, None, 1, 5)),
        "period": lambda r: r.choice(("2018", "2018-H1", "2019", "x")),
    },
    scalars={
        "ID": lambda r: r.choice(
            (
                "u436",
                "u18073",
                "vn",
                "model_" + "0" * 24,
                "model_1",
                "review_x",
                "",
                "u437",
                "\x00",
                "organisation_" * 99,
            )
        ),
        "Decimal": lambda r: r.choice(("1", "0.5", "1155.3", "-1", "1e9", "NaN", "1e999999999")),
    },
)
WORDS = (
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "$",
        "...",
        "@",
        "=",
        "|",
        "&",
        ",",
        "#",
        '"',
        '"""',
        "\\",
        "\ufeff",
    ),
    *(
        "on",
        "fragment",
        "query",
        "mutation",
        "subscription",
        "null",
        "true",
        "__typename",
        "__schema",
        "__type",
    ),
    *(
        "first",
        "models",
        "node",
        "unit",
        "x",
        "$x",
        "1",
        "-0",
        "1.5e3",
        "9" * 40,
        '"\\u0000"',
        "\ud7ff",
        "\U0001f33e",
    ),
    *(
        "type Query { a: Int }",
        "@skip(if: true)",
        "@include",
        "... on Model { id }",
        "a: b",
        "é",
        "\x00",
        "\x7f",
    ),
)
_TOKEN = re.compile(r'"""|"(?:[^"\\\n]|\\.)*"|[\w$]+|\.\.\.|\S')
_HEADERS = (
    *("accept", "accept-encoding", "accept-language", "authorization", "baggage", "cookie", "if-none-match"),
    *("graphql-preflight", "origin", "range", "traceparent", "user-agent", "x-forwarded-for", "x-request-id"),
)


def requests(schema: GraphQLSchema, tokens: Sequence[str]) -> st.SearchStrategy[Sent]:
    """Half of the requests have faults in GraphQL, the other half in bytes."""
    documents, bytes_ = graphql(schema, tokens), http(tokens) | mangled(tokens)
    return st.booleans().flatmap(lambda both: documents if both else bytes_)


# GraphQL


def graphql(schema: GraphQLSchema, tokens: Sequence[str]) -> st.SearchStrategy[Sent]:
    return st.builds(lambda seed: _graphql(schema, Random(seed), tokens), SEEDS)


def _graphql(schema: GraphQLSchema, random: Random, tokens: Sequence[str]) -> Sent:
    made = document(schema, random, STYLE)
    match random.randrange(6):
        case 0 | 1:
            made = _misspelt(made, random)
        case 2:
            made = _wrong_variables(made, random)
        case 3:
            made = Written(
                made.query, made.variables, random.choice(("", "Nobody", "x" * 300, "Operation1", None))
            )
        case _:
            pass
    body: dict[str, Any] = {"query": made.query, "variables": made.variables, "operationName": made.operation}
    if random.random() < 0.1:
        body["extensions"] = _json(random, 0)
    return Sent(orjson.dumps(body), headers=_headers(random.choice(tokens) if random.random() < 0.9 else ""))


def _misspelt(made: Written, random: Random) -> Written:
    parts = _TOKEN.findall(made.query)
    for _ in range(random.choice((1, 1, 2, 5))):
        place = random.randrange(len(parts))
        match random.randrange(5):
            case 0:
                del parts[place]
            case 1:
                parts.insert(place, parts[random.randrange(len(parts))])
            case 2:
                parts[place] = random.choice(WORDS)
            case 3:
                parts.insert(place, random.choice(WORDS) * random.choice((1, 1, 1, 30, 300)))
            case _:
                parts = parts[: place + 1]
        if not parts:
            parts = ["{"]
    return Written(" ".join(parts), made.variables, made.operation)


def _wrong_variables(made: Written, random: Random) -> Written:
    names = [*made.variables, "x", "input", "first"]
    return Written(
        made.query,
        made.variables | {random.choice(names): _json(random, 0) for _ in range(2)},
        made.operation,
    )


def _json(random: Random, depth: int) -> Any:
    match random.randrange(10 if depth < 4 else 7):
        case 0:
            return None
        case 1:
            return random.choice((True, False))
        case 2:
            return random.choice((0, -1, 1.5, 2**31, 2**53, 1e308))
        case 3 | 4:
            return random.choice(
                ("", "x", "1", "NaN", "Ngõ", "\x00", "\u202e", "a" * 5000, "2019-02-30", "ECONOMY")
            )
        case 5 | 6:
            return random.choice(([], {}, [[]], "u436", 5))
        case 7:
            return [_json(random, depth + 1) for _ in range(random.randrange(4))]
        case _:
            names = ("title", "unit", "on", "x", "", "__proto__", "é", "$", "amount")
            return {random.choice(names): _json(random, depth + 1) for _ in range(random.randrange(5))}


# HTTP


def http(tokens: Sequence[str]) -> st.SearchStrategy[Sent]:
    """Valid HTTP with arbitrary bodies, headers and addresses."""
    return st.one_of(
        st.builds(Sent, body=_BODIES, headers=_some_headers(tokens)),
        st.builds(
            Sent,
            method=st.sampled_from(("GET", "GET", "POST", "PUT", "HEAD", "DELETE")),
            query=_QUERIES,
            headers=_some_headers(tokens),
        ),
    )


def mangled(tokens: Sequence[str]) -> st.SearchStrategy[Sent]:
    """Valid requests with wrong bytes in some places, and random bytes."""

    def broken(body: bytes, headers: dict[str, bytes], edits: list[tuple[int, int, bytes]]) -> Sent:
        raw = Sent(body, headers=headers).raw("/graphql", "127.0.0.1")
        for place, many, bytes_ in edits:
            at = place % (len(raw) + 1)
            raw = raw[:at] + bytes_ + raw[at + many :]
        return Sent(mangled=raw or b"\r\n")

    edits = st.tuples(st.integers(0, 5000), st.integers(0, 8), st.binary(max_size=6))
    return st.one_of(
        st.builds(broken, _BODIES, _some_headers(tokens), st.lists(edits, min_size=1, max_size=4)),
        st.binary(min_size=1, max_size=300).map(lambda raw: Sent(mangled=raw)),
    )


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
_OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "query": st.sampled_from(("{ __typename }", "{", "", "query A { __typename }")) | _VALUES,
        "variables": _VALUES,
        "operationName": st.sampled_from(("A", "B")) | _VALUES,
        "extensions": _VALUES,
    },
)
_VALID = orjson.dumps(
    {"query": "query A($n: Int) { __typename models(first: $n) { edges { cursor } } }", "variables": {"n": 1}}
)
_BODIES = st.one_of(
    st.binary(max_size=400),
    _VALUES.map(orjson.dumps),
    _OBJECTS.map(orjson.dumps),
    st.tuples(st.integers(0, len(_VALID)), st.integers(0, 9), st.binary(max_size=5)).map(
        lambda edit: _VALID[: edit[0]] + edit[2] + _VALID[edit[0] + edit[1] :]
    ),
)
# Characters that the HTTP parser of the server accepts in an address.
_QUERIES = st.text(st.sampled_from("abcquery=&%{}[]()_:;,.$!*'0123456789ABCDEF~-+/?@"), max_size=200).map(
    str.encode
) | st.sampled_from(
    (
        b"query=%7B__typename%7D",
        b"query=%7B__typename%7D&variables=%7B%7D",
        b"query=%7B__typename%7D&variables=%5B1%5D",
        b"query=%ff%fe",
        b"query=" + b"a" * 17_000,
        b"query=%7B__typename%7D&query=x",
    )
)


def _some_headers(tokens: Sequence[str]) -> st.SearchStrategy[dict[str, bytes]]:
    values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(
        lambda t: t.strip().encode()
    )
    kinds = st.sampled_from(
        (
            b"application/json",
            b"application/json; charset=utf-8",
            b"APPLICATION/JSON;x=y",
            b"text/plain",
            b"",
            b"x",
        )
    )
    known = st.sampled_from(tokens).map(_headers)
    other = st.dictionaries(st.sampled_from(_HEADERS), values, max_size=3)
    return st.builds(lambda kind, most, more: {**most, **more, "content-type": kind}, kinds, known, other)


def _headers(token: str) -> dict[str, bytes]:
    made = {"content-type": b"application/json"}
    return made | {"authorization": f"Bearer {token}".encode()} if token else made
