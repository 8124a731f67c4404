"""Open records of units that have ended, in MongoDB, and all units with their lineage, in memory."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from services.directory.homed import HomedRepository, fill
from services.directory.units import UNITS, Directory, mark
from services.kernel.mongo.access import Access
from services.kernel.mongo.codec import from_document
from services.kernel.mongo.driver import ASCENDING, Document
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Columns
from services.kernel.units import DatedUnit, UnitPath
from services.registration.handovers.family import Family
from services.registration.handovers.kinds import KINDS, Handed, Record
from services.registration.handovers.messages import (
    HandedKind,
    HandedOverRow,
    WaitingRecordRow,
    WaitingTotalsRow,
    WaitingUnitRow,
)

UNITS_WAITING = Columns(WaitingUnitRow)
RECORDS = Columns(WaitingRecordRow)
TOTALS = Columns(WaitingTotalsRow)
HANDED_OVER = Columns(HandedOverRow)
FILLS = tuple(fill(one.repository.collection) for one in KINDS)


class Families:
    """Reads all units, which takes half a second, and again only after a unit has changed."""

    def __init__(self) -> None:
        self._known: tuple[str, asyncio.Task[Family]] | None = None

    async def whole(self, access: Access) -> Family:
        now = await mark(access)
        if self._known is None or self._known[0] != now:
            # Callers who ask at the same moment wait for one reading.
            self._known = now, asyncio.create_task(_read(access))
        try:
            return await asyncio.shield(self._known[1])
        except BaseException:
            self._known = None
            raise


async def _read(access: Access) -> Family:
    found = access.unscoped(UNITS).find({})
    return Family([from_document(one, DatedUnit) async for one in found])


async def family_of(access: Access, unit: str) -> Family:
    """The unit with all units that follow it, and those above them."""
    directory = Directory(access)
    units = {unit: await directory.get(unit)}
    waiting = [unit]
    while waiting:
        came = await directory.came_of(waiting)
        with_lines = {line.unit for one in came for line in one.predecessors}
        below = await directory.ever_under([one for one in waiting if one not in with_lines])
        new = {one.id: one for one in (*came, *below) if one.id not in units}
        units |= new
        waiting = sorted(new)
    above = {id_ for one in units.values() for spell in one.spells for id_ in UnitPath(spell.path).segments}
    return Family([*units.values(), *await directory.many(sorted(above - units.keys()))])


def records_of(tx: Transaction, kind: Handed) -> HomedRepository[Record]:
    """Records of all units, to hand them over after the caller's rights were checked."""
    return kind.repository(tx, tx.unscoped(kind.unscoped))


class Found(NamedTuple):
    """A record to hand over. `family`: of its unit. `records`: the repository that has loaded it."""

    kind: Handed
    records: HomedRepository[Record]
    record: Record
    family: Family


async def find(tx: Transaction, key: str, expected: int | None) -> Found:
    """A caller who may not take the record over does not learn that it exists."""
    kind = next((one for one in KINDS if one.of.names(key)), None)
    if kind is None:
        raise KINDS[0].repository.missing(key)
    records = records_of(tx, kind)
    record = await records.load(key, expected=expected)
    family = await family_of(tx, record.home.unit)
    if not answers(family, record.home.unit, tx):
        raise kind.repository.missing(key)
    return Found(kind, records, record, family)


def answers(family: Family, unit: str, access: Access) -> bool:
    """Whether the caller is responsible for the unit, or for a successor of it."""
    units = access.scope.units
    return units is None or not units.isdisjoint(family.responsible(family.units[unit], access.today))


async def counts(access: Access, units: Collection[str]) -> Mapping[str, Counter[HandedKind]]:
    """Unit → number of its open records by kind; only units that have any."""
    found: dict[str, Counter[HandedKind]] = {}
    for one in KINDS:
        wanted = {**one.open(access.today), "lives_under": {"$in": sorted(units)}}
        for group, many in await access.unscoped(one.unscoped).grouped(wanted, {"unit": "$lives_under"}):
            found.setdefault(group["unit"], Counter())[one.kind] = many
    return found


async def waiting(access: Access, unit: str, kinds: Sequence[Handed], limit: int = 0) -> list[Document]:
    """The open records of a unit, by kind and id, each with its kind in `kind`."""
    records: list[Document] = []
    for one in kinds:
        left = max(0, limit - len(records))
        if limit and not left:
            break
        wanted = {**one.open(access.today), "lives_under": unit}
        read = {"version": 1, one.title: 1, "state": 1}
        found = access.unscoped(one.unscoped).find(wanted, read, sort=[("_id", ASCENDING)], limit=left)
        records += [{**document, "kind": one.kind} async for document in found]
    return records
