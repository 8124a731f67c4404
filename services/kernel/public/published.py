"""The public events of a service, numbered without gaps and kept in its database. The stream is a copy of them.

A published event never changes, even if a later version of the program would make another one of the same internal
event.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from services.kernel.messages import Recorded
from services.kernel.mongo.access import Access, Unscoped
from services.kernel.mongo.codec import from_document, to_document
from services.kernel.mongo.driver import ReplaceOne
from services.kernel.mongo.transaction import Transaction
from services.kernel.public.events import PublicEvent, type_of

PUBLISHED = Unscoped("published", "every subscriber may read all of them")


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """`id`: its number, from 1 on without gaps. `event`: the id of the event. `subject`: the id of the record.

    `at`: when the internal event was recorded, in UTC. `trace`: its W3C traceparent, if it has one.
    """

    id: int
    event: str
    type: str
    subject: str
    at: datetime
    trace: str | None
    data: dict[str, Any]


async def last(access: Access) -> int:
    """The last number; 0 if nothing was published."""
    found = access.unscoped(PUBLISHED).find({}, sort=[("_id", -1)], limit=1)
    return max([int(document["_id"]) async for document in found], default=0)


async def at(access: Access, number: int) -> Published | None:
    """The event with this number; None if there is none."""
    document = await access.unscoped(PUBLISHED).find_one({"_id": number})
    return from_document(document, Published) if document else None


async def after(access: Access, number: int, most: int) -> list[Published]:
    """At most `most` events with numbers above `number`, in order."""
    found = access.unscoped(PUBLISHED).find({"_id": {"$gt": number}}, sort=[("_id", 1)], limit=most)
    return [from_document(document, Published) async for document in found]


async def publish(told: Sequence[tuple[Recorded, PublicEvent]], service: str, tx: Transaction) -> int:
    """Numbers these events and keeps them. Returns the last number. Each event comes with the internal event behind it.

    Only the reader that holds the cursor of the service's own log calls this, so no other process gives numbers at
    the same time.
    """
    number = await last(tx)
    events = [
        Published(
            id=number + place,
            event=recorded.id,
            type=type_of(service, event.name),
            subject=recorded.key,
            at=recorded.recorded_at,
            trace=recorded.trace,
            data=msgspec.to_builtins(event),
        )
        for place, (recorded, event) in enumerate(told, 1)
    ]
    await keep(events, tx)
    return number + len(events)


async def keep(events: Sequence[Published], tx: Transaction) -> None:
    """Writes these events under their numbers. An event that is there already is replaced."""
    writes = [ReplaceOne({"_id": event.id}, to_document(event), upsert=True) for event in events]
    if writes:
        await tx.unscoped(PUBLISHED).write(writes)
