"""Repositories of aggregates: each change is written with its event, in one transaction. They decide nothing."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
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

MOST_TOLD = 10
"""Changes that a refusal tells of, the newest; there may have been more."""


def new_id(kind: Kind) -> str:
    """An id that no other record has. Later ids of a kind sort after earlier ones, to the second."""
    return kind.id(new_digits())


def not_found(noun: Noun, key: str) -> Refused:
    return Refused(
        f"{noun.field}-not-found",
        noun.field,
        vi=f"Không tìm thấy {noun.vi} “{key[:60]}”.",
        en=f"There is no {noun.en} “{key[:60]}”.",
    )


class Aggregates(Generic[S]):
    """One kind of aggregate, written with its event. None of the methods decides anything."""

    collection: ClassVar[str]
    kind: ClassVar[Kind]
    noun: ClassVar[Noun | None] = None
    """Set where an input field does not call it by its kind."""
    columns: ClassVar[Columns]
    """What is shown of it."""
    state: type[S]

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._documents = self.seen(tx)

    @classmethod
    def seen(cls, access: Access) -> Documents:
        """Those of the kind that may be seen."""
        return access.documents(cls.collection)

    @classmethod
    def missing(cls, key: str) -> Refused:
        """How a caller is told that there is none; the same whether it is absent or out of scope."""
        return not_found(cls.noun or cls.kind, key)

    async def add(self, state: S, event: Event) -> Row:
        document = self._document(state, self._tx.at)
        await self._documents.insert(document)
        self._tx.log(event)
        return self.columns.whole(document, self._tx.sees)

    async def add_many(self, items: Iterable[tuple[S, Sequence[Event]]]) -> None:
        """New ones, each with the events that led to it, from its first: all of them or, when one is refused, none.

        They show nothing by which a transaction of unknown outcome could be told to have happened: whoever adds many
        writes a mark of their own in the same transaction, and looks for it first. Some 1,000 at a time is enough:
        MongoDB ends a transaction after a minute.
        """
        documents = []
        for state, events in items:
            if [(e.key, e.version) for e in events] != [(state.id, v + 1) for v in range(state.version)]:
                raise ValueError(f"{state.id}: these events do not lead to version {state.version}")
            documents.append(self._document(state, self._tx.at))
            for event in events:
                self._tx.log(event)
        await self._documents.insert_many(documents)

    async def get(self, key: str) -> S:
        return from_document(await self._load(key), self.state)

    async def update(
        self, key: str, change: Callable[[S], tuple[S, Event]], *, expected: int | None = None
    ) -> Row:
        """Load, `change`, save. MongoDB may ask for a second run, so `change` must be pure.

        `expected`: the version whose change is wanted. Should it be another by now, the refusal tells what happened.
        """
        document = await self._load(key)
        if expected is not None and expected != document["version"]:
            raise await self._changed_meanwhile(key, document["version"], expected)
        state, event = change(from_document(document, self.state))
        recorded_at = max(self._tx.at, document["recorded_at"])
        changed = self._document(state, recorded_at)
        replaced = await self._documents.replace({"_id": key, "version": document["version"]}, changed)
        assert replaced == 1, "a snapshot cannot change under its transaction"  # noqa: S101
        self._tx.log(event, not_before=recorded_at)
        return self.columns.whole(changed, self._tx.sees)

    def told(self, recorded: Recorded) -> tuple[str, str]:
        """What an event did, in Vietnamese and in English, for whoever may change the aggregate."""
        return recorded.type, recorded.type

    async def _changed_meanwhile(self, key: str, version: int, expected: int) -> Refused:
        since = {"version": {"$gt": expected}}
        newest = [("version", DESCENDING)]
        ((_, events),) = await self._documents.histories([key], since, sort=newest, limit=MOST_TOLD)
        done = [(event, *self.told(event)) for event in reversed(events)]
        told_vi = "; ".join(f"{vi}, do {e.caller}, lúc {_local(e.recorded_at)}" for e, vi, _ in done)
        told_en = "; ".join(f"{en}, by {e.caller}, at {e.recorded_at:%Y-%m-%d %H:%M}Z" for e, _, en in done)
        vi = f"Đang ở phiên bản {version}, không phải {expected}"
        en = f"It is at version {version}, not {expected}"
        return Refused(
            "changed-meanwhile",
            "expectedVersion",
            vi=f"{vi}. Từ đó đã có: {told_vi}." if done else f"{vi}.",
            en=f"{en}. Since then: {told_en}." if done else f"{en}.",
        )

    async def _load(self, key: str) -> Document:
        document = await self._documents.find_one({"_id": key})
        if document is None:
            raise self.missing(key)
        return document

    def _document(self, state: S, recorded_at: datetime) -> Document:
        within = state.unit.strip("/").split("/")
        return {**to_document(state), "within": within, "recorded_at": recorded_at}


def _local(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"
