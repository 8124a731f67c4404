"""Units in MongoDB: written in bulk, since a country comes at once."""

import re
from collections.abc import Sequence
from datetime import datetime

from services.directory import units as directory
from services.directory.units import COLLECTION, UNIT, UNITS
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel, ReplaceOne
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


class Units(Aggregates[Unit]):
    collection = COLLECTION
    noun = UNIT
    columns = COLUMNS
    state = Unit

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)
        self._units = tx.unscoped(UNITS)
        self._known: dict[str, Document] = {}

    def _document(self, state: Unit, recorded_at: datetime) -> Document:
        return {**super()._document(state, recorded_at), "words": naming.words(state.spells)}

    async def known(self, ids: Sequence[str]) -> dict[str, Unit]:
        found = self._units.find({"_id": {"$in": list(ids)}})
        self._known = {document["_id"]: document async for document in found}
        return {id_: from_document(document, Unit) for id_, document in self._known.items()}

    async def put_many(self, recorded: Sequence[tuple[Unit, UnitRecorded]]) -> None:
        """Of units whose earlier state was asked for by `known`, all in one round trip.

        Whoever moves a unit needs a scope for where it was and for where it comes.
        """
        writes = []
        for unit, event in recorded:
            known = self._known.get(unit.id)
            self._tx.scope.require(unit.unit)
            self._tx.scope.require(known["unit"] if known else unit.unit)
            at = max(self._tx.at, known["recorded_at"] if known else self._tx.at)
            earlier = {"_id": unit.id, "version": unit.version - 1}
            writes.append(ReplaceOne(earlier, self._document(unit, at), upsert=True))
            self._tx.log(event, not_before=at)
        if writes:
            await self._units.write(writes)


async def with_words(access: Access, words: Sequence[str]) -> list[DatedUnit]:
    """Units that have, in one name or another, all the words, and one that begins as the last does."""
    *whole, last = words
    wanted = [{"words": word} for word in whole] + [{"words": {"$regex": f"^{re.escape(last)}"}}]
    found = access.unscoped(UNITS).find({"$and": wanted})
    return [from_document(document, DatedUnit) async for document in found]
