"""Suggestions agree with the labels of the labelled pairs, as the README publishes."""

from collections import Counter
from pathlib import Path

import pytest

from services.registration.relations import likeness
from services.registration.relations.domain import compare, grounds
from services.registration.relations.likeness import Corpus
from tests.registration.relations.lookalikes import NONE, corpus_of, measured, pairs

README = Path(likeness.__file__).with_name("README.md")
FLOORS = {"train": (0.93, 0.90), "held": (0.78, 0.84)}
"""Least precision and least recall of each kind."""
PAIRS = pairs()


def test_labelled_set_has_every_label_in_both_parts() -> None:
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


def test_readme_has_the_measured_figures() -> None:
    published = README.read_text(encoding="utf-8")
    for part in FLOORS:
        for one in measured(PAIRS, part):
            row = f"| {one.kind} | {part} | {one.pairs} | {one.precision:.2f} | {one.recall:.2f} |"
            assert row in published, row


def test_unrelated_pairs_are_hardly_ever_suggested() -> None:
    """Each needless suggestion costs a person's time."""
    corpus = corpus_of(PAIRS)
    unneeded = [pair for pair in PAIRS if pair.label == NONE and compare(pair.later, pair.earlier, corpus)]
    nothing = [pair for pair in PAIRS if pair.label == NONE]
    assert len(unneeded) / len(nothing) <= 0.05


def test_order_of_the_two_models_does_not_matter() -> None:
    for pair in PAIRS:
        one = compare(pair.earlier, pair.later, Corpus(lambda _: 3, 100))
        assert one == compare(pair.later, pair.earlier, Corpus(lambda _: 3, 100))
        if one:
            assert (one.model, one.other) == (pair.later.id, pair.earlier.id)
            assert 0 < one.score <= 1000
            because = grounds(pair.later, pair.earlier, Corpus(lambda _: 3, 100))
            assert because
            assert sum(ground.weight for ground in because) == pytest.approx(1000, abs=len(because) + 1)
