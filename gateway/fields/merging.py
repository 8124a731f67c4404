"""Merges the pages of one list that several services answer. The cursors are texts that sort as the rows do."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from services.kernel.rows import LINK, ByFilter, Head, Page, Rows


class _Row(NamedTuple):
    """`text`: the row in JSON, with a mark for each link. `keys`: the keys of these links, in order."""

    cursor: str
    text: bytes
    keys: list[str]


def merged(query: ByFilter, parts: Sequence[Rows]) -> Rows:
    """The page of the whole list. `parts`: the page of each service, which has up to as many rows as the whole page."""
    rows = sorted((row for part in parts for row in _rows(part)), key=lambda row: row.cursor)
    pages = [part.head.pages[0] for part in parts]
    backwards = query.first is None
    size = (query.last if backwards else query.first) or 0
    shown = rows[-size:] if backwards else rows[:size]
    more = len(rows) > size
    totals = [page.total for page in pages]
    page = Page(
        [row.cursor for row in shown],
        has_next=any(page.has_next for page in pages) or (more and not backwards),
        has_previous=any(page.has_previous for page in pages) or (more and backwards),
        total=None if None in totals else sum(total or 0 for total in totals),
    )
    head = Head(
        nulls=sorted({null for part in parts for null in part.head.nulls}),
        keys=[key for row in shown for key in row.keys],
        pages=[page],
    )
    return Rows.of(head, [row.text for row in shown])


def _rows(part: Rows) -> Iterator[_Row]:
    keys = iter(part.head.keys)
    for cursor, text in zip(part.head.pages[0].cursors, part.texts, strict=True):
        yield _Row(cursor, text, list(islice(keys, text.count(LINK))))
