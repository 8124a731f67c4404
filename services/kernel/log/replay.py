"""Reading a producer's log from another process: the request and its answer.

The log is the truth. A stream may lack events, or hold events that a restored log no longer has.
"""

from typing import Annotated

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.kernel.log.position import Position
from services.kernel.messages import Recorded, Unavailable

Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Replay(msgspec.Struct, frozen=True):
    """Asks for a `Page` of a producer's log: at most `limit` events with numbers above `after`, in order."""

    after: Number
    limit: Number = 500


class Page(msgspec.Struct, frozen=True):
    """Events of a producer's log. `head`: the log's highest number.

    `at`: the id of the event with the number `after`; empty if the log has no event with this number.
    """

    head: int
    at: str
    events: list[Recorded]


def replay_subject(producer: str) -> str:
    return f"replay.{producer}"


async def head(nats: Client, producer: str) -> int:
    """The last number in a producer's log. Its stream may not have the event yet."""
    return (await replay(nats, producer, Replay(0, 0))).head


async def end(nats: Client, producer: str) -> Position:
    """The last event in a producer's log."""
    last = await head(nats, producer)
    return Position(last, (await replay(nats, producer, Replay(last, 0))).at)


async def replay(nats: Client, producer: str, wanted: Replay) -> Page:
    """A page of the producer's log. `Unavailable` without an answer that can be read within 5 seconds."""
    try:
        reply = await nats.request(replay_subject(producer), msgspec.json.encode(wanted), timeout=5)
    except (NatsError, TimeoutError) as error:
        raise Unavailable(f"{producer} does not answer") from error
    try:
        return msgspec.json.decode(reply.data, type=Page)
    except msgspec.DecodeError as error:
        raise Unavailable(f"{producer} answers with a page that cannot be read: {error}") from error
