"""Every operation by every caller, with the outcome that the table expects."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from tests.access.areas import AREAS, CHANGING, review
from tests.access.people import BY_DELEGATION, DEPUTIES, HOLDERS, OTHERS, Somebody
from tests.access.table import expected, lines, service_of

SUBSCRIBED = ("Subscription.", "ReviewEvent.")
FOR_ANY_STATE = frozenset({"not-permitted", "unauthenticated"})
"""Outcomes that depend on the caller and not on the record: one of its states is enough."""


@dataclass(frozen=True, slots=True)
class Cell:
    operation: str
    state: str
    who: Somebody
    expected: str

    def __str__(self) -> str:
        return f"{self.operation} ({self.state}) by {self.who.what}"

    @property
    def changes(self) -> bool:
        return self.expected == "done" and _name(self.operation) in CHANGING

    @property
    def thing(self) -> str:
        """The state of the record, for any caller."""
        if self.state in ("own", "own-organisation"):
            return "open" if _name(self.operation) in review.CHANGING else "submitted"
        return self.state.removeprefix("own-")


def cells(section: str, service: str) -> Iterator[Cell]:
    told: set[tuple[str, Somebody]] = set()
    for (operation, state), found in groupby(lines(section, service), lambda line: line[:2]):
        candidates = list(found)
        for somebody in [] if operation.startswith(SUBSCRIBED) else _everybody(section, state):
            outcome = expected(candidates, somebody)
            if outcome not in FOR_ANY_STATE or (operation, somebody) not in told:
                yield Cell(operation, state, somebody.in_state(state), outcome)
            if outcome in FOR_ANY_STATE:
                told.add((operation, somebody))


def _everybody(section: str, state: str) -> list[Somebody]:
    if state.startswith("own"):
        return HOLDERS
    deputies = [d for d in DEPUTIES if section == "services" or d.relation in BY_DELEGATION]
    return [*HOLDERS, *deputies, *OTHERS]


def _name(operation: str) -> str:
    return operation.partition(".")[2]


SECTIONS = ("services", "gateway")
SERVICES = sorted({service_of(area) for area in AREAS})
CELLS = {(section, service): list(cells(section, service)) for section in SECTIONS for service in SERVICES}
