"""Vietnamese text: one spelling to store, and one folded spelling to search and compare."""

import re
import unicodedata
from functools import lru_cache

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of control and invisible characters."""
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters of other categories that show nothing: fillers, joiners, the empty Braille pattern."""
_VARIANTS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0000, 0xE0FFF))
"""Selectors of variants, and the plane of tags."""
_LOOK_ALIKES = str.maketrans(
    {
        **dict.fromkeys("\u00d0\u0189", "\u0110"),  # capital eth and African D look like Đ
        **dict.fromkeys("\u00f0\u0256", "\u0111"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
        **dict.fromkeys("\u2018\u2019\u201b\u02b9\u02bb\u02bc\u02bd\u02c8\u00b4\u0060\u2032\uff07", "'"),
        "\u00ad": None,
    }
)
"""Characters that look like a letter or mark of Vietnamese text, and that one. A soft hyphen shows nothing."""
_BLANKS = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


@lru_cache(4096)
def is_unseen(character: str) -> bool:
    """Whether nobody sees the character: a control or format character, a filler, a selector of variants."""
    return (
        unicodedata.category(character) in UNSEEN
        or character in _BLANK_LETTERS
        or any(first <= ord(character) <= last for first, last in _VARIANTS)
    )


def unseen(text: str, allowed: str = "") -> list[str]:
    """The characters of the text that nobody sees, without the `allowed` ones. A symbol may have a variant: `☀️`."""
    if text.isascii() and text.isprintable():
        return []
    return [
        one
        for before, one in zip(" " + text, text, strict=False)
        if is_unseen(one) and one not in allowed and not _selects(one, before)
    ]


def _selects(character: str, before: str) -> bool:
    return character == "\ufe0f" and unicodedata.category(before) in ("So", "Sm", "Po", "Nd")


def one_line(text: str) -> str:
    """In NFC, with each run of blanks, of any width, as one space: they look the same."""
    return _BLANKS.sub(" ", nfc(text))


def plain(text: str) -> str:
    """In NFC, with the letters and marks that it means: `Ð` as `Đ`, every hyphen as `-`, every apostrophe as `'`."""
    return unicodedata.normalize("NFC", text).translate(_LOOK_ALIKES)


def folded(text: str) -> str:
    """Lower case without marks, `đ` as `d`, blanks single: `Dân vận  khéo` → `dan van kheo`."""
    letters = unicodedata.normalize("NFD", plain(text).casefold())
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return " ".join(bare.replace("đ", "d").split())
