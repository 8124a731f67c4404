"""Vietnamese text: one spelling to store, and one folded spelling to search and compare."""

import re
import unicodedata

_BLANKS = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def one_line(text: str) -> str:
    """In NFC, with each run of blanks, of any width, as one space: they look the same."""
    return _BLANKS.sub(" ", nfc(text))


def folded(text: str) -> str:
    """Lower case without marks, `đ` as `d`, blanks single: `Dân vận  khéo` → `dan van kheo`."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(bare.replace("đ", "d").split())
