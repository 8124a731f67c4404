"""The cache keeps documents that are used again. Documents that are used once do not replace them."""

from gateway.engine.limits import Limits
from gateway.engine.query_cache import QueryCache, QueryDocument
from gateway.schema import schema

OURS = schema._schema


def read(cache: QueryCache, text: str) -> QueryDocument:
    return cache.add(text, cache.parse(text))


def one(number: int) -> str:
    return f"query Q{number} {{ __typename }}"


def test_document_stays_in_the_cache_while_it_is_used() -> None:
    cache = QueryCache(OURS, kept=1000)
    used = read(cache, one(0))
    assert cache.find(one(0)) is used
    for number in range(1, 500):
        read(cache, one(number))
    assert cache.find(one(0)) is used
    assert cache.find(one(1)) is None


def test_cache_is_bounded_by_characters() -> None:
    cache = QueryCache(OURS, kept=1000)
    for number in range(20):
        text = one(number)
        read(cache, text)
        cache.find(text)
    kept = [number for number in range(20) if cache.find(one(number))]
    assert kept == list(range(20))
    long = "{ __typename }" + " " * 2000
    read(cache, long)
    assert cache.find(long) is None


def test_refused_document_does_not_push_out_valid_ones() -> None:
    cache = QueryCache(OURS, kept=1000)
    good = read(cache, one(0))
    cache.find(one(0))
    bad = read(cache, "{ nope }")
    assert cache.find("{ nope }") is bad
    for number in range(100):
        read(cache, f"{{ nope{number} }}")
        cache.find(f"{{ nope{number} }}")
    assert cache.find("{ nope }") is None
    assert cache.find(one(0)) is good


def test_document_has_the_hash_of_its_text() -> None:
    first, again, other = (QueryDocument(text, Limits(OURS), OURS) for text in (one(1), one(1), one(2)))
    assert first.hash == again.hash != other.hash
    assert len(first.hash) == 16


def test_validation_stops_after_some_errors() -> None:
    made = QueryDocument("{ " + " ".join(f"a{i}" for i in range(20)) + " }", Limits(OURS), OURS)
    assert 10 < len(made.errors) < 20


def test_error_keeps_its_place_without_the_tree() -> None:
    made = QueryDocument("{\n  nope\n}", Limits(OURS), OURS)
    (error,) = made.errors
    assert error.nodes is None
    assert error.formatted["locations"] == [{"line": 2, "column": 3}]


def test_operation_is_found_by_name_or_as_the_only_one() -> None:
    two = QueryDocument("query A { __typename } query B { __typename }", Limits(OURS), OURS)
    assert two.operation("B") is two.operations["B"]
    assert two.operation("") is None
    assert two.operation("C") is None
    only = QueryDocument("query A { __typename }", Limits(OURS), OURS)
    assert only.operation("") is only.operations["A"]
    assert only.operation("C") is None
