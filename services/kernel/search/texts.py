"""The texts by which a document is found: its own, and names that it borrows from records it refers to."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

from services.kernel.kinds import Kind
from services.kernel.messages import Recorded
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import Document
from services.kernel.search.tokenizer import NO_TERMS, Terms, terms_of

MOST_NAMES = 50_000
"""Names kept in memory, at most."""


class TextSource(Protocol):
    """Reads one text of documents. It keeps each text in memory until an event says that the text has changed."""

    @property
    def fields(self) -> Sequence[str]:
        """The fields of a document that it needs."""

    async def load(self) -> None:
        """Called once, before any document is read."""

    async def renamed(self, events: Sequence[Recorded]) -> set[str]:
        """Ids of the records that have other names after these events."""

    async def prepare(self, documents: Sequence[Document]) -> None:
        """Reads the other records that the texts of these documents need."""

    def texts(self, document: Document) -> Sequence[str]: ...

    def terms(self, document: Document) -> Terms: ...

    def belongs(self, document: Document) -> Sequence[str]:
        """Ids of the records to which the document belongs by this text."""


class OwnText:
    """A field of the document itself. It changes by events of the document."""

    def __init__(self, field: str) -> None:
        self.fields = (field,)

    async def load(self) -> None: ...

    async def renamed(self, events: Sequence[Recorded]) -> set[str]:
        return set()

    async def prepare(self, documents: Sequence[Document]) -> None: ...

    def texts(self, document: Document) -> Sequence[str]:
        text = document.get(self.fields[0])
        return (text,) if text else ()

    def terms(self, document: Document) -> Terms:
        return terms_of(*self.texts(document))

    def belongs(self, document: Document) -> Sequence[str]:
        return ()


class ReferencedName:
    """The name of a record in the same database, to whose id the document refers: the name of its owner.

    `merged`: the field by which a second entry of a record names the first. A document that refers to one of them is
    found by the names of all, and belongs to all.
    """

    def __init__(
        self, access: Access, field: str, kind: Kind, collection: str, name: str, merged: str
    ) -> None:
        self.fields = (field,)
        self._kind = kind
        self._records = access.documents(collection)
        self._name = name
        self._merged = merged
        self._names: dict[str, str] = {}
        self._same: dict[str, tuple[str, ...]] = {}
        """Id → the ids of all entries of the record, of records that have several."""
        self._terms = lru_cache(MOST_NAMES)(terms_of)

    async def load(self) -> None: ...

    async def renamed(self, events: Sequence[Recorded]) -> set[str]:
        named = {event.key for event in events if self._kind.names(event.key)}
        ids = named.union(*(self._same.get(id_, ()) for id_ in named))
        for id_ in ids:
            self._names.pop(id_, None)
            self._same.pop(id_, None)
        return ids

    async def prepare(self, documents: Sequence[Document]) -> None:
        ids = {document[self.fields[0]] for document in documents}
        unknown = ids - self._names.keys()
        if unknown and len(self._names) + len(unknown) > MOST_NAMES:
            self._names.clear()
            self._same.clear()
            unknown = ids
        if unknown:
            await self._read(unknown)

    async def _read(self, ids: set[str]) -> None:
        """Reads the names of these records, and of all entries of each."""
        found: dict[str, Document] = {}
        wanted = set(ids)
        while wanted:
            near: list[Document] = [{"_id": {"$in": sorted(wanted)}}]
            if self._merged:
                near.append({self._merged: {"$in": sorted(wanted)}})
            more = self._records.find(
                {"$or": near}, dict.fromkeys((self._name, self._merged or self._name), 1)
            )
            read = {one["_id"]: one async for one in more}
            named = {one[self._merged] for one in read.values() if one.get(self._merged)}
            wanted = (read.keys() | named) - found.keys() - wanted
            found |= read
        self._names |= {id_: one[self._name] for id_, one in found.items()}
        for id_, one in found.items():
            if into := one.get(self._merged):
                same = tuple(dict.fromkeys((*self._same.get(into, (into,)), *self._same.get(id_, (id_,)))))
                self._same |= dict.fromkeys(same, same)

    def texts(self, document: Document) -> Sequence[str]:
        same = self.belongs(document)
        return tuple(dict.fromkeys(name for id_ in same if (name := self._names.get(id_))))

    def belongs(self, document: Document) -> Sequence[str]:
        id_: str = document[self.fields[0]]
        return self._same.get(id_, (id_,))

    def terms(self, document: Document) -> Terms:
        texts = self.texts(document)
        return self._terms(*texts) if texts else NO_TERMS


def referenced_name(
    field: str, kind: Kind, collection: str, *, name: str = "name", merged: str = ""
) -> Callable[[Access], TextSource]:
    """A source for a declaration: `field` has the id of a record in `collection`, whose field `name` is searched."""
    return lambda access: ReferencedName(access, field, kind, collection, name, merged)


def stretches(sources: Mapping[str, TextSource], document: Document) -> list[tuple[str, str]]:
    """Name of the text and text, of all texts of the document."""
    return [(name, text) for name, source in sources.items() for text in source.texts(document)]
