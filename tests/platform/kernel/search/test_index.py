"""The index finds the same documents as a scan, and a damaged file is not read."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.kinds import Kind
from services.kernel.search.declaration import Searched
from services.kernel.search.file import IndexFile
from services.kernel.search.index import Entry, Index
from services.kernel.search.tokenizer import terms_of, tokens

TOY = Kind("toy", "đồ chơi", "toy")
FILE = IndexFile(Searched(kind=TOY, collection="toys", texts={"TITLE": "title"}), Path("toys.index"))
UNITS = {"ward": ("vn", "town", "ward"), "other": ("vn", "town", "other"), "far": ("vn", "far")}
SYLLABLES = ["hòa", "hoa", "hóa", "đường", "duong", "tổ", "xã", "MTTQ", "mặt", "trận", "quốc"]


def entry(number: int, title: str, unit: str = "ward", state: str = "DRAFT") -> Entry:
    return Entry(
        f"toy_{number:024x}", terms_of(title), (*UNITS[unit], f"organisation_{unit}"), {"state": state}
    )


def filled(*titles: str) -> Index:
    index = Index(TOY)
    index.put([entry(number, title) for number, title in enumerate(titles)])
    return index


def titles_found(index: Index, titles: Sequence[str], text: str) -> list[str]:
    return [titles[int(index.ids.key(number).hex(), 16)] for _, number in index.find(text, None)]


def test_exact_marks_rank_first_then_neighbours_then_newest() -> None:
    titles = ["hòa bình", "hóa bình", "hòa và bình", "hoà bình", "binh hoa", "hoa binh"]
    index = filled(*titles)
    assert titles_found(index, titles, "hòa bình") == [
        "hoà bình",
        "hòa bình",
        "hòa và bình",
        "hoa binh",
        "hóa bình",
        "binh hoa",
    ]
    assert titles_found(index, titles, "hoa binh")[0] == "hoa binh"
    assert titles_found(index, titles, "khác") == []


@pytest.mark.lists
@pytest.mark.parametrize("text", ["%", "“”", "- + *", "_"])
def test_text_of_signs_finds_nothing_and_an_empty_one_everything(text: str) -> None:
    titles = ["Tăng 100%", "Ngõ xanh"]
    assert titles_found(filled(*titles), titles, text) == []
    assert sorted(titles_found(filled(*titles), titles, "  ")) == sorted(titles)


def test_scope_narrows_hits_and_facets_to_units_and_sub_units() -> None:
    index = Index(TOY)
    index.put(
        [
            entry(0, "đường hoa", "ward"),
            entry(1, "đường hoa", "other", "REGISTERED"),
            entry(2, "đường hoa", "far"),
        ]
    )
    totals = {
        unit: len(index.find("duong", frozenset({unit}))) for unit in ("vn", "town", "ward", "far", "war")
    }
    assert totals == {"vn": 3, "town": 2, "ward": 1, "far": 1, "war": 0}
    assert index.facet(index.find("duong", frozenset({"town"})), "state") == {"DRAFT": 1, "REGISTERED": 1}
    assert len(index.find("duong", frozenset({"town"}), ["far"])) == 0
    assert len(index.find("duong", None, ["organisation_far"])) == 1
    assert len(index.find("duong", None, (), {"state": "REGISTERED"})) == 1


def test_changed_document_is_found_by_its_new_terms_in_its_old_place() -> None:
    index = filled("đường hoa", "đường gom rác")
    index.put([entry(0, "camera an ninh", "far", "SUBMITTED")])
    assert [len(index.find(text, None)) for text in ("hoa", "camera", "duong")] == [0, 1, 1]
    assert len(index.find("camera", frozenset({"town"}))) == 0
    assert index.facet(index.find("camera", None), "state") == {"SUBMITTED": 1}
    assert [number for _, number in index.find("", None)] == [1, 0]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=5).map(" ".join), max_size=12),
    st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=3).map(" ".join),
    st.randoms(use_true_random=False),
)
def test_index_finds_what_a_scan_of_all_titles_finds(
    titles: list[str], text: str, dice: random.Random
) -> None:
    index = Index(TOY)
    order = list(range(len(titles)))
    dice.shuffle(order)
    index.put([entry(number, "khác") for number in order])
    index.put([entry(number, titles[number]) for number in order])
    asked = list(tokens(text))
    found = {int(index.ids.key(number).hex(), 16) for _, number in index.find(text, None)}
    assert found == {
        number for number, title in enumerate(titles) if {one.bare for one in asked} <= terms_of(title).bare
    }
    copy = FILE.unpacked(FILE.packed(index))
    assert copy
    assert list(copy.find(text, None)) == list(index.find(text, None))


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(24)), st.integers(0, 24), st.integers(1, 7))
def test_pages_of_any_size_have_each_hit_once_in_order(order: list[int], many: int, size: int) -> None:
    """Documents arrive in any order: several processes create ids, so a smaller id may arrive after a greater one."""
    index = Index(TOY)
    for number in order[:many]:
        index.put([entry(number, ("đường hoa", "duong hoa")[number % 2])])
    found = index.find("đường hoa", None)
    ids = [(tier, int(index.ids.key(number).hex(), 16)) for tier, number in found]
    assert ids == sorted(((n % 2 * 2, n) for n in order[:many]), key=lambda one: (one[0], -one[1]))
    whole, pages, start = list(found), [], 0
    while part := found[start : start + size]:
        pages += part
        start = found.place(*part[-1])[1]
    assert pages == whole
    assert [index.ids.number(index.ids[number]) for _, number in whole] == [number for _, number in whole]
    assert [found.place(*one)[0] for one in whole] == list(range(many))


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b[:20], lambda b: b"", lambda b: b[:-9] + b"x" + b[-8:]]
)
def test_damaged_file_is_not_read(damage: object) -> None:
    packed = FILE.packed(filled("đường hoa"))
    assert FILE.unpacked(packed)
    assert FILE.unpacked(damage(packed)) is None  # type: ignore[operator]


def test_most_alike_comes_first_and_the_oldest_among_equals() -> None:
    index = filled("thu gom rác thải", "thu gom", "rác thải nhựa thu gom", "đường hoa")
    assert index.alike(["thu", "gom", "rac", "thai"], within=None, most=3, floor=2) == [
        f"toy_{n:024x}" for n in (0, 2, 1)
    ]
    assert index.alike(["thu", "gom"], within="far", most=3, floor=1) == []
