"""Names of files: each can be stored by any system, as one file in the folder that its receiver has chosen."""

import re
import unicodedata

from services.kernel.text import is_unseen, one_line

PATH = frozenset('/\\:*?"<>|')
"""Characters that lead to another folder, or that Windows takes in no name."""
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.ASCII | re.IGNORECASE)
"""Windows opens a device for such a name, whatever follows the point."""


def file_name(text: str) -> str:
    """The name without control and invisible characters; characters of paths, full-width ones too, become `_`."""
    seen = "".join(_part(character) for character in one_line(text))
    bare = seen.strip(". ")
    return f"_{bare}" if not bare or _DEVICE.fullmatch(bare) else bare


def _part(character: str) -> str:
    if is_unseen(character):
        return ""
    return "_" if PATH & set(unicodedata.normalize("NFKC", character)) else character
