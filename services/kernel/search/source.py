"""Reads the documents of one kind as entries of an index. It sees all documents: who may see a hit is decided later."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar

from services.kernel.messages import Recorded
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import Document
from services.kernel.mongo.pages import OLDEST
from services.kernel.search.declaration import Searched
from services.kernel.search.index import Entry
from services.kernel.search.texts import TextSource
from services.kernel.search.tokenizer import Terms

S = TypeVar("S")
AT_ONCE = 500
"""Documents read and indexed without a pause, some 20 ms of work."""


class Source:
    def __init__(self, searched: Searched, access: Access) -> None:
        """`access`: to all documents of the service."""
        self.searched = searched
        self._documents = access.documents(searched.collection)
        self.texts: Mapping[str, TextSource] = searched.sources(access)
        names = {field for text in self.texts.values() for field in text.fields}
        names |= {"within", *searched.belongs_to, *searched.values}
        self.fields: Mapping[str, int] = dict.fromkeys(sorted(names), 1)

    def text(self, type_: type[S]) -> S:
        """The text source of that type, of which there is one."""
        (source,) = (one for one in self.texts.values() if isinstance(one, type_))
        return source

    async def load(self) -> None:
        for text in self.texts.values():
            await text.load()

    async def renamed(self, events: Sequence[Recorded]) -> set[str]:
        """Ids of the records whose documents are found by other names after these events."""
        ids: set[str] = set()
        for text in self.texts.values():
            ids |= await text.renamed(events)
        return ids

    async def all(self) -> AsyncIterator[list[Entry]]:
        """Entries of all documents, oldest first, in batches."""
        after: Document = {}
        while True:
            found = self._documents.find(after, self.fields, sort=[OLDEST], limit=AT_ONCE)
            documents = [document async for document in found]
            if not documents:
                return
            yield await self._entries(documents)
            after = {"_id": {"$gt": documents[-1]["_id"]}}

    async def some(self, ids: Sequence[str]) -> list[Entry]:
        """Entries of these documents. Ids without a document are left out."""
        found = self._documents.find({"_id": {"$in": list(ids)}}, self.fields, sort=[OLDEST])
        return await self._entries([document async for document in found])

    async def prepare(self, documents: Sequence[Document]) -> None:
        for text in self.texts.values():
            await text.prepare(documents)

    async def _entries(self, documents: Sequence[Document]) -> list[Entry]:
        await self.prepare(documents)
        return [self._entry(document) for document in documents]

    def _entry(self, document: Document) -> Entry:
        searched = self.searched
        owners = {document[name] for name in searched.belongs_to if document.get(name) is not None}
        for text in self.texts.values():
            if set(text.fields) & set(searched.belongs_to):
                owners |= set(text.belongs(document))
        return Entry(
            document["_id"],
            Terms.union([text.terms(document) for text in self.texts.values()]),
            (*document["within"], *owners),
            {name: str(value) for name in searched.values if (value := document.get(name)) is not None},
        )
