"""Facts and counters in MongoDB, by generation: one in use, and while counting anew the next one beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.kernel import directory
from services.kernel.store import (
    ASCENDING,
    Access,
    Database,
    Document,
    Indexes,
    IndexModel,
    InsertOne,
    Transaction,
    UpdateOne,
    to_document,
)
from services.reporting.domain import COUNTED, Fact, fold
from services.reporting.events import Measure, Position

FIRST_GENERATION = 1
POINTER = {"_id": "generation"}

FACT_INDEXES = [
    IndexModel([("within", ASCENDING), ("measure", ASCENDING), ("on", ASCENDING), ("_id", ASCENDING)]),
    IndexModel([("thing", ASCENDING)]),
]
INDEXES: Indexes = {**directory.INDEXES, f"facts_{FIRST_GENERATION}": FACT_INDEXES}


def reader(generation: int) -> str:
    """Whose cursors say how far a generation has counted."""
    return f"counters-{generation}"


class Counters:
    """One generation. A report of any unit and period is one document per measure, however many models there are."""

    def __init__(self, db: Database, generation: int) -> None:
        self.generation = generation
        self._db = db
        self._facts = db[f"facts_{generation}"]
        self._counters = db[f"counters_{generation}"]

    async def create(self) -> None:
        """Empty, whatever an interrupted count left there."""
        await self.drop()
        await self._facts.create_indexes(FACT_INDEXES)

    async def drop(self) -> None:
        await self._facts.drop()
        await self._counters.drop()
        names = [f"{reader(self.generation)}/{producer}" for producer in COUNTED]
        await self._db.cursors.delete_many({"_id": {"$in": names}})
        await self._db.parked.delete_many({"reader": reader(self.generation)})

    async def add(self, facts: Sequence[Fact], tx: Transaction) -> None:
        if not facts:
            return
        inserts = [InsertOne(_document(fact)) for fact in facts]
        await self._facts.bulk_write(inserts, session=tx.session)
        updates = [
            UpdateOne(
                {"_id": f"{period}/{unit}/{measure}"},
                {"$inc": amounts, "$setOnInsert": {"period": period, "unit": unit, "measure": measure}},
                upsert=True,
            )
            for (period, unit, measure), amounts in fold(facts).items()
        ]
        await self._counters.bulk_write(updates, ordered=False, session=tx.session)

    async def of(self, unit: str, period: str, access: Access) -> Mapping[Measure, Document]:
        keys = [f"{period}/{unit}/{measure}" for measure in Measure]
        found = self._counters.find({"_id": {"$in": keys}}, session=access.session)
        return {Measure(document["measure"]): document async for document in found}

    async def positions(self, heard: Mapping[str, tuple[int, int]], access: Access) -> tuple[Position, ...]:
        """`heard`: how far this process had come before the reading began, and the last number it had heard of.

        The cursor moves with effects only: past events without any, the process may know better.
        """
        name = reader(self.generation)
        cursors = self._db.cursors.find(
            {"_id": {"$in": [f"{name}/{producer}" for producer in COUNTED]}}, session=access.session
        )
        applied = {producer: position for producer, (position, _) in heard.items()}
        async for document in cursors:
            producer = document["_id"].rpartition("/")[2]
            applied[producer] = max(applied.get(producer, 0), document["seq"])
        parked = self._db.parked.find(
            {"producer": {"$in": list(COUNTED)}, "reader": name}, {"producer": 1}, session=access.session
        )
        stuck = [document["producer"] async for document in parked]
        return tuple(
            Position(
                producer=producer,
                applied=applied.get(producer, 0),
                head=max(heard.get(producer, (0, 0))[1], applied.get(producer, 0)),
                parked=stuck.count(producer),
            )
            for producer in COUNTED
        )


async def current_generation(db: Database, session: Any = None) -> int:
    pointer = await db.projection.find_one(POINTER, session=session)
    return pointer["current"] if pointer else FIRST_GENERATION


async def switch(generation: int, previous: int, tx: Transaction) -> bool:
    """Makes `generation` the one in use if it has counted at least as far as the previous one."""
    found = tx.db.cursors.find({}, session=tx.session)
    seqs = {document["_id"]: document["seq"] async for document in found}
    behind = any(
        seqs.get(f"{reader(generation)}/{producer}", 0) < seqs.get(f"{reader(previous)}/{producer}", 0)
        for producer in COUNTED
    )
    if behind:
        return False
    await tx.db.projection.update_one(
        POINTER, {"$set": {"current": generation}}, upsert=True, session=tx.session
    )
    return True


def _document(fact: Fact) -> Document:
    return {**to_document(fact), "within": fact.unit.strip("/").split("/")}
