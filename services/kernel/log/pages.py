"""Answers requests for pages of the own log."""

import msgspec

from services.kernel import telemetry
from services.kernel.log.recent import Recent
from services.kernel.log.replay import Replay
from services.kernel.messages import Recorded
from services.kernel.mongo.store import Store

MOST = 1000
"""Events of a page, at most."""
PAGE_BYTES = 512 * 1024
"""A page stays below NATS's payload limit of 1 MiB, unless its only event is larger."""


async def answer(store: Store, body: bytes, recent: Recent | None = None) -> bytes:
    """The encoded `Page` that the encoded `Replay` asks the producer for; empty if that cannot be read.

    `recent`: the newest events of this log, if this process numbered them.
    """
    try:
        wanted = msgspec.json.decode(body, type=Replay)
    except msgspec.DecodeError as error:
        telemetry.log.warning("replay request cannot be read", why=str(error))
        return b""
    at, found = await _after(wanted.after, min(wanted.limit, MOST), store, recent)
    events: list[msgspec.Raw] = []
    size = 0
    for one in found:
        event = msgspec.json.encode(one)
        if events and size + len(event) > PAGE_BYTES:
            break
        events.append(msgspec.Raw(event))
        size += len(event)
    return msgspec.json.encode({"head": await store.head(), "at": at, "events": events})


async def _after(seq: int, limit: int, store: Store, recent: Recent | None) -> tuple[str, list[Recorded]]:
    kept = recent.after(seq, limit) if recent else []
    # Each event names the event before it. So if the log has the last of these events, it has all of them. A log that
    # was restored since then has another event with that number, or none.
    if kept and await store.event_at(kept[-1].seq) == kept[-1].id:
        return kept[0].previous, kept
    return await store.after(seq, limit)
