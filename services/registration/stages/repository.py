"""Stages in MongoDB: the numbers of each programme, year and unit, and the moves that are not yet added to them."""

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

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("programme", ASCENDING), ("year", ASCENDING), ("of", ASCENDING)]),
        IndexModel([("move", ASCENDING)], partialFilterExpression={"move": True}),
    ]
}
MOST_MOVES = 1000
"""Moves that one transaction adds to the numbers, at most."""
_READ = {"_id": 0, "of": 1, "drafting": 1, "waiting": 1, "registered": 1}


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
    sums: dict[Place, Counter[str]] = {}
    for one in found:
        place = Place(one["programme"], one["year"], one["unit"])
        for name, number in _flat(one):
            sums.setdefault(place, Counter())[name] += number
    writes = [
        UpdateOne(
            {"_id": f"{place.programme}/{place.year}{place.unit}"},
            {"$inc": dict(numbers), "$setOnInsert": _fields(place)},
            upsert=True,
        )
        for place, numbers in sums.items()
    ]
    if writes:
        await stages.write(writes, ordered=False)
        await stages.delete({"_id": {"$in": [one["_id"] for one in found]}})
    return len(found)


def read(
    access: Access, programme: str, year: int, units: Collection[str] | None = None
) -> AsyncIterator[Document]:
    """The numbers and moves of units in the caller's scope, as of one moment: add up those of each unit.

    `units`: only of units with these ids.
    """
    wanted: Document = {"programme": programme, "year": year}
    if units is not None:
        wanted["of"] = {"$in": sorted(units)}
    return access.documents(COLLECTION).find(wanted, _READ, snapshot=True)


def _fields(place: Place) -> Document:
    path = UnitPath(place.unit)
    return {
        "programme": place.programme,
        "year": place.year,
        "unit": place.unit,
        "of": path.unit,
        "within": list(path.segments),
    }


def _flat(document: Mapping[str, object]) -> Iterable[tuple[str, int]]:
    """The numbers under the names that `$inc` takes."""
    for name in ("drafting", "waiting"):
        if isinstance(number := document.get(name), int):
            yield name, number
    registered = document.get("registered")
    if isinstance(registered, dict):
        yield from ((f"registered.{day}", number) for day, number in registered.items())
