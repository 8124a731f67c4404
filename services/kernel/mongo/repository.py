"""Repositories of aggregates: each change is written with its event, in one transaction. They decide nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Generic

from services.kernel.aggregate import S
from services.kernel.calendar import VIETNAM
from services.kernel.kinds import Kind, Noun
from services.kernel.messages import Event, Recorded, Refused
from services.kernel.mongo.access import Access, Documents
from services.kernel.mongo.codec import from_document, to_document
from services.kernel.mongo.driver import DESCENDING, Document, new_digits
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Columns, Row

MOST_CHANGES = 10
"""Newest changes that a refusal lists, at most."""


def new_id(kind: Kind) -> str:
    """A unique id. Ids of one kind sort by the second in which they were made."""
    return kind.id(new_digits())


def not_found(noun: Noun, key: str) -> Refused:
    return Refused(
        f"{noun.field}-not-found",
        noun.field,
        vi=f"Không tìm thấy {noun.vi} “{key[:60]}”.",
        en=f"There is no {noun.en} “{key[:60]}”.",
    )


class Repository(Generic[S]):
    """The repository of one kind of aggregate, for one transaction. It decides nothing: rules are in the domain.

    A command loads its record once, and saves the next version of that record.
    """

    collection: ClassVar[str]
    kind: ClassVar[Kind]
    noun: ClassVar[Noun | None] = None
    """The names of the record in refusals, if they are not those of its kind."""
    columns: ClassVar[Columns]
    """The columns that queries can ask for."""
    said: ClassVar[Mapping[str, tuple[str, str]]] = MappingProxyType({})
    """Type of event → what happened to the record, in Vietnamese and in English."""
    state: type[S]
    moving: ClassVar[bool] = False
    """Whether a correction can give a record another unit."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._documents = self.seen(tx)
        self._recorded: dict[str, datetime] = {}
        """When the current version of each loaded record was recorded, by id."""

    @classmethod
    def seen(cls, access: Access) -> Documents:
        """The records that the caller may see."""
        return access.documents(cls.collection)

    @classmethod
    def missing(cls, key: str) -> Refused:
        """The refusal for a record that does not exist or is out of scope: the caller cannot tell which."""
        return not_found(cls.noun or cls.kind, key)

    async def load(self, key: str, *, expected: int | None = None) -> S:
        """The record, to read or to change. `expected`: the version that the caller has seen.

        If the record has another version by now, the refusal lists the changes since the expected one.
        """
        document = await self._documents.find_one({"_id": key})
        if document is None:
            raise self.missing(key)
        if expected is not None and expected != document["version"]:
            raise await self._changed_meanwhile(key, document["version"], expected)
        return self._loaded(document)

    async def find(self, filter_: Document) -> list[S]:
        """All records that match and that the caller may see, to read or to change."""
        return [self._loaded(document) async for document in self._documents.find(filter_)]

    async def add(self, state: S, event: Event) -> Row:
        document = self._document(state, self._tx.at)
        await self._documents.insert(document)
        self._recorded[state.id] = self._tx.at
        self._tx.log(event)
        return self.columns.whole(document, self._tx.sees)

    async def save(self, state: S, event: Event) -> Row:
        """Writes the next version of a record that this repository has loaded or added, with its event."""
        recorded_at = max(self._tx.at, self._recorded[state.id])
        document = self._document(state, recorded_at)
        before = {"_id": state.id, "version": state.version - 1}
        replaced = await self._documents.replace(before, document, moving=self.moving)
        if replaced != 1:
            raise LookupError(f"{state.id} has no version {state.version - 1} to replace")
        self._recorded[state.id] = recorded_at
        self._tx.log(event, not_before=recorded_at)
        return self.columns.whole(document, self._tx.sees)

    async def add_many(self, items: Iterable[tuple[S, Sequence[Event]]]) -> None:
        """Adds new records, each with all events that led to it: all records or, when one is refused, none.

        The records do not show whether a transaction of unknown outcome was committed: the caller writes a mark of its
        own in the same transaction, and looks for it first. Add at most some 1,000 at a time: MongoDB ends a
        transaction after a minute.
        """
        documents = []
        for state, events in items:
            if [(e.key, e.version) for e in events] != [(state.id, v + 1) for v in range(state.version)]:
                raise ValueError(f"{state.id}: these events do not lead to version {state.version}")
            documents.append(self._document(state, self._tx.at))
            for event in events:
                self._tx.log(event)
        await self._documents.insert_many(documents)

    def _loaded(self, document: Document) -> S:
        self._recorded[document["_id"]] = document["recorded_at"]
        return from_document(document, self.state)

    def describe(self, recorded: Recorded) -> tuple[str, str]:
        """Describes the event in Vietnamese and in English, for callers who may change the record."""
        return self.said.get(recorded.type, (recorded.type, recorded.type))

    async def _changed_meanwhile(self, key: str, version: int, expected: int) -> Refused:
        (history,) = await self._documents.histories(
            [key], {}, {"$gt": expected}, sort=[("version", DESCENDING)], limit=MOST_CHANGES
        )
        done = [(event, *self.describe(event)) for event in reversed(history.events)]
        done_vi = "; ".join(f"{vi}, do {e.caller}, lúc {_local(e.recorded_at)}" for e, vi, _ in done)
        done_en = "; ".join(f"{en}, by {e.caller}, at {e.recorded_at:%Y-%m-%d %H:%M}Z" for e, _, en in done)
        vi = f"Đang ở phiên bản {version}, không phải {expected}"
        en = f"It is at version {version}, not {expected}"
        return Refused(
            "changed-meanwhile",
            "expectedVersion",
            vi=f"{vi}. Từ đó đã có: {done_vi}." if done else f"{vi}.",
            en=f"{en}. Since then: {done_en}." if done else f"{en}.",
        )

    def _document(self, state: S, recorded_at: datetime) -> Document:
        within = state.unit.strip("/").split("/")
        return {**to_document(state), "within": within, "recorded_at": recorded_at}


def _local(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"
