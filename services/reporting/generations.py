"""The generations of the counters: the one in use, the one that is being built, and the request for a next one.

Each build gets a number that no other build has, and so collections and cursors of its own. One document says all
this. Each change of it is a transaction that depends only on what the document says, so any process may make it.
"""

from collections.abc import Mapping, Set
from datetime import datetime

import msgspec

from services.kernel.mongo.access import CURSORS, Access, Unscoped
from services.kernel.mongo.codec import from_document, to_document
from services.kernel.mongo.driver import UpdateOne
from services.kernel.mongo.lease import HELD
from services.kernel.mongo.transaction import Transaction
from services.kernel.table import Cursors
from services.reporting.domain import StoredCursor
from services.reporting.measures import COUNTED

PROJECTION = Unscoped("projection", "the number of the generation in use says nothing about any unit")
STATE = {"_id": "generation"}
BUILDER = "builder"
"""Id of the lease of the process that builds."""
FIRST_GENERATION = 1
FORGOTTEN = 4
"""Number of dropped generations that are remembered. A reader may write to one before it knows that it was dropped:
then it is dropped again.
"""


class Request(msgspec.Struct, frozen=True):
    asked_at: datetime
    by: str


class Building(msgspec.Struct, frozen=True):
    generation: int
    request: Request


class Generations(msgspec.Struct, frozen=True, kw_only=True):
    """`last`: the highest number that a build ever got. `retired`: the generation that was in use before `current`.

    `dropped`: numbers of the newest generations whose collections may be dropped at any moment.
    """

    current: int = FIRST_GENERATION
    last: int = FIRST_GENERATION
    retired: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    request: Request | None = None
    building: Building | None = None

    def can_be_read(self, generation: int) -> bool:
        return generation == self.current or generation in self.retired

    @property
    def has_work(self) -> bool:
        return bool(self.request or self.building)


def reader(generation: int) -> str:
    """Name of the reader that counts for a generation."""
    return f"counters-{generation}"


def cursor(generation: int, producer: str) -> str:
    return f"{reader(generation)}/{producer}"


async def generations(access: Access) -> Generations:
    document = await access.unscoped(PROJECTION).find_one(STATE)
    if document is None:
        return Generations()
    found = from_document(document, Generations)
    if "last" not in document:  # written by an older program, which kept the generation before
        older = tuple(range(max(FIRST_GENERATION, found.current - 1), found.current))
        return msgspec.structs.replace(found, last=found.current, retired=older)
    return found


async def stored_cursors(generation: int, access: Access) -> Mapping[str, StoredCursor]:
    """Producer → the generation's cursor."""
    ids = [cursor(generation, producer) for producer in COUNTED]
    found = access.unscoped(CURSORS).find({"_id": {"$in": ids}})
    stored = {document["_id"]: from_document(document, StoredCursor) async for document in found}
    return {
        producer: stored.get(id_, StoredCursor(id=id_)) for producer, id_ in zip(COUNTED, ids, strict=True)
    }


async def passed(generation: int, access: Access) -> Mapping[str, int]:
    """Producer → number of the last event in the generation's cursor."""
    return {producer: stored.seq for producer, stored in (await stored_cursors(generation, access)).items()}


async def ask(tx: Transaction) -> Generations:
    """Asks for a rebuild in the caller's name. While a request waits, another one changes nothing."""
    state = await generations(tx)
    if state.request is None:
        request = Request(tx.at, tx.caller.id)
        state = await _change(state, tx, request=request)
    return state


async def begin(tx: Transaction, *, anew: bool = False, taken: Set[int] = frozenset()) -> Generations:
    """Answers the request with a build under a fresh number, unless a build has begun.

    `anew`: a build that has begun is given up for the request. `taken`: the generations whose collections exist. After
    a restore they may hold what a later build has counted: the database's backup did not know of that build.
    """
    state = await generations(tx)
    building = state.building
    if building and not (anew and state.request):
        has_counted = any((await passed(building.generation, tx)).values())
        if has_counted or building.generation not in taken:
            return state
    request = state.request or (building.request if building else None)
    if request is None:
        return state
    number = max(state.last, *taken, FIRST_GENERATION) + 1
    unknown = [one for one in sorted(taken, reverse=True) if one > state.last]
    given_up = [building.generation] if building else []
    dropped = (*given_up, *state.retired, *unknown, *state.dropped)
    return await _change(
        state,
        tx,
        last=number,
        retired=(),
        dropped=dropped[:FORGOTTEN],
        request=None,
        building=Building(number, request),
    )


async def switch(generation: int, heads: Mapping[str, int], ahead: Set[str], tx: Transaction) -> bool:
    """Makes a built generation the one in use, when it has counted up to `heads`, the ends of the producers' logs.

    It must have counted as far as the one in use, too, so that figures never go back; except for producers in
    `ahead`, whose log has lost events that the one in use has counted. False if it is too early, or too late.
    """
    state = await generations(tx)
    if state.building is None or state.building.generation != generation:
        return False
    ours, used = await passed(generation, tx), await passed(state.current, tx)
    if any(ours[p] < max(heads[p], 0 if p in ahead else used[p]) for p in COUNTED):
        return False
    await _change(state, tx, current=generation, retired=(state.current,), building=None)
    return True


async def held_still(tx: Transaction) -> list[int]:
    """Locks the counters until the end of this transaction. Returns the generations in which facts are counted.

    Another transaction that counts a fact in the meantime gets a write conflict and is repeated.
    """
    state = await _change(await generations(tx), tx)
    found = [state.current, *([state.building.generation] if state.building else [])]
    touch = {"$inc": {"moves": 1}}  # MongoDB sees no conflict in a write that changes nothing
    await tx.unscoped(PROJECTION).write([UpdateOne(STATE, touch)])
    names = [cursor(generation, producer) for generation in found for producer in COUNTED]
    await tx.unscoped(CURSORS).write([UpdateOne({"_id": name}, touch, upsert=True) for name in names])
    return found


async def cursors(access: Access) -> Cursors:
    """Cursors of the generation in use and of the one that is being built, and a sentence about rebuilds."""
    state = await generations(access)
    building = state.building.generation if state.building else 0
    return Cursors(
        tuple(cursor(state.current, producer) for producer in COUNTED),
        tuple(cursor(building, producer) for producer in COUNTED) if building else (),
        (await _sentence(state, access),),
    )


async def _sentence(state: Generations, access: Access) -> str:
    said = "rebuild of the counters: "
    if building := state.building:
        lease = access.unscoped(PROJECTION).find({"_id": BUILDER}, {"held": HELD})
        works = [one["held"] async for one in lease] == [True]
        said += f"generation {building.generation} is being built, {_asked(building.request)}"
        said += "" if works else "; no process works on it now, the next one of reporting goes on"
        return said + (f"; the next one is waiting, {_asked(state.request)}" if state.request else "")
    return said + (f"waiting, {_asked(state.request)}" if state.request else "none")


def _asked(request: Request) -> str:
    return f"asked for at {request.asked_at:%Y-%m-%d %H:%M:%S} UTC by {request.by}"


async def _change(state: Generations, tx: Transaction, **changes: object) -> Generations:
    changed = msgspec.structs.replace(state, **changes)
    await tx.unscoped(PROJECTION).write([UpdateOne(STATE, {"$set": to_document(changed)}, upsert=True)])
    return changed
