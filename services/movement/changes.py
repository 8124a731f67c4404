"""A changed value of a record, as history and corrections show it, and the facts that figures count instead."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Generic, TypeVar

import msgspec

F = TypeVar("F")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A changed field, as texts before and after; None for no value."""

    field: str
    before: str | None
    after: str | None


def text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def changes(before: object, after: object | None, names: Iterable[str]) -> tuple[Change, ...]:
    """The differences between two states. `after`: None when nothing is left."""
    found = []
    for name in names:
        was, now = getattr(before, name), getattr(after, name, None)
        # 5.0 and 5 are one amount in two texts.
        if was != now and text(was) != text(now):
            found.append(Change(field=name, before=text(was), after=text(now)))
    return tuple(found)


class Restated(msgspec.Struct, Generic[F], frozen=True, kw_only=True):
    """A correction that changed figures: its version, the day on which it took effect, the facts before and after."""

    version: int
    on: date
    struck: tuple[F, ...]
    counted: tuple[F, ...]


def restated(before: Mapping[Any, F], after: Mapping[Any, F]) -> tuple[tuple[F, ...], tuple[F, ...]]:
    """The counted facts that a correction strikes, and those that count instead. The keys name the facts."""
    struck = tuple(fact for key, fact in before.items() if after.get(key) != fact)
    counted = tuple(fact for key, fact in after.items() if before.get(key) != fact)
    return struck, counted
