"""Facts and counters in MongoDB, by generation."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from services.directory import units as directory
from services.directory.units import Directory
from services.kernel.caller import Covered
from services.kernel.mongo.access import CURSORS, PARKED, Access, Unscoped
from services.kernel.mongo.codec import from_document, to_document
from services.kernel.mongo.driver import (
    ASCENDING,
    Document,
    Indexes,
    IndexModel,
    InsertOne,
    ReplaceOne,
    UpdateOne,
)
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import DatedUnit
from services.movement.homes import Home
from services.reporting import domain
from services.reporting.domain import Fact, Known, fold
from services.reporting.generations import FIRST_GENERATION, cursor, reader, stored_cursors
from services.reporting.measures import COUNTED, Measure
from services.reporting.messages import Position
from services.reporting.placing import placed, units_of

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


async def existing(store: Store) -> set[int]:
    """The generations of which there is a collection."""
    names = (name.rpartition("_") for name in await store.collections())
    return {int(number) for kind, _, number in names if kind in ("facts", "counters") and number.isdecimal()}


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
        """Creates the collections; those that are there already stay as they are."""
        await store.index(self._facts, FACT_INDEXES)
        await store.index(self._counters, COUNTER_INDEXES)

    async def drop(self, store: Store) -> None:
        """For a generation that neither a report nor a build may use any more."""
        names = [cursor(self.generation, producer) for producer in COUNTED]
        ours = store.ours()
        await ours.unscoped(CURSORS).delete({"_id": {"$in": names}})
        await ours.unscoped(PARKED).delete({"reader": reader(self.generation)})
        await store.drop(self._facts)
        await store.drop(self._counters)

    async def add(self, facts: Sequence[Fact], tx: Transaction) -> None:
        if not facts:
            return
        inserts = [InsertOne(_document(fact)) for fact in facts]
        await tx.unscoped(self._facts).write(inserts)
        await self._sum(facts, tx)

    async def move(self, thing: str, made_under: str, homes: Sequence[Home], tx: Transaction) -> None:
        """Counts the facts of a record under the unit of their day. `homes`: those to which it was handed over.

        There are few to move: after a hand-over a fact counts under the successor from the beginning.
        """
        found = tx.unscoped(self._facts).find({"thing": thing})
        moved = domain.moved([from_document(one, Fact) async for one in found], made_under, homes)
        after = [fact for _, fact in moved]
        after = placed(after, await Directory(tx).changed(units_of(after)))
        await self._replace([fact for fact, _ in moved], after, tx)

    async def place(self, unit: DatedUnit, since: date, tx: Transaction) -> None:
        """Moves the unit's facts of the day `since` and later to the path that the unit has on each day now."""
        wanted: Document = {
            "within": unit.id,
            "measure": {"$in": [measure.value for measure in Measure]},
            "on": {"$gte": since.isoformat()},
            "unit": {"$regex": f"/{re.escape(unit.id)}$"},
        }
        facts = [from_document(one, Fact) async for one in tx.unscoped(self._facts).find(wanted)]
        pairs = zip(facts, placed(facts, {unit.id: unit}), strict=True)
        moved = [(before, after) for before, after in pairs if before != after]
        await self._replace([before for before, _ in moved], [after for _, after in moved], tx)

    async def _replace(self, before: Sequence[Fact], after: Sequence[Fact], tx: Transaction) -> None:
        if after:
            writes = [ReplaceOne({"_id": fact.id}, _document(fact)) for fact in after]
            await tx.unscoped(self._facts).write(writes)
            await self._sum([*map(domain.taken_back, before), *after], tx)

    async def _sum(self, facts: Sequence[Fact], tx: Transaction) -> None:
        updates = [
            UpdateOne(
                {"_id": f"{period}/{unit}/{measure}"},
                {"$inc": amounts, "$setOnInsert": {"period": period, "unit": unit, "measure": measure}},
                upsert=True,
            )
            for (period, unit, measure), amounts in fold(facts).items()
        ]
        await tx.unscoped(self._counters).write(updates, ordered=False)

    async def of(
        self, units: Collection[Covered], period: str, access: Access
    ) -> Mapping[str, Mapping[Measure, Document]]:
        """Unit → measure → counter; only units that have any."""
        keys = [
            f"{domain.counted_in(measure, period)}/{unit}/{measure}" for unit in units for measure in Measure
        ]
        counters: dict[str, dict[Measure, Document]] = defaultdict(dict)
        async for one in access.unscoped(self._counters).find({"_id": {"$in": keys}}):
            counters[one["unit"]][Measure(one["measure"])] = one
        return counters

    async def totals(
        self, units: Collection[Covered], measures: Sequence[Measure], access: Access
    ) -> Mapping[tuple[str, Measure], Decimal]:
        """(period, measure) → total of the units, for each period in which something was counted."""
        wanted = {"unit": {"$in": list(units)}, "measure": {"$in": list(measures)}}
        found = access.unscoped(self._counters).find(wanted, {"period": 1, "measure": 1, "total": 1})
        totals: dict[tuple[str, Measure], Decimal] = defaultdict(Decimal)
        async for one in found:
            totals[one["period"], Measure(one["measure"])] += one["total"]
        return totals

    async def positions(self, known: Mapping[str, Known], access: Access) -> tuple[Position, ...]:
        """`known`: of each producer, what this process knew before the snapshot."""
        stored = await stored_cursors(self.generation, access)
        return tuple(domain.position(producer, stored[producer], known[producer]) for producer in COUNTED)

    async def parked_here(
        self, positions: Sequence[Position], units: Collection[Covered], access: Access
    ) -> tuple[Position, ...]:
        """The positions, with the number of events set aside that can concern one of the units."""
        if not any(position.parked for position in positions):
            return tuple(positions)
        many: Counter[str] = Counter()
        wanted = {"reader": reader(self.generation)}
        async for one in access.unscoped(PARKED).find(wanted, {"producer": 1, "event": 1}):
            data = msgspec.json.decode(one["event"])["data"]
            many[one["producer"]] += any(domain.can_concern(unit, data) for unit in units)
        return tuple(
            msgspec.structs.replace(position, parked_here=many[position.producer]) for position in positions
        )


def _document(fact: Fact) -> Document:
    return {**to_document(fact), "within": fact.unit.strip("/").split("/")}
