"""An act: one change to a record, with the person who makes it and its two dates."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

_VIETNAM = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Act:
    """`on`: the day on which it happened. `at`: the moment at which it is recorded, which is on the day `today`.

    `by`: the person. `own`: the persons and organisations whose work counts as that person's own.
    """

    by: str
    own: frozenset[str]
    on: date
    today: date
    at: datetime

    @property
    def recorded_on(self) -> date:
        """The day in Viet Nam on which it is recorded."""
        return self.at.astimezone(_VIETNAM).date()

    def dated(self, on: date) -> "Act":
        """The same act, as of another day."""
        return replace(self, on=on)
