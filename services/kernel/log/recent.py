"""The newest events of a log, in memory: the stream and every reader need them within seconds of their numbering."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from services.kernel.messages import Recorded

MOST = 2000
"""Most events kept in memory. Older ones are read from the log."""


class Recent:
    """Events of one log with consecutive numbers."""

    def __init__(self) -> None:
        self._events: deque[Recorded] = deque(maxlen=MOST)

    def add(self, events: Sequence[Recorded]) -> None:
        """Keeps these events too. If they do not follow the events kept so far, those are dropped."""
        if events and self._events and events[0].previous != self._events[-1].id:
            self._events.clear()
        self._events.extend(events)

    def clear(self) -> None:
        """Drops all events, such as after a restore of the log."""
        self._events.clear()

    def after(self, seq: int, most: int) -> list[Recorded]:
        """At most `most` events after this number; none if the event that follows it is not kept."""
        if not self._events or not self._events[0].seq <= seq + 1 <= self._events[-1].seq:
            return []
        first = seq + 1 - self._events[0].seq
        return list(islice(self._events, first, first + most))
