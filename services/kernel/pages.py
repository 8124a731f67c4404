"""Rows as far as a caller may see: by key, and in keyset pages, each starting after the last one's last key."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from services.kernel.messages import Refused
from services.kernel.store import DESCENDING, Access, Document, from_document

T = TypeVar("T")

LARGEST = 100
NEWEST = ("_id", DESCENDING)
_CURSOR = re.compile(r"[a-z]_[0-9a-f]{24}", re.ASCII)


async def page(
    access: Access, collection: str, row: type[T], *, first: int, after: str | None, **equal: Any
) -> list[T]:
    """At most `first` rows, 1 to 101: one more than the largest page tells whether there is another.

    `equal` names fields and values; a `within` keeps to a unit and what is below it.
    """
    check_size(first)
    found = access.db[collection].find(page_filter(access, after, equal)).sort([NEWEST]).limit(first)
    return [from_document(document, row) async for document in found]


async def rows(access: Access, collection: str, row: type[T], **one_of: Sequence[str]) -> list[T]:
    """Those in the caller's scope whose field has one of the values: `_id=ids`."""
    wanted = {name: {"$in": list(values)} for name, values in one_of.items()}
    found = access.db[collection].find({**wanted, **access.scope.filter()})
    return [from_document(document, row) async for document in found]


def check_size(first: int) -> None:
    if not 1 <= first <= LARGEST + 1:
        raise Refused(
            "page-size",
            "first",
            vi=f"Mỗi trang có từ 1 đến {LARGEST} mục.",
            en=f"A page has 1 to {LARGEST} items.",
        )


def page_filter(access: Access, after: str | None, equal: Document) -> Document:
    """Every document keeps its unit's path in `within`, so that a unit is asked for by equality, on an index."""
    wanted = {name: value for name, value in equal.items() if value is not None}
    older = {} if after is None else {"_id": {"$lt": _position(after)}}
    # `within` may be restricted twice, by the caller's wish and by the caller's scope: hence $and.
    return {"$and": [{**wanted, **older}, access.scope.filter()]}


def _position(cursor: str) -> str:
    if not _CURSOR.fullmatch(cursor):
        raise unknown_cursor(cursor)
    return cursor


def unknown_cursor(cursor: str) -> Refused:
    return Refused(
        "cursor-invalid",
        "after",
        vi=f"“{cursor[:40]}” không phải là con trỏ đã nhận cùng một trang.",
        en=f"“{cursor[:40]}” is not a cursor that came with a page.",
    )
