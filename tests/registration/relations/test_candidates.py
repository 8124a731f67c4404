"""Each relation that comparing would suggest within an owner or a unit is found by searching for candidates."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.search.index import Entry, Index
from services.kernel.search.tokenizer import terms_of
from services.registration.models.messages import MODEL
from services.registration.relations.candidates import candidates
from services.registration.relations.domain import Side, compare
from services.registration.relations.likeness import Corpus
from services.registration.relations.messages import RelationKind

METHOD = "tiếp dân và giải quyết thủ tục hành chính cho công dân"
EARLIER = f"{METHOD} ngay tại nhà văn hóa"
LATER = f"Tổ lưu động {METHOD} qua mạng xã hội"
WORDS = ("đường", "hoa", "camera", "an", "ninh", "thắp", "sáng", "phân", "loại", "rác", "tiết", "kiệm")


@dataclass
class Corpora:
    """Models in an index, as the search keeps it."""

    index: Index = field(default_factory=lambda: Index(MODEL))
    sides: list[Side] = field(default_factory=list)

    def add(self, title: str, *, owner: str, unit: str, on: date = date(2017, 3, 1)) -> Side:
        side = Side(
            id=f"model_{len(self.sides):024x}",
            owner=owner,
            owner_kind="POLICE",
            unit=unit,
            title=title,
            on=on,
            year=on.year,
        )
        segments = tuple(unit.strip("/").split("/"))
        self.index.put([Entry(side.id, terms_of(title), (*segments, owner), {})])
        self.sides.append(side)
        return side

    @property
    def corpus(self) -> Corpus:
        return Corpus(self.index.frequency, self.index.documents)


def test_two_models_of_one_body_are_compared_in_each_district_of_a_city() -> None:
    """The words of one title only are rarer than those of both, as soon as a second district has the same titles."""
    city = Corpora()
    pairs = []
    for district in range(1, 6):
        owner, unit = f"organisation_{district:024x}", f"/vn/u01/u{district}"
        earlier = city.add(EARLIER, owner=owner, unit=unit)
        pairs.append((earlier, city.add(LATER, owner=owner, unit=unit, on=date(2018, 3, 1))))
    suggested = [compare(later, earlier, city.corpus) for earlier, later in pairs]
    assert {(one and one.kind) for one in suggested} == {RelationKind.CONTINUATION}
    assert len({(one and one.score) for one in suggested}) == 1
    assert [earlier.id in candidates(later, city.index) for earlier, later in pairs] == [True] * 5


@pytest.mark.hypothesis
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(WORDS), min_size=2, max_size=7),
            st.integers(0, 3),
            st.integers(0, 2),
            st.integers(0, 700),
        ),
        min_size=2,
        max_size=25,
    )
)
def test_everything_alike_of_one_owner_or_unit_is_a_candidate(
    models: list[tuple[list[str], int, int, int]],
) -> None:
    corpora = Corpora()
    for words, owner, unit, days in models:
        corpora.add(
            " ".join(words),
            owner=f"organisation_{owner:024x}",
            unit=f"/vn/u01/u{unit}",
            on=date(2017, 1, 1) + timedelta(days=days),
        )
    corpus = corpora.corpus
    near = [
        (one, other)
        for one, other in combinations(corpora.sides, 2)
        if one.owner == other.owner or one.unit == other.unit
    ]
    missed = [
        (one.title, other.title)
        for one, other in near
        if compare(one, other, corpus) and other.id not in candidates(one, corpora.index)
    ]
    assert missed == []
