"""The public events of a service, numbered without gaps and kept in its database. The stream is a copy of them.

Once told, an event stays as it was told: a later program may tell more or other things of the same internal event.
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

PUBLISHED = Unscoped("published", "whoever has a subscriber's key may read all of them")


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """`id`: its number, from 1 on without gaps. `event`: the id of the event. `subject`: the record that it is about.

    `at`: when the internal event was recorded. `trace`: its W3C traceparent.
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
    document = await access.unscoped(PUBLISHED).find_one({"_id": number})
    return from_document(document, Published) if document else None


async def after(access: Access, number: int, most: int) -> list[Published]:
    """At most `most` events with numbers above `number`, in order."""
    found = access.unscoped(PUBLISHED).find({"_id": {"$gt": number}}, sort=[("_id", 1)], limit=most)
    return [from_document(document, Published) async for document in found]


async def publish(told: Sequence[tuple[Recorded, PublicEvent]], service: str, tx: Transaction) -> int:
    """Gives the next numbers to these events. Returns the last one.

    Only the reader that holds the cursor of the service's own log calls it, so no other process numbers meanwhile.
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
    writes = [ReplaceOne({"_id": event.id}, to_document(event), upsert=True) for event in events]
    if writes:
        await tx.unscoped(PUBLISHED).write(writes)
