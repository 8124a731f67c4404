"""Repositories of records that live on under a successor: all their units read them, the present one changes them."""

from datetime import datetime
from typing import TypeVar

from services.kernel.mongo.access import Documents
from services.kernel.mongo.driver import ASCENDING, Document, IndexModel
from services.kernel.mongo.repository import Repository
from services.kernel.mongo.store import Fill
from services.kernel.mongo.transaction import Transaction
from services.movement.homes import Homed, require_here

H = TypeVar("H", bound=Homed)

LIVES_UNDER = IndexModel([("lives_under", ASCENDING), ("_id", ASCENDING)])
"""Index of each collection whose records are handed over."""


def fill(collection: str) -> Fill:
    """Documents of an older program were never handed over: the last segment of their path is their unit."""
    return Fill(collection, "lives_under", {"$arrayElemAt": ["$within", -1]})


class HomedRepository(Repository[H]):
    """The field `lives_under` holds the id of a record's present unit, `within` the segments of all its units."""

    def __init__(self, tx: Transaction, documents: Documents | None = None) -> None:
        """`documents`: the records to change, if not those in scope: a hand-over checks the rights itself."""
        super().__init__(tx)
        self._scoped = documents is None
        self._documents = documents or self._documents

    async def load(self, key: str, *, expected: int | None = None) -> H:
        """Refused if the record was handed over to a unit out of scope: the caller may read it only."""
        record = await super().load(key, expected=expected)
        if self._scoped:
            require_here(record, self._tx.scope, self.kind.field)
        return record

    def _document(self, state: H, recorded_at: datetime) -> Document:
        within = list(dict.fromkeys(segment for path in state.paths for segment in path.segments))
        return {**super()._document(state, recorded_at), "within": within, "lives_under": state.home.unit}
