"""Reads documents of the log as events. A document that is no event becomes one that says so."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.kernel.messages import Recorded, unreadable
from services.kernel.mongo.codec import from_document

LARGEST = 4_000_000
"""Bytes of an event as JSON, at most: NATS takes messages of 4 MiB."""
LONGEST_TYPE = 200
_TYPE = re.compile(r"event(\.[A-Za-z0-9_-]+){2,}")


def id_of(document: Mapping[str, Any]) -> str:
    return str(document["_id"])


def recorded(document: Mapping[str, Any], previous: str, producer: str) -> Recorded:
    """The event of a document in the producer's log. `previous`: the id of the event before it.

    A document that cannot be read or sent is replaced by an event of the same id and number, whose type is
    `unreadable`: numbers have no gaps, and each reader can set the event aside.
    """
    try:
        event = from_document({**document, "previous": previous}, Recorded)
        why = _fault(event, producer)
    except Exception as error:  # any error at all: a document that nobody foresaw must not stop the others
        why = f"{type(error).__name__}: {error}"
    else:
        if not why:
            return event
    return _unreadable(document, previous, producer, why)


def _fault(event: Recorded, producer: str) -> str:
    """Why the event cannot be sent; empty if it can. Raises when it is no JSON."""
    if not (event.type.startswith(f"event.{producer}.") and _TYPE.fullmatch(event.type)):
        return f"“{event.type[:LONGEST_TYPE]}” is no type of {producer}'s events"
    if len(event.type) > LONGEST_TYPE:
        return f"its type has more than {LONGEST_TYPE} characters"
    if len(msgspec.json.encode(event)) > LARGEST:
        return f"it has more than {LARGEST} bytes"
    return ""


def _unreadable(document: Mapping[str, Any], previous: str, producer: str, why: str) -> Recorded:
    at = document.get("recorded_at")
    at = at if isinstance(at, datetime) else datetime.fromtimestamp(0, UTC)
    return Recorded(
        id=id_of(document),
        seq=int(document["seq"]),
        type=unreadable(producer),
        recorded_at=at,
        caller="",
        trace=None,
        cause=None,
        data={"key": "", "version": 0, "at": at.isoformat(), "unit": "", "why": why[:500]},
        previous=previous,
    )
