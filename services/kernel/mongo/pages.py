"""Rows that a caller may see: by key, or in keyset pages that start after a cursor or end before one."""

from collections.abc import Sequence
from typing import Any

from services.kernel.kinds import Kind
from services.kernel.messages import Refused
from services.kernel.mongo.access import Documents
from services.kernel.mongo.driver import ASCENDING, DESCENDING, Document
from services.kernel.rows import LARGEST_PAGE, ByFilter, ByKeys, ByOwners, Columns, Page, Rows, View

NEWEST = ("_id", DESCENDING)
OLDEST = ("_id", ASCENDING)


async def page(documents: Documents, columns: Columns, query: ByFilter, **equal: Any) -> Rows:
    """One page, newest first. `equal`: fields → values or conditions, None matches all.

    `within` holds the segments of the unit's path, so it matches a unit and its sub-units, and uses an index.
    """
    view = columns.view(query, documents.access.sees)
    return view.rows([await _page(documents, view, columns.kind, query, equal)])


async def page_of_each(
    documents: Documents, columns: Columns, query: ByOwners, of: str, **equal: Any
) -> Rows:
    """One page for each key of the query: the documents that have the key in the field `of`."""
    view = columns.view(query, documents.access.sees)
    return view.rows(
        [await _page(documents, view, columns.kind, query, {of: key, **equal}) for key in query.keys]
    )


async def _page(
    documents: Documents, view: View, kind: Kind | None, query: ByFilter, equal: Document
) -> Page:
    size = page_size(query)
    backwards = query.first is None
    wanted = page_filter(query, equal, kind)
    order = [OLDEST if backwards else NEWEST]
    matching = documents.find(wanted, view.projection, sort=order, limit=size + 1)
    found = [document async for document in matching]
    more = len(found) > size
    del found[size:]
    if backwards:
        found.reverse()
    for document in found:
        view.add(document)
    return Page(
        [document["_id"] for document in found],
        has_next=query.before is not None if backwards else more,
        has_previous=more if backwards else query.after is not None,
        total=await documents.count(_given(equal)) if query.counted else None,
    )


async def by_keys(documents: Documents, columns: Columns, query: ByKeys, *, of: str = "_id") -> Rows:
    """One row for each key, or none: the document that has the key in the unique field `of`."""
    view = columns.view(query, documents.access.sees)
    found = documents.find({of: {"$in": list(query.keys)}}, {**view.projection, of: 1})
    by_key = {document[of]: document async for document in found}
    for key in query.keys:
        view.add(by_key.get(key))
    return view.rows()


def page_size(query: ByFilter) -> int:
    sizes = {name: size for name in ("first", "last") if (size := getattr(query, name)) is not None}
    size = next(iter(sizes.values()), 0)
    if len(sizes) != 1 or not 1 <= size <= LARGEST_PAGE:
        raise Refused(
            "page-size",
            *(sizes if len(sizes) == 1 else ("first", "last")),
            vi=f"Cần đúng một trong hai “first” và “last”, từ 1 đến {LARGEST_PAGE}.",
            en=f"Exactly one of “first” and “last” is needed, from 1 to {LARGEST_PAGE}.",
        )
    return size


def page_filter(query: ByFilter, equal: Document, kind: Kind | None) -> Document:
    """The filter of a page. None in `equal` means any value."""
    between = {}
    if query.after is not None:
        between["$lt"] = _position(query.after, "after", kind)
    if query.before is not None:
        between["$gt"] = _position(query.before, "before", kind)
    return {**_given(equal), **({"_id": between} if between else {})}


def _given(equal: Document) -> Document:
    return {name: value for name, value in equal.items() if value is not None}


def cut(codes: Sequence[str], query: ByFilter) -> tuple[slice, Page]:
    """The page of a short list, and its slice. The codes are the cursors."""
    size = page_size(query)
    for name, cursor in (("after", query.after), ("before", query.before)):
        if cursor is not None and cursor not in codes:
            raise unknown_cursor(cursor, name)
    start = 0 if query.after is None else codes.index(query.after) + 1
    stop = len(codes) if query.before is None else codes.index(query.before)
    more = stop - start > size
    if query.first is not None:
        part, has_next, has_previous = slice(start, min(stop, start + size)), more, query.after is not None
    else:
        part, has_next, has_previous = slice(max(start, stop - size), stop), query.before is not None, more
    return part, Page(list(codes[part]), has_next, has_previous, len(codes))


def _position(cursor: str, name: str, kind: Kind | None) -> str:
    if kind is None:
        raise TypeError("these columns belong to no kind of record, so their pages have no cursors")
    if not kind.names(cursor):
        raise unknown_cursor(cursor, name)
    return cursor


def unknown_cursor(cursor: str, name: str) -> Refused:
    return Refused(
        "cursor-invalid",
        name,
        vi=f"“{cursor[:40]}” không phải là con trỏ đã nhận cùng một trang.",
        en=f"“{cursor[:40]}” is not a cursor of a page.",
    )
