"""The JetStream stream of each producer: a copy of its log, with the same numbers. And the messages about it."""

from datetime import datetime
from typing import Any

import msgspec
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError, NotFoundError


def name(producer: str) -> str:
    return f"danvan-{producer}"


def subjects(producer: str) -> str:
    return f"event.{producer}.>"


async def ensure(js: JetStreamContext, producer: str) -> None:
    """Creates the stream, or gives it our settings: for operators, who may change a stream."""
    try:
        await js.update_stream(_settings(producer))
    except NotFoundError:
        await make(js, producer)


async def make(js: JetStreamContext, producer: str) -> None:
    """Creates a missing stream. A producer may not change one: it could add subjects of others to its stream."""
    try:
        await js.add_stream(_settings(producer))
    except BadRequestError as error:
        if error.err_code != 10058:  # in use, with other settings
            raise


def _settings(producer: str) -> StreamConfig:
    return kept(name(producer), subjects(producer), allow_direct=True)


def kept(name: str, subjects: str, **more: Any) -> StreamConfig:
    """A stream whose messages do not expire. A lost one is cheap to create again. `more`: further settings."""
    return StreamConfig(
        name=name,
        subjects=[subjects],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        # Sequence numbers detect duplicates. With message ids, NATS would drop the events that refill a wiped stream.
        duplicate_window=0.1,
        **more,
    )


async def last(js: JetStreamContext, producer: str) -> int:
    """The stream's last sequence number, also when its messages were purged; 0 for a new stream."""
    info = await js.stream_info(name(producer))
    return info.state.last_seq


class Heartbeat(msgspec.Struct, frozen=True):
    """`last`: the producer's highest number; `event`: the id of that event.

    A reader with a lower number has missed an event. A reader with this number and another event has read another log.
    The producer sends it as long as it can read its log. `stream_agrees`: whether the stream is a copy of the log as
    far as the stream goes. `problem`: why the producer cannot number events or cannot append them to its stream.
    `stalled`: when the oldest event was recorded that waits for a number, if none gets one.
    """

    last: int
    event: str = ""
    stream_agrees: bool = True
    problem: str | None = None
    stalled: datetime | None = None
    every: float = 1.0
    """Seconds between two heartbeats."""
    epoch: str = ""
    """Changes with the process that numbers events, and when that process finds that the log was restored: then each
    reader must ask the log whether it still has the event of its position.
    """


def heartbeat_subject(producer: str) -> str:
    return f"heartbeat.{producer}"


def nudge_subject(producer: str) -> str:
    return f"nudge.{producer}"
