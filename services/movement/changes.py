"""A changed value of a record, as history and corrections show it: before and after, as texts."""

from collections.abc import Iterable

import msgspec


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
