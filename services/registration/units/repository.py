"""Units in MongoDB: written in bulk, since a country comes at once."""

from collections.abc import Sequence

from services.kernel.directory import COLLECTION, UNIT
from services.kernel.store import Aggregates, ReplaceOne, from_document
from services.registration.units.domain import Unit
from services.registration.units.events import UnitRecorded


class Units(Aggregates[Unit]):
    collection = COLLECTION
    noun = UNIT
    state = Unit

    async def known(self, ids: Sequence[str]) -> dict[str, Unit]:
        found = self._documents.find({"_id": {"$in": list(ids)}}, session=self._tx.session)
        return {document["_id"]: from_document(document, Unit) async for document in found}

    async def put_many(self, recorded: Sequence[tuple[Unit, UnitRecorded]]) -> None:
        writes = [
            ReplaceOne(
                {"_id": unit.id, "version": unit.version - 1}, self._document(unit, self._tx.at), upsert=True
            )
            for unit, _ in recorded
        ]
        if writes:
            await self._documents.bulk_write(writes, session=self._tx.session)
        for _, event in recorded:
            self._tx.log(event)
