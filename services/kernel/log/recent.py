"""The events of a log that got their numbers last, in memory: each reader and the stream need them within seconds."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from services.kernel.messages import Recorded

MOST = 2000
"""Events kept. Older ones are read from the log."""


class Recent:
    """Events of one log with consecutive numbers."""

    def __init__(self) -> None:
        self._events: deque[Recorded] = deque(maxlen=MOST)

    def add(self, events: Sequence[Recorded]) -> None:
        """Those kept before are dropped if the first of these does not follow them."""
        if events and self._events and events[0].previous != self._events[-1].id:
            self._events.clear()
        self._events.extend(events)

    def clear(self) -> None:
        self._events.clear()

    def after(self, seq: int, most: int) -> list[Recorded]:
        """At most `most` events after this number; none if the event that follows it is not kept."""
        if not self._events or not self._events[0].seq <= seq + 1 <= self._events[-1].seq:
            return []
        first = seq + 1 - self._events[0].seq
        return list(islice(self._events, first, first + most))
