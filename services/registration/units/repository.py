"""Units in MongoDB. They are written in bulk, because a whole country is loaded at once."""

import re
from collections.abc import Sequence
from datetime import datetime

from services.directory import units as directory
from services.directory.units import COLLECTION, UNIT, UNITS
from services.kernel.mongo.access import Access, Open
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import (
    ASCENDING,
    Document,
    Indexes,
    IndexModel,
    ReplaceOne,
)
from services.kernel.mongo.repository import Repository
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Columns
from services.kernel.units import DatedUnit
from services.registration.units import naming
from services.registration.units.domain import Unit
from services.registration.units.messages import UnitHeirRow, UnitNamedRow, UnitRecorded, UnitRow

COLUMNS = Columns(UnitRow)
NAMED = Columns(UnitNamedRow)
HEIRS = Columns(UnitHeirRow)

INDEXES: Indexes = {COLLECTION: [*directory.INDEXES[COLLECTION], IndexModel([("words", ASCENDING)])]}


class Units(Repository[Unit]):
    collection = COLLECTION
    noun = UNIT
    columns = COLUMNS
    state = Unit

    @classmethod
    def seen(cls, access: Access) -> Open:
        return access.unscoped(UNITS)

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)
        self._units = self.seen(tx)
        self.loaded: dict[str, Unit] = {}
        """The units that this transaction has read, by id."""

    def _document(self, state: Unit, recorded_at: datetime) -> Document:
        return {**super()._document(state, recorded_at), "words": naming.words(state.spells)}

    async def find(self, filter_: Document) -> list[Unit]:
        found = await super().find(filter_)
        self.loaded |= {unit.id: unit for unit in found}
        return found

    async def put_many(self, recorded: Sequence[tuple[Unit, UnitRecorded]]) -> None:
        """Writes new units, and the next versions of loaded units, in one round trip.

        A caller who moves a unit needs a scope for its old place and for its new one.
        """
        writes = []
        for unit, event in recorded:
            earlier = self.loaded.get(unit.id, unit)
            self._tx.scope.require(unit.unit)
            self._tx.scope.require(earlier.unit)
            recorded_at = max(self._tx.at, self._recorded.get(unit.id, self._tx.at))
            document = self._document(unit, recorded_at)
            writes.append(ReplaceOne({"_id": unit.id, "version": unit.version - 1}, document, upsert=True))
            self._tx.log(event, not_before=recorded_at)
        if writes:
            await self._units.write(writes)
            await directory.change_mark(self._tx)


async def find(access: Access, filter_: Document) -> list[Unit]:
    return [from_document(document, Unit) async for document in access.unscoped(UNITS).find(filter_)]


async def with_words(access: Access, words: Sequence[str]) -> list[DatedUnit]:
    """The units that have all words in their names, where the last one can be the beginning of a word."""
    *whole, last = words
    wanted: list[Document] = [{"words": {"$in": naming.variants(word)}} for word in whole]
    wanted.append({"$or": [{"words": {"$regex": f"^{re.escape(word)}"}} for word in naming.variants(last)]})
    found = access.unscoped(UNITS).find({"$and": wanted})
    return [from_document(document, DatedUnit) async for document in found]
