"""Units in MongoDB: written in bulk, since a country comes at once."""

from collections.abc import Sequence
from datetime import datetime

from services.kernel.directory import COLLECTION, UNIT
from services.kernel.rows import Columns
from services.kernel.store import Aggregates, ReplaceOne, Transaction, from_document
from services.registration.units.domain import Unit
from services.registration.units.events import UnitRecorded, UnitRow

COLUMNS = Columns(UnitRow)


class Units(Aggregates[Unit]):
    collection = COLLECTION
    noun = UNIT
    columns = COLUMNS
    state = Unit

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)
        self._recorded_at: dict[str, datetime] = {}

    async def known(self, ids: Sequence[str]) -> dict[str, Unit]:
        found = self._documents.find({"_id": {"$in": list(ids)}}, session=self._tx.session)
        documents = [document async for document in found]
        self._recorded_at = {document["_id"]: document["recorded_at"] for document in documents}
        return {document["_id"]: from_document(document, Unit) for document in documents}

    async def put_many(self, recorded: Sequence[tuple[Unit, UnitRecorded]]) -> None:
        """Of units whose earlier state was asked for by `known`, all in one round trip."""
        writes = []
        for unit, event in recorded:
            at = max(self._tx.at, self._recorded_at.get(unit.id, self._tx.at))
            earlier = {"_id": unit.id, "version": unit.version - 1}
            writes.append(ReplaceOne(earlier, self._document(unit, at), upsert=True))
            self._tx.log(event, not_before=at)
        if writes:
            await self._documents.bulk_write(writes, session=self._tx.session)
