"""Events that are not counted yet and can concern the units of a report: read from the producer's log."""

import asyncio
from collections.abc import Collection

import msgspec
from nats.aio.client import Client

from services.kernel.log.replay import Replay, replay
from services.kernel.messages import Recorded, Unavailable, unreadable
from services.reporting.domain import can_concern
from services.reporting.measures import COUNTED
from services.reporting.messages import Position

MOST_READ = 500
"""Events that a report reads from a producer's log, at most."""
PATIENCE = 1.0
"""Seconds that a report waits for a producer's log, at most."""


async def waiting_here(units: Collection[str], position: Position, nats: Client) -> Position:
    """The position with `waiting_here`, if the producer tells it in time."""
    waiting = 0 if position.head is None else position.head - position.applied
    if not 0 < waiting <= MOST_READ:
        return position
    try:
        async with asyncio.timeout(PATIENCE):
            page = await replay(nats, position.producer, Replay(position.applied, waiting))
    except (Unavailable, TimeoutError):
        return position
    if [event.seq for event in page.events] != list(
        range(position.applied + 1, position.applied + waiting + 1)
    ):
        return position
    here = sum(_concerns(units, event, position.producer) for event in page.events)
    return msgspec.structs.replace(position, waiting_here=here)


def _concerns(units: Collection[str], event: Recorded, producer: str) -> bool:
    counted = {type_.subject for type_ in COUNTED[producer]} | {unreadable(producer)}
    return event.type in counted and any(can_concern(unit, event.data) for unit in units)
