"""A place in a producer's log."""

from typing import NamedTuple


class Position(NamedTuple):
    """The number of an event and its id: two logs that diverged have different ids at the same number.

    The default is the place before the first event.
    """

    seq: int = 0
    event: str = ""
