"""Repository: records that change as a whole, one version after the other."""

from typing import Any, TypeVar

import msgspec

from services.kernel.act import Act


class Aggregate(msgspec.Struct, frozen=True, kw_only=True):
    """`version` counts the changes, from 1. `unit`: the unit's path on the day on which the record was made.

    A record keeps its unit, even if the unit is later renamed, moved or ended.
    """

    id: str
    version: int
    unit: str

    @property
    def next_version(self) -> int:
        return self.version + 1


S = TypeVar("S", bound=Aggregate)


def changed(state: S, /, **changes: Any) -> S:
    """The next version, with these fields changed."""
    return msgspec.structs.replace(state, version=state.next_version, **changes)


def about(state: Aggregate, act: Act) -> dict[str, Any]:
    """The fields that every event has, for the event of `act` that led to this version."""
    return {"key": state.id, "version": state.version, "at": act.at, "unit": state.unit}
