"""What is suggested agrees with what people say of the labelled pairs, as the README publishes it."""

from collections import Counter
from pathlib import Path

import pytest

from services.registration.relations import likeness
from services.registration.relations.domain import compare
from services.registration.relations.likeness import Corpus
from tests.registration.relations.lookalikes import NONE, corpus_of, measured, pairs

README = Path(likeness.__file__).with_name("README.md")
FLOORS = {"train": (0.93, 0.90), "held": (0.78, 0.84)}
"""Precision and recall that no kind may fall below."""
PAIRS = pairs()


def test_the_labelled_set_is_large_and_divided() -> None:
    assert len(PAIRS) >= 200
    labels = Counter((pair.part, pair.label) for pair in PAIRS)
    assert set(labels) == {
        (part, label) for part in FLOORS for label in ("DUPLICATE", "CONTINUATION", "REPLICATION", NONE)
    }
    assert min(labels.values()) >= 12
    assert len({(pair.earlier.title, pair.later.title) for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("part", FLOORS)
def test_precision_and_recall_of_each_kind_stay_above_their_floors(part: str) -> None:
    precision, recall = FLOORS[part]
    found = list(measured(PAIRS, part))
    assert [one for one in found if one.precision < precision or one.recall < recall] == []


def test_the_readme_publishes_what_is_measured() -> None:
    published = README.read_text(encoding="utf-8")
    for part in FLOORS:
        for one in measured(PAIRS, part):
            row = f"| {one.kind} | {part} | {one.pairs} | {one.precision:.2f} | {one.recall:.2f} |"
            assert row in published, row


def test_of_what_is_no_relation_nearly_nothing_is_suggested() -> None:
    """A suggestion that nobody needed costs a person's time: most cases must make none at all."""
    corpus = corpus_of(PAIRS)
    unneeded = [pair for pair in PAIRS if pair.label == NONE and compare(pair.later, pair.earlier, corpus)]
    nothing = [pair for pair in PAIRS if pair.label == NONE]
    assert len(unneeded) / len(nothing) <= 0.05


def test_the_same_two_models_are_judged_alike_in_whatever_order() -> None:
    for pair in PAIRS:
        one = compare(pair.earlier, pair.later, Corpus(lambda _: 3, 100))
        assert one == compare(pair.later, pair.earlier, Corpus(lambda _: 3, 100))
        if one:
            assert (one.model, one.other) == (pair.later.id, pair.earlier.id)
            assert 0 < one.score <= 1000
            assert one.grounds
            assert sum(ground.weight for ground in one.grounds) == pytest.approx(
                1000, abs=len(one.grounds) + 1
            )
