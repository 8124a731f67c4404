"""What is changed as one: an id, a version that counts its changes from 1, and the unit it was made under."""

from datetime import datetime
from typing import Any, TypeVar

import msgspec


class Aggregate(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    version: int
    unit: str
    """The unit's path on the day it was made. A record keeps it, whatever becomes of the unit."""


S = TypeVar("S", bound=Aggregate)


def changed(state: S, **changes: Any) -> S:
    """The next version."""
    return msgspec.structs.replace(state, version=state.version + 1, **changes)


def about(state: Aggregate, at: datetime) -> dict[str, Any]:
    """What every event says of the aggregate that has just come to this state."""
    return {"key": state.id, "version": state.version, "at": at, "unit": state.unit}
