"""A document that is asked for again is not read again, and what is asked for once pushes out nothing that is used."""

from gateway.engine.documents import Document, Documents
from gateway.engine.limits import Limits
from gateway.schema import schema

OURS = schema._schema


def read(shelves: Documents, text: str) -> Document:
    return shelves.keep(text, shelves.made(text))


def one(number: int) -> str:
    return f"query Q{number} {{ __typename }}"


def test_a_document_is_kept_while_it_is_asked_for() -> None:
    shelves = Documents(OURS, kept=1000)
    used = read(shelves, one(0))
    assert shelves.find(one(0)) is used
    for number in range(1, 500):
        read(shelves, one(number))
    assert shelves.find(one(0)) is used
    assert shelves.find(one(1)) is None


def test_documents_have_room_by_their_length() -> None:
    shelves = Documents(OURS, kept=1000)
    for number in range(20):
        text = one(number)
        read(shelves, text)
        shelves.find(text)
    kept = [number for number in range(20) if shelves.find(one(number))]
    assert kept == list(range(20))
    long = "{ __typename }" + " " * 2000
    read(shelves, long)
    assert shelves.find(long) is None


def test_one_that_is_refused_is_kept_but_not_before_those_that_are_not() -> None:
    shelves = Documents(OURS, kept=1000)
    good = read(shelves, one(0))
    shelves.find(one(0))
    bad = read(shelves, "{ nope }")
    assert shelves.find("{ nope }") is bad
    for number in range(100):
        read(shelves, f"{{ nope{number} }}")
        shelves.find(f"{{ nope{number} }}")
    assert shelves.find("{ nope }") is None
    assert shelves.find(one(0)) is good


def test_a_document_is_known_by_a_hash_of_its_text() -> None:
    first, again, other = (Document(text, Limits(OURS), OURS) for text in (one(1), one(1), one(2)))
    assert first.hash == again.hash != other.hash
    assert len(first.hash) == 16


def test_what_has_too_many_errors_is_told_some() -> None:
    made = Document("{ " + " ".join(f"a{i}" for i in range(20)) + " }", Limits(OURS), OURS)
    assert 10 < len(made.errors) < 20


def test_an_error_says_where_though_its_tree_is_gone() -> None:
    made = Document("{\n  nope\n}", Limits(OURS), OURS)
    (error,) = made.errors
    assert error.nodes is None
    assert error.formatted["locations"] == [{"line": 2, "column": 3}]


def test_an_operation_is_found_by_its_name_or_as_the_only_one() -> None:
    two = Document("query A { __typename } query B { __typename }", Limits(OURS), OURS)
    assert two.operation("B") is two.operations["B"]
    assert two.operation("") is None
    assert two.operation("C") is None
    only = Document("query A { __typename }", Limits(OURS), OURS)
    assert only.operation("") is only.operations["A"]
    assert only.operation("C") is None
