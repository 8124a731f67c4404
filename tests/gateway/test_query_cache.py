"""A document that is asked for again is not read again, and what is asked for once pushes out nothing that is used."""

from gateway.engine.limits import Limits
from gateway.engine.query_cache import QueryCache, QueryDocument
from gateway.schema import schema

OURS = schema._schema


def read(cache: QueryCache, text: str) -> QueryDocument:
    return cache.add(text, cache.parse(text))


def one(number: int) -> str:
    return f"query Q{number} {{ __typename }}"


def test_a_document_is_kept_while_it_is_asked_for() -> None:
    cache = QueryCache(OURS, kept=1000)
    used = read(cache, one(0))
    assert cache.find(one(0)) is used
    for number in range(1, 500):
        read(cache, one(number))
    assert cache.find(one(0)) is used
    assert cache.find(one(1)) is None


def test_documents_have_room_by_their_length() -> None:
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


def test_one_that_is_refused_is_kept_but_not_before_those_that_are_not() -> None:
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


def test_a_document_is_known_by_a_hash_of_its_text() -> None:
    first, again, other = (QueryDocument(text, Limits(OURS), OURS) for text in (one(1), one(1), one(2)))
    assert first.hash == again.hash != other.hash
    assert len(first.hash) == 16


def test_what_has_too_many_errors_is_told_some() -> None:
    made = QueryDocument("{ " + " ".join(f"a{i}" for i in range(20)) + " }", Limits(OURS), OURS)
    assert 10 < len(made.errors) < 20


def test_an_error_says_where_though_its_tree_is_gone() -> None:
    made = QueryDocument("{\n  nope\n}", Limits(OURS), OURS)
    (error,) = made.errors
    assert error.nodes is None
    assert error.formatted["locations"] == [{"line": 2, "column": 3}]


def test_an_operation_is_found_by_its_name_or_as_the_only_one() -> None:
    two = QueryDocument("query A { __typename } query B { __typename }", Limits(OURS), OURS)
    assert two.operation("B") is two.operations["B"]
    assert two.operation("") is None
    assert two.operation("C") is None
    only = QueryDocument("query A { __typename }", Limits(OURS), OURS)
    assert only.operation("") is only.operations["A"]
    assert only.operation("C") is None
