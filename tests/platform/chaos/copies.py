"""Checks of a log and its stream that hold after any kill."""

from collections import defaultdict

import msgspec
import nats
from nats.aio.client import Client as Nats
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from services.kernel.log import streams
from services.kernel.messages import Recorded
from services.kernel.mongo.driver import Database

PAGE = 500


async def ids_in_log(db: Database) -> list[str]:
    """The ids of the log's events by number. Checks that numbers and the versions of each key are 1, 2, 3 …"""
    documents = [document async for document in db.log.find().sort("seq", 1)]
    assert [document["seq"] for document in documents] == list(range(1, len(documents) + 1))
    versions: dict[str, list[int]] = defaultdict(list)
    for document in documents:
        versions[document["key"]].append(document["version"])
    for key, found in versions.items():
        assert found == list(range(1, len(found) + 1)), key
    return [document["_id"] for document in documents]


async def ids_in_stream(connection: Nats, producer: str) -> dict[int, str]:
    """The id of the event at each stream sequence. Checks that the event has the same number."""
    js = connection.jetstream()
    left = (await js.stream_info(streams.name(producer))).state.messages
    reader = await js.pull_subscribe(
        streams.subjects(producer),
        stream=streams.name(producer),
        config=ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL, mem_storage=True),
    )
    found: dict[int, str] = {}
    while left > 0:
        for message in await reader.fetch(min(PAGE, left), timeout=10):
            event = msgspec.json.decode(message.data, type=Recorded)
            assert event.seq == message.metadata.sequence.stream
            assert message.headers
            assert event.id == message.headers["danvan-event"]
            found[event.seq] = event.id
            left -= 1
    await reader.unsubscribe()
    return found


async def length_of_stream(connection: Nats, producer: str) -> int:
    """The stream's last sequence; 0 while there is no stream or no answer."""
    try:
        return await streams.last(connection.jetstream(timeout=1), producer)
    except (nats.errors.Error, TimeoutError):
        return 0


async def assert_stream_is_copy(connection: Nats, db: Database, producer: str) -> None:
    log = await ids_in_log(db)
    assert await ids_in_stream(connection, producer) == dict(enumerate(log, 1))
