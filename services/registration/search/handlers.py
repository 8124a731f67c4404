"""What the search answers: one function per question, out of the index, within what the asker may see."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from services.kernel.inputs import required
from services.kernel.messages import Refused
from services.kernel.mongo.access import Access
from services.kernel.mongo.pages import page_size, unknown_cursor
from services.kernel.rows import ByFilter, Columns, Page, Part, Rows
from services.registration.models.messages import ModelsFilter
from services.registration.models.repository import Models
from services.registration.search.index import Found, Index
from services.registration.search.messages import (
    LONGEST_TEXT,
    FacetKind,
    HitRow,
    Search,
    SearchHits,
    SearchKey,
    SearchRow,
)
from services.registration.search.repository import READ, Sources
from services.registration.search.words import asked_for, marked

FOUND = Columns(SearchRow)
HITS = Columns(HitRow)
WITHIN = ("unit", "owner")
"""Filters that keep to what belongs to somebody."""
EXACT_TIERS = 2
_TIER = re.compile("[0-3]")


async def search(query: Search, access: Access, index: Index) -> Rows:
    text = required(
        query.text, "text", longest=LONGEST_TEXT, vi="Nội dung cần tìm", en="The text to search for"
    )
    found = _found(text, query.filter, access, index)
    view = FOUND.view(query, access.sees)
    facets = [
        {"kind": kind, "value": value, "total": many}
        for kind in (FacetKind if any(isinstance(one, Part) for one in query.fields.values()) else ())
        for value, many in index.counts(found, kind.lower()).items()
    ]
    view.add(
        {
            "_id": "search",
            "version": index.position,
            "hits": SearchKey(text=text, filter=query.filter).written(),
            "total": len(found),
            "as_of": index.position,
            "facets": facets,
        }
    )
    return view.rows()


async def search_hits(query: SearchHits, access: Access, index: Index, sources: Sources) -> Rows:
    view = HITS.view(query, access.sees)
    pages = []
    for key in query.keys:
        wanted = _read(key)
        found = _found(wanted.text, wanted.filter, access, index)
        part, has_next, has_previous = _part(found, query, index)
        hits = [(tier, index.ids[number]) for tier, number in found[part]]
        documents = {
            document["_id"]: document
            async for document in Models.seen(access).find(
                {"_id": {"$in": [id_ for _, id_ in hits]}}, {**READ, "version": 1}
            )
        }
        # What has come out of the asker's sight since the index heard of it is not there.
        seen = [(tier, id_) for tier, id_ in hits if id_ in documents]
        owners = await sources.owners({documents[id_]["owner"] for _, id_ in seen})
        words = frozenset(one.bare for one in asked_for(wanted.text))
        for tier, id_ in seen:
            document = documents[id_]
            view.add(
                {
                    "_id": id_,
                    "version": document["version"],
                    "model": id_,
                    "exact": tier < EXACT_TIERS,
                    "matches": [
                        {"where": where, "text": text[start:end], "start": start, "end": end}
                        for where, text in sources.texts(document, owners).stretches()
                        for start, end in marked(text, words)
                    ],
                }
            )
        pages.append(Page([f"{tier}{id_}" for tier, id_ in seen], has_next, has_previous))
    return view.rows(pages)


def _found(text: str, filter_: ModelsFilter, access: Access, index: Index) -> Found:
    chosen: Mapping[str, Any] = {
        name: str(value) for name, value in msgspec.structs.asdict(filter_).items() if value is not None
    }
    within = [chosen[name] for name in WITHIN if name in chosen]
    values = {name: value for name, value in chosen.items() if name not in WITHIN}
    return index.find(text, access.scope.units, within, values)


def _part(found: Found, query: ByFilter, index: Index) -> tuple[slice, bool, bool]:
    size = page_size(query)
    start, stop = 0, len(found)
    if query.after is not None:
        start = found.place(*_position(query.after, "after", index))[1]
    if query.before is not None:
        stop = found.place(*_position(query.before, "before", index))[0]
    stop = max(start, stop)
    if query.first is not None:
        return slice(start, min(stop, start + size)), stop - start > size, query.after is not None
    return slice(max(start, stop - size), stop), query.before is not None, stop - start > size


def _position(cursor: str, name: str, index: Index) -> tuple[int, int]:
    """A cursor is a tier and the id of a hit."""
    tier, id_ = cursor[:1], cursor[1:]
    number = index.ids.number(id_)
    if number is None or not _TIER.fullmatch(tier):
        raise unknown_cursor(cursor, name)
    return int(tier), number


def _read(key: str) -> SearchKey:
    try:
        return msgspec.json.decode(key, type=SearchKey)
    except msgspec.DecodeError as error:
        raise Refused(
            "input-invalid",
            "keys",
            vi=f"“{key[:60]}” không phải là khóa của một lần tìm.",
            en=f"“{key[:60]}” is no key of a search.",
        ) from error
