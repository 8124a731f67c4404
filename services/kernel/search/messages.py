"""The queries and rows of a search, as a service derives its own from them for each kind of document."""

import msgspec

from services.kernel.rows import Shows

LONGEST_TEXT = 200


class SearchText(Shows, frozen=True, kw_only=True):
    """Documents with all words of `text`: one row, for all hits. A subclass has a filter of its own type."""

    text: str
    filter: msgspec.Struct


class SearchKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A search as one text: the key of its pages. A subclass has a filter of its own type."""

    text: str
    filter: msgspec.Struct

    def written(self) -> str:
        return msgspec.json.encode(self).decode()
