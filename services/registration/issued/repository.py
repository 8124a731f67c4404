"""Issued records in MongoDB: written in their own unit, and read by everybody in office."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from services.directory.homed import HomedRepository
from services.kernel.messages import Event, Refused
from services.kernel.mongo.access import Access, Documents, Unscoped
from services.kernel.mongo.codec import from_document
from services.kernel.rows import Row
from services.registration.issued.domain import Issue

T = TypeVar("T", bound=Issue)


class Issued(HomedRepository[T]):
    """Records that exist once only: the collection needs a unique index on `identity`."""

    everybodys: ClassVar[Unscoped]
    """The collection, with the reason why everybody in office may read it."""
    known_already: Callable[[T], Refused]
    """The refusal of a second record of the same identity, given the first."""

    @classmethod
    def shown(cls, access: Access) -> Documents:
        """All records of the kind, of every unit."""
        return access.unscoped(cls.everybodys)

    async def known(self, key: str) -> T:
        """The record, to read only: it may belong to any unit."""
        (known,) = await self.all_known([key])
        return known

    async def all_known(self, keys: Sequence[str]) -> list[T]:
        """The records in the order of their keys, to read only; refused if one does not exist."""
        found = self.shown(self._tx).find({"_id": {"$in": list(keys)}})
        by_key = {document["_id"]: from_document(document, self.state) async for document in found}
        for key in keys:
            if key not in by_key:
                raise self.missing(key)
        return [by_key[key] for key in keys]

    async def add(self, state: T, event: Event) -> Row:
        # Checked before the identity: a caller out of scope gets the same refusal in either case.
        self._tx.scope.require(state.unit)
        known = await self.shown(self._tx).find_one({"identity": state.identity})
        if known:
            raise self.known_already(from_document(known, self.state))
        return await super().add(state, event)
