"""Live events for clients: the producer's own sequence, filtered to what the caller may see, resumable by cursor."""

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

from strawberry import ID, Info

from gateway.types import ReviewEventKind
from services.kernel import streams
from services.kernel.calendar import today
from services.kernel.feed import Feed
from services.kernel.messages import EVERY_ROLE, Recorded, Refused
from services.kernel.rows import Row
from services.kernel.units import UnitPath
from services.review.events import ReviewDecided, ReviewNominated, ReviewOpened

PRODUCER = "review"
TYPES = {type_.subject: type_ for type_ in (ReviewOpened, ReviewDecided, ReviewNominated)}


async def review_events(
    info: Info[Any, None], *, after: str | None, unit: ID | None
) -> AsyncGenerator[Row, None]:
    scope = info.context.door.caller.scope(EVERY_ROLE, today())
    nats = info.context.nats
    start = await streams.last(nats.jetstream(), PRODUCER) if after is None else _position(after)
    async with contextlib.aclosing(Feed(nats, PRODUCER, start).batches()) as batches:
        async for events in batches:
            for recorded in events:
                path = str(recorded.data["unit"])
                if (
                    recorded.type in TYPES
                    and scope.covers(path)
                    and (not unit or UnitPath(path).within(unit))
                ):
                    yield _event(recorded)


def _position(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 15):
        raise Refused(
            "cursor-invalid",
            "after",
            vi=f"“{cursor[:20]}” không phải là con trỏ đã nhận từ một sự kiện.",
            en=f"“{cursor[:20]}” is not a cursor that came with an event.",
        )
    return int(cursor)


def _event(recorded: Recorded) -> Row:
    data = recorded.data
    return {
        "cursor": str(recorded.seq),
        "id": recorded.id,
        "kind": ReviewEventKind(recorded.type),
        "at": data["at"],
        "on": data["on"],
        "title": data["title"],
        "verdict": data.get("verdict"),
        "review": recorded.key,
        "model": data["model"],
    }
