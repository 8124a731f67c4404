"""Stages in MongoDB: numbers by programme, year and unit or owner, and the moves that are not yet added to them."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping

from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.driver import (
    ASCENDING,
    Document,
    Indexes,
    IndexModel,
    InsertOne,
    UpdateOne,
    new_digits,
)
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import UnitPath
from services.registration.stages.domain import Place, Stage, moves

COLLECTION = "stages"
ADDED_UP = Unscoped(
    COLLECTION, "a model writes its moves in its own transaction, the task adds them up; neither shows them"
)

OF_OWNERS = Unscoped(COLLECTION, "numbers of an organisation are shown to those who may see the organisation")

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("programme", ASCENDING), ("year", ASCENDING), ("of", ASCENDING)]),
        IndexModel([("programme", ASCENDING), ("year", ASCENDING), ("owner", ASCENDING)]),
        IndexModel([("move", ASCENDING)], partialFilterExpression={"move": True}),
    ]
}
MOST_MOVES = 1000
"""Moves that one transaction adds to the numbers, at most."""
_NUMBERS = {"_id": 0, "drafting": 1, "waiting": 1, "registered": 1}


async def move(tx: Transaction, changes: Iterable[tuple[Stage | None, Stage | None]]) -> None:
    """Writes a move for each place. `changes`: the stage of each model before and after its change.

    The numbers stay with the unit that a model was made under, also when another unit goes on with the model.

    A move is a document of its own: two models of one unit can change at the same moment without a write conflict.
    """
    documents = []
    for place, numbers in moves(changes).items():
        documents.append({"_id": new_digits(), "move": True, **_fields(place), **numbers})
    if documents:
        await tx.unscoped(ADDED_UP).write([InsertOne(document) for document in documents])


async def add_moves(tx: Transaction) -> int:
    """Adds moves to the numbers of their places, and deletes them. Returns how many there were."""
    stages = tx.unscoped(ADDED_UP)
    found = [one async for one in stages.find({"move": True}, limit=MOST_MOVES)]
    sums = _Sums()
    for one in found:
        sums.add(*_of_unit(one), one)
        if "owner" in one:  # an older program's has none
            sums.add(*_of_owner(one), one)
    await sums.write(tx)
    if found:
        await stages.delete({"_id": {"$in": [one["_id"] for one in found]}})
    return len(found)


async def count_owners(tx: Transaction, models: AsyncIterator[Stage | None]) -> None:
    """Writes the numbers of owners, if there are none: an older program did not keep them.

    `models`: the stages of all models, as of the moment of the transaction. Moves that wait are counted in them, and
    will be added once more: they are taken off.
    """
    stages = tx.unscoped(ADDED_UP)
    owned: Document = {"owner": {"$gt": ""}}
    if await stages.find_one({**owned, "move": {"$ne": True}}):
        return
    sums = _Sums()
    for place, numbers in moves([(None, stage) async for stage in models]).items():
        sums.add(*_of_owner(fields := _fields(place)), {**fields, **numbers})
    async for one in stages.find({**owned, "move": True}):
        sums.add(*_of_owner(one), one, sign=-1)
    await sums.write(tx)


class _Sums:
    """The numbers to add to documents of places, by their ids."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[Document, Counter[str]]] = {}

    def add(self, id_: str, fields: Document, numbers: Document, *, sign: int = 1) -> None:
        """`fields`: of the document, if it is new."""
        _, sums = self._sums.setdefault(id_, (fields, Counter()))
        for name, number in _flat(numbers):
            sums[name] += sign * number

    async def write(self, tx: Transaction) -> None:
        writes = [
            UpdateOne({"_id": id_}, {"$inc": dict(sums), "$setOnInsert": fields}, upsert=True)
            for id_, (fields, sums) in self._sums.items()
        ]
        if writes:
            await tx.unscoped(ADDED_UP).write(writes, ordered=False)


def read(
    access: Access, programme: str, year: int, units: Collection[str] | None = None
) -> AsyncIterator[Document]:
    """The numbers and moves of units in the caller's scope, as of one moment: add up those of each unit.

    `units`: only of units with these ids.
    """
    of: Document = {"$gt": ""} if units is None else {"$in": sorted(units)}
    wanted = {"programme": programme, "year": year, "of": of}
    return access.documents(COLLECTION).find(wanted, {**_NUMBERS, "of": 1}, snapshot=True)


def read_owners(
    access: Access, programme: str, year: int, owners: Collection[str]
) -> AsyncIterator[Document]:
    """The same for these organisations. The caller must be allowed to see them."""
    wanted = {"programme": programme, "year": year, "owner": {"$in": sorted(owners)}}
    return access.unscoped(OF_OWNERS).find(wanted, {**_NUMBERS, "owner": 1}, snapshot=True)


def _fields(place: Place) -> Document:
    path = UnitPath(place.unit)
    return {
        "programme": place.programme,
        "year": place.year,
        "unit": place.unit,
        "of": path.unit,
        "within": list(path.segments),
        "owner": place.owner,
    }


def _of_unit(move: Document) -> tuple[str, Document]:
    """Id and fields of the document with the numbers of the unit."""
    fields = {name: move[name] for name in ("programme", "year", "unit", "of", "within")}
    return f"{move['programme']}/{move['year']}{move['unit']}", fields


def _of_owner(move: Document) -> tuple[str, Document]:
    """The same of the owner. It has no unit: models of one owner can belong to several."""
    fields = {name: move[name] for name in ("programme", "year", "owner")}
    return f"{move['programme']}/{move['year']}/{move['owner']}", fields


def _flat(document: Mapping[str, object]) -> Iterable[tuple[str, int]]:
    """The numbers under the names that `$inc` takes."""
    for name in ("drafting", "waiting"):
        if isinstance(number := document.get(name), int):
            yield name, number
    registered = document.get("registered")
    if isinstance(registered, dict):
        yield from ((f"registered.{day}", number) for day, number in registered.items())
