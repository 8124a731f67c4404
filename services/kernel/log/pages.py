"""Answers requests for pages of the own log."""

import msgspec

from services.kernel import telemetry
from services.kernel.log.replay import Replay
from services.kernel.mongo.store import Store

MOST = 1000
"""Events of a page, at most."""
PAGE_BYTES = 512 * 1024
"""A page stays below NATS's payload limit of 1 MiB, unless its only event is larger."""


async def answer(store: Store, body: bytes) -> bytes:
    """The encoded `Page` that the encoded `Replay` asks the producer for; empty if that cannot be read."""
    try:
        wanted = msgspec.json.decode(body, type=Replay)
    except msgspec.DecodeError as error:
        telemetry.log.warning("replay request cannot be read", why=str(error))
        return b""
    at, found = await store.after(wanted.after, min(wanted.limit, MOST))
    events: list[msgspec.Raw] = []
    size = 0
    for one in found:
        event = msgspec.json.encode(one)
        if events and size + len(event) > PAGE_BYTES:
            break
        events.append(msgspec.Raw(event))
        size += len(event)
    return msgspec.json.encode({"head": await store.head(), "at": at, "events": events})
