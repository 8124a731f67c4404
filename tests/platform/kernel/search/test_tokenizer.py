"""The tokenizer: equal spellings of a word, the words of an abbreviation, and highlighted text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.search.tokenizer import abbreviations, highlights, keys, terms_of, tokens

LETTERS = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạèéẻẽẹòóỏõọùúủũụỳýỷỹỵ -", max_size=30)


def bare(text: str) -> set[str]:
    return {one.bare for one in tokens(text)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("thuỷ", "thủy"),
        ("Uỷ", "ủy"),
        ("khoẻ", "khỏe"),
        ("kỹ", "kĩ"),
        ("quý", "quí"),
        ("Đậu", "đậu"),
    ],
)
def test_two_spellings_of_a_word_have_the_same_keys(one: str, other: str) -> None:
    assert keys(one) == keys(other)


@pytest.mark.parametrize(
    ("one", "other"), [("hoa", "hòa"), ("hòa", "hóa"), ("đa", "da"), ("tai", "tay"), ("ma", "mơ")]
)
def test_words_with_other_marks_have_other_exact_keys(one: str, other: str) -> None:
    assert keys(one)[0] != keys(other)[0]


def test_title_has_the_same_bare_words_without_marks_and_in_any_normal_form() -> None:
    title = "Dân vận khéo: Đậu Liêu"
    assert bare(title) == {"dan", "van", "kheo", "dau", "lieu"}
    assert terms_of(unicodedata.normalize("NFD", title)) == terms_of(title)
    assert bare("dan van kheo dau lieu") == bare(title)


@given(LETTERS)
def test_terms_do_not_depend_on_the_normal_form(text: str) -> None:
    assert terms_of(unicodedata.normalize("NFD", text)) == terms_of(unicodedata.normalize("NFC", text))


def test_abbreviation_and_its_words_find_each_other() -> None:
    for one in abbreviations():
        short, full = keys(one.short)[1], bare(one.full)
        assert full <= terms_of(f"của {one.short} phường").bare, one
        assert short in terms_of(f"của {one.full} phường").bare, one


def test_abbreviation_within_another_is_a_term_too() -> None:
    assert {"ubmttq", "mttq", "mat"} <= terms_of("UBMTTQ xã").bare


def test_each_abbreviation_is_in_the_table_once_with_a_source() -> None:
    table = abbreviations()
    assert len({keys(one.short)[1] for one in table}) == len(table)
    assert all(one.source and one.full for one in table)


@pytest.mark.parametrize(
    ("text", "wanted", "shown"),
    [
        ("Dân vận khéo trong CCHC", {"dan", "kheo"}, ["Dân", "khéo"]),
        ("Dân vận khéo trong CCHC", {"van", "kheo"}, ["vận khéo"]),
        ("Hội LHPN phường", {"phu", "nu"}, ["LHPN"]),
        ("Mặt trận Tổ quốc xã", {"mttq"}, ["Mặt trận Tổ quốc"]),
        ("Tổ hoà giải", {"hoa"}, ["hoà"]),
        ("Không có gì", {"khac"}, []),
    ],
)
def test_highlight_is_the_text_as_it_is_written(text: str, wanted: set[str], shown: list[str]) -> None:
    assert [text[start:end] for start, end in highlights(text, frozenset(wanted))] == shown
