"""Answers queries about one kind of document from its index, within what the caller may see."""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.kernel.inputs import required
from services.kernel.messages import Refused
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import Document
from services.kernel.mongo.pages import page_size, unknown_cursor
from services.kernel.rows import ByFilter, ByOwners, Columns, Page, Part, Rows
from services.kernel.search.hits import Hit, Hits
from services.kernel.search.index import Index
from services.kernel.search.messages import LONGEST_TEXT, SearchKey, SearchText
from services.kernel.search.projection import Projection
from services.kernel.search.texts import stretches
from services.kernel.search.tokenizer import highlights, tokens

TIERS = "0123"
EXACT_TIERS = 2
"""In the first two tiers, all words have the marks they were typed with."""


class Answers:
    """`whole`: columns of the one row of a search. `hit`: columns of a hit. `key`: the keys of pages."""

    def __init__(
        self,
        projection: Projection,
        *,
        whole: type[msgspec.Struct],
        hit: type[msgspec.Struct],
        key: type[SearchKey],
    ) -> None:
        self.projection = projection
        self._searched = projection.source.searched
        self._whole = Columns(whole)
        self._hit = Columns(hit)
        self._key = key

    async def search(self, query: SearchText, access: Access) -> Rows:
        """One row: how many documents match, facets, and the key of their pages."""
        index = self.projection.index
        text = required(
            query.text, "text", longest=LONGEST_TEXT, vi="Nội dung cần tìm", en="The text to search for"
        )
        key = self._key(text=text, filter=query.filter)
        hits = self._find(key, access, index)
        wants_facets = any(isinstance(column, Part) for column in query.fields.values())
        facets = [
            {"kind": kind, "value": value, "total": total}
            for kind, name in (self._searched.facets.items() if wants_facets else ())
            for value, total in index.facet(hits, name).items()
        ]
        view = self._whole.view(query, access.sees)
        view.add(
            {
                "_id": "search",
                "version": index.position,
                "hits": key.written(),
                "total": len(hits),
                "as_of": index.position,
                "facets": facets,
            }
        )
        return view.rows()

    async def hits(self, query: ByOwners, access: Access) -> Rows:
        """A page of hits for each key."""
        index = self.projection.index
        view = self._hit.view(query, access.sees)
        pages = []
        for text in query.keys:
            key = self._read(text)
            found = self._find(key, access, index)
            part, has_next, has_previous = _part(found, query, index)
            shown = await self._documents(found[part], access, index)
            wanted = frozenset(token.bare for token in tokens(key.text))
            for (tier, _), document in shown:
                view.add(self._row(tier, document, wanted))
            cursors = [f"{tier}{document['_id']}" for (tier, _), document in shown]
            pages.append(Page(cursors, has_next, has_previous, len(found)))
        return view.rows(pages)

    def _find(self, key: SearchKey, access: Access, index: Index) -> Hits:
        within, values = self._searched.narrowing(msgspec.structs.asdict(key.filter))
        return index.find(key.text, access.scope.units, within, values)

    async def _documents(
        self, hits: Sequence[Hit], access: Access, index: Index
    ) -> list[tuple[Hit, Document]]:
        """The documents of the hits. A document that the caller may see no longer is left out."""
        source = self.projection.source
        ids = {index.ids[number]: (tier, number) for tier, number in hits}
        found = access.documents(self._searched.collection).find(
            {"_id": {"$in": list(ids)}}, {**source.fields, "version": 1}
        )
        documents = {document["_id"]: document async for document in found}
        await source.prepare(list(documents.values()))
        return [(hit, documents[id_]) for id_, hit in ids.items() if id_ in documents]

    def _row(self, tier: int, document: Document, wanted: frozenset[str]) -> dict[str, Any]:
        return {
            "_id": document["_id"],
            "version": document["version"],
            self._searched.kind.field: document["_id"],
            "exact": tier < EXACT_TIERS,
            "matches": [
                {"where": where, "text": text[start:end], "start": start, "end": end}
                for where, text in stretches(self.projection.source.texts, document)
                for start, end in highlights(text, wanted)
            ],
        }

    def _read(self, key: str) -> SearchKey:
        try:
            return msgspec.json.decode(key, type=self._key)
        except msgspec.DecodeError as error:
            raise Refused(
                "input-invalid",
                "keys",
                vi=f"“{key[:60]}” không phải là khóa của một lần tìm.",
                en=f"“{key[:60]}” is not a key of a search.",
            ) from error


def _part(hits: Hits, query: ByFilter, index: Index) -> tuple[slice, bool, bool]:
    """The places of a page, and whether there are hits after and before it."""
    size = page_size(query)
    start, stop = 0, len(hits)
    if query.after is not None:
        start = hits.place(*_hit(query.after, "after", index))[1]
    if query.before is not None:
        stop = hits.place(*_hit(query.before, "before", index))[0]
    stop = max(start, stop)
    if query.first is not None:
        return slice(start, min(stop, start + size)), stop - start > size, query.after is not None
    return slice(max(start, stop - size), stop), query.before is not None, stop - start > size


def _hit(cursor: str, name: str, index: Index) -> Hit:
    """A cursor is the tier and the id of a hit."""
    tier, id_ = cursor[:1], cursor[1:]
    number = index.ids.number(id_)
    if number is None or tier not in TIERS:
        raise unknown_cursor(cursor, name)
    return int(tier), number
