"""Texts of inputs: visible, composed, not too long, and unchanged when entered again."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.inputs import key_of_once, optional, required
from services.kernel.messages import Refusal, Refused
from services.movement.words import Field, field_named


def title(text: str, *, lines: bool = False) -> str:
    return required(text, "title", longest=50, vi="Tên", en="The title", lines=lines)


def outcome(of: Callable[[], str]) -> str | Refusal:
    try:
        return of()
    except Refused as refused:
        return refused.refusal


@given(st.text(max_size=60), st.booleans())
def test_text_is_refused_or_composed_trimmed_and_visible(text: str, lines: bool) -> None:
    kept = outcome(lambda: title(text, lines=lines))
    if isinstance(kept, Refusal):
        assert kept.fields == ("title",)
        assert kept.code in {"title-empty", "title-too-long", "title-unseen-character"}
        return
    assert 1 <= len(kept) <= 50
    assert kept == kept.strip() == unicodedata.normalize("NFC", kept)
    unseen = {c for c in kept if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}}
    assert unseen <= ({"\n", "\t"} if lines else set())
    assert title(kept, lines=lines) == kept


@given(st.text(alphabet="aăâđêôơưáàảãạốờữ ", min_size=1, max_size=20).filter(str.strip))
def test_two_spellings_of_a_text_are_equal(text: str) -> None:
    decomposed, composed = (unicodedata.normalize(form, text) for form in ("NFD", "NFC"))
    assert title(decomposed) == title(composed)


def test_invisible_character_is_named_with_its_place() -> None:
    with pytest.raises(Refused) as refused:
        title("Ngõ\u200bxóm")
    assert "U+200B" in refused.value.refusal.vi
    assert "vị trí 4" in refused.value.refusal.vi


def test_only_long_texts_have_several_lines() -> None:
    assert title("a\r\n\tb", lines=True) == "a\n\tb"
    for text in ("a\nb", "a\tb", "a\rb", "a\u2028b"):
        with pytest.raises(Refused):
            title(text)
    with pytest.raises(Refused):
        title("a\x0bb", lines=True)


@given(st.text(alphabet=" \t\r\n\u00a0\u3000"))
def test_optional_text_of_blanks_is_null(text: str) -> None:
    assert optional(text, "note", longest=5, vi="Ghi chú", en="The note") == ""


@given(st.text(max_size=210))
def test_key_is_refused_or_kept_unchanged(key: str) -> None:
    kept = outcome(lambda: key_of_once(key))
    if isinstance(kept, Refusal):
        assert kept.code == "key-invalid"
    else:
        assert kept == key == key.strip() != ""
        assert key.isprintable()


@given(st.sampled_from(Field), st.sampled_from(["NFC", "NFD", "NFKD"]), st.booleans())
def test_field_is_recognised_in_any_case_and_spelling(field: Field, form: Any, loud: bool) -> None:
    name = unicodedata.normalize(form, field.vi)
    assert field_named(name.upper() if loud else name.lower()) is field
    assert field_named(field.value.lower()) is field


@given(st.text(max_size=20))
def test_other_names_are_no_fields(name: str) -> None:
    found = outcome(lambda: field_named(name))
    assert isinstance(found, Field) or (isinstance(found, Refusal) and found.code == "field-unknown")


@pytest.mark.parametrize("blanks", ["  ", "\u00a0", " \u2009\u3000 "])
def test_run_of_blanks_becomes_one_space(blanks: str) -> None:
    given = f"{blanks}Đường{blanks}hoa{blanks}"
    assert required(given, "title", longest=20, vi="Tên", en="The title") == "Đường hoa"
