"""What is issued, in MongoDB: set down in its own unit and read by everybody in office."""

from typing import ClassVar, TypeVar

from services.kernel.mongo.access import Access, Documents, Unscoped
from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.codec import from_document
from services.registration.issued.domain import Issue

T = TypeVar("T", bound=Issue)


class Issued(Aggregates[T]):
    """Written within the caller's scope; a unique index is to be on `identity`."""

    everybodys: ClassVar[Unscoped]
    """The collection, with the reason why all may read it."""

    @classmethod
    def shown(cls, access: Access) -> Documents:
        """All of the kind, wherever they were set down."""
        return access.unscoped(cls.everybodys)

    async def known(self, key: str) -> T:
        """Whoever's it is."""
        found = await self.shown(self._tx).find_one({"_id": key})
        if found is None:
            raise self.missing(key)
        return from_document(found, self.state)

    async def like(self, issue: T) -> T | None:
        """The one that is there already under the same identity."""
        found = await self.shown(self._tx).find_one({"identity": issue.identity})
        return from_document(found, self.state) if found else None
