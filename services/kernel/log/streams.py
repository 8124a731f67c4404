"""The JetStream stream of each producer, a copy of its log with its numbers, and what is said around it."""

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError, NotFoundError

from services.kernel.messages import Recorded, Unavailable


def name(producer: str) -> str:
    return f"danvan-{producer}"


def subjects(producer: str) -> str:
    return f"event.{producer}.>"


async def ensure(js: JetStreamContext, producer: str) -> None:
    """Made when missing, brought to our settings otherwise: for operators, who may change a stream."""
    try:
        await js.update_stream(_settings(producer))
    except NotFoundError:
        await make(js, producer)


async def make(js: JetStreamContext, producer: str) -> None:
    """Made when missing: as much as a producer may do itself, or it could have its stream take in what others say."""
    try:
        await js.add_stream(_settings(producer))
    except BadRequestError as error:
        if error.err_code != 10058:  # in use, with other settings
            raise


def _settings(producer: str) -> StreamConfig:
    """Nothing ages out: a stream is cheap to make anew."""
    return StreamConfig(
        name=name(producer),
        subjects=[subjects(producer)],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        # Sequence numbers tell duplicates apart; a message id would swallow the republishing of a wiped stream.
        duplicate_window=0.1,
        allow_direct=True,
    )


async def last(js: JetStreamContext, producer: str) -> int:
    """The stream's last sequence number, which outlives purged messages; 0 for a new stream."""
    info = await js.stream_info(name(producer))
    return info.state.last_seq


class Heartbeat(msgspec.Struct, frozen=True):
    """`last` is the highest number given out; whoever has seen less has missed something."""

    last: int


def heartbeat_subject(producer: str) -> str:
    return f"heartbeat.{producer}"


def nudge_subject(producer: str) -> str:
    return f"nudge.{producer}"


class Replay(msgspec.Struct, frozen=True):
    """A page out of a producer's log: events numbered above `after`, at most `limit` of them.

    `newest`: from the newest on, backwards.
    """

    after: int
    limit: int = 500
    newest: bool = False


def replay_subject(producer: str) -> str:
    return f"replay.{producer}"


async def head(nats: Client, producer: str) -> int:
    """The last number that a producer has given out, from its log: its stream may not have it yet."""
    body = msgspec.json.encode(Replay(0, 1, newest=True))
    try:
        reply = await nats.request(replay_subject(producer), body, timeout=5)
    except (NatsError, TimeoutError) as error:
        raise Unavailable(f"{producer} does not answer") from error
    events = msgspec.json.decode(reply.data, type=list[Recorded])
    return events[0].seq if events else 0
