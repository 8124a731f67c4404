"""Facts and counters in MongoDB, by generation: the one in use and, during a rebuild, the next one."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from services.directory import units as directory
from services.kernel.caller import Covered
from services.kernel.mongo.access import CURSORS, PARKED, Access, Unscoped
from services.kernel.mongo.codec import to_document
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel, InsertOne, UpdateOne
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.table import Cursors
from services.reporting.domain import Fact, fold
from services.reporting.measures import COUNTED, Measure
from services.reporting.messages import Position

FIRST_GENERATION = 1
PROJECTION = Unscoped("projection", "the number of the generation in use says nothing about any unit")
POINTER = {"_id": "generation"}

FACT_INDEXES = [
    IndexModel([("within", ASCENDING), ("measure", ASCENDING), ("on", ASCENDING), ("_id", ASCENDING)]),
    IndexModel([("thing", ASCENDING)]),
]
COUNTER_INDEXES = [IndexModel([("unit", ASCENDING), ("measure", ASCENDING)])]
INDEXES: Indexes = {
    **directory.INDEXES,
    f"facts_{FIRST_GENERATION}": FACT_INDEXES,
    f"counters_{FIRST_GENERATION}": COUNTER_INDEXES,
}


def reader(generation: int) -> str:
    """Name of the reader that counts for a generation."""
    return f"counters-{generation}"


class Counters:
    """One generation. A report reads one document per measure, whatever the number of models."""

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self._facts = Unscoped(
            f"facts_{generation}", "reporting only adds to them; a reader must filter by `within`"
        )
        self._counters = Unscoped(
            f"counters_{generation}", "read by unit, after a scope has confirmed that it covers the unit"
        )

    async def create(self, store: Store) -> None:
        """Creates empty collections; the remains of an interrupted rebuild are dropped."""
        await self.drop(store)
        await store.make(self._facts, FACT_INDEXES)
        await store.make(self._counters, COUNTER_INDEXES)

    async def drop(self, store: Store) -> None:
        await store.drop(self._facts)
        await store.drop(self._counters)
        names = [f"{reader(self.generation)}/{producer}" for producer in COUNTED]
        ours = store.ours()
        await ours.unscoped(CURSORS).delete({"_id": {"$in": names}})
        await ours.unscoped(PARKED).delete({"reader": reader(self.generation)})

    async def add(self, facts: Sequence[Fact], tx: Transaction) -> None:
        if not facts:
            return
        inserts = [InsertOne(_document(fact)) for fact in facts]
        await tx.unscoped(self._facts).write(inserts)
        updates = [
            UpdateOne(
                {"_id": f"{period}/{unit}/{measure}"},
                {"$inc": amounts, "$setOnInsert": {"period": period, "unit": unit, "measure": measure}},
                upsert=True,
            )
            for (period, unit, measure), amounts in fold(facts).items()
        ]
        await tx.unscoped(self._counters).write(updates, ordered=False)

    async def of(self, unit: Covered, period: str, access: Access) -> Mapping[Measure, Document]:
        keys = [f"{period}/{unit}/{measure}" for measure in Measure]
        found = access.unscoped(self._counters).find({"_id": {"$in": keys}})
        return {Measure(document["measure"]): document async for document in found}

    async def totals(
        self, unit: Covered, measures: Sequence[Measure], access: Access
    ) -> Mapping[tuple[str, Measure], Decimal]:
        """(period, measure) → total, for each period in which something was counted."""
        found = access.unscoped(self._counters).find(
            {"unit": unit, "measure": {"$in": list(measures)}}, {"period": 1, "measure": 1, "total": 1}
        )
        return {(one["period"], Measure(one["measure"])): one["total"] async for one in found}

    async def positions(self, heard: Mapping[str, tuple[int, int]], access: Access) -> tuple[Position, ...]:
        """`heard`: this process's position before the snapshot, and the last number that it knew of.

        A cursor moves only with effects. After events without effect, the process is further than its cursor.
        """
        name = reader(self.generation)
        names = [f"{name}/{producer}" for producer in COUNTED]
        cursors = access.unscoped(CURSORS).find({"_id": {"$in": names}})
        applied = {producer: position for producer, (position, _) in heard.items()}
        parked: dict[str, int] = {}
        async for document in cursors:
            producer = document["_id"].rpartition("/")[2]
            applied[producer] = max(applied.get(producer, 0), document["seq"])
            parked[producer] = document["parked"]
        return tuple(
            Position(
                producer=producer,
                applied=applied.get(producer, 0),
                head=max(heard.get(producer, (0, 0))[1], applied.get(producer, 0)),
                parked=parked.get(producer, 0),
            )
            for producer in COUNTED
        )


async def current_generation(access: Access) -> int:
    pointer = await access.unscoped(PROJECTION).find_one(POINTER)
    return pointer["current"] if pointer else FIRST_GENERATION


async def cursors(access: Access) -> Cursors:
    """Cursors of the generation in use, and of the next one during a rebuild."""
    generation = await current_generation(access)
    used = tuple(f"{reader(generation)}/{producer}" for producer in COUNTED)
    following = {"_id": {"$regex": f"^{reader(generation + 1)}/"}}
    return Cursors(used, tuple([one["_id"] async for one in access.unscoped(CURSORS).find(following)]))


async def switch(generation: int, previous: int, tx: Transaction) -> bool:
    """Makes `generation` the one in use, if it has counted at least as far as the previous one."""
    found = tx.unscoped(CURSORS).find({})
    seqs = {document["_id"]: document["seq"] async for document in found}
    behind = any(
        seqs.get(f"{reader(generation)}/{producer}", 0) < seqs.get(f"{reader(previous)}/{producer}", 0)
        for producer in COUNTED
    )
    if behind:
        return False
    await tx.unscoped(PROJECTION).write([UpdateOne(POINTER, {"$set": {"current": generation}}, upsert=True)])
    return True


def _document(fact: Fact) -> Document:
    return {**to_document(fact), "within": fact.unit.strip("/").split("/")}
