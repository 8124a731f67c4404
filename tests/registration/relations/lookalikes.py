"""Labelled pairs of models, and precision and recall of the suggestions for them.

`lookalikes.csv` is written by hand: titles as in the movement's reports, but of no real organisation. Thresholds and
word lists were chosen on the part `train`; `held` is only measured. Frequencies of words come from the titles of
`train`.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from services.kernel.search.tokenizer import terms_of
from services.registration.relations.domain import Side, compare
from services.registration.relations.likeness import Corpus
from services.registration.relations.messages import RelationKind

FILE = Path(__file__).with_name("lookalikes.csv")
NONE = "NONE"


@dataclass(frozen=True)
class Pair:
    part: str
    label: str
    case: str
    earlier: Side
    later: Side


def pairs() -> list[Pair]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return [
            Pair(
                row["part"],
                row["label"],
                row["case"],
                _side(row, "", "model_1"),
                _side(row, "other_", "model_2"),
            )
            for row in csv.DictReader(file)
        ]


def _side(row: dict[str, str], prefix: str, id_: str) -> Side:
    unit, on = row[f"{prefix}unit"], date.fromisoformat(row[f"{prefix}on"])
    owner = row[f"{prefix}owner"]
    return Side(
        id=id_,
        owner=f"{owner} {unit}",
        owner_kind=owner,
        unit=f"/vn/{unit}",
        title=row[f"{prefix}title"],
        on=on,
        year=on.year,
        places=(unit,),
    )


def corpus_of(labelled: list[Pair]) -> Corpus:
    """Frequencies come from the titles of `train`."""
    titles = [side.title for pair in labelled if pair.part == "train" for side in (pair.earlier, pair.later)]
    frequency = Counter(word for words in map(terms_of, titles) for word in (*words.bare, *words.pairs))
    return Corpus(frequency.__getitem__, len(titles))


@dataclass(frozen=True)
class Measured:
    kind: RelationKind
    pairs: int
    precision: float
    recall: float


def measured(labelled: list[Pair], part: str) -> Iterator[Measured]:
    corpus = corpus_of(labelled)
    outcomes = Counter(
        (pair.label, found.kind.value if (found := compare(pair.later, pair.earlier, corpus)) else NONE)
        for pair in labelled
        if pair.part == part
    )
    for kind in RelationKind:
        right = outcomes[kind.value, kind.value]
        suggested = sum(many for (_, found), many in outcomes.items() if found == kind)
        there = sum(many for (label, _), many in outcomes.items() if label == kind)
        yield Measured(kind, there, right / suggested, right / there)
