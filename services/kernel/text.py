"""Vietnamese text: one spelling for storing, one folded spelling for finding and comparing."""

import unicodedata


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def folded(text: str) -> str:
    """Lower case without marks, `đ` as `d`, blanks single: `Dân vận  khéo` → `dan van kheo`."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(bare.replace("đ", "d").split())
