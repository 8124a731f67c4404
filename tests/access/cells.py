"""Every operation by every caller, with the outcome that the table expects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from zlib import crc32

from services.kernel.messages import ANY_OFFICE
from tests.access.areas import AREAS, CHANGING, review
from tests.access.people import BY_DELEGATION, DEPUTIES, HOLDERS, OTHERS, Somebody
from tests.access.table import expected, lines, service_of

SUBSCRIBED = ("Subscription.", "ReviewEvent.")
NEAR = frozenset({"own", "above", "below"})
FAR = ("beside", "elsewhere", "its id begins ours", "its id begins with ours")
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
        for somebody in [] if operation.startswith(SUBSCRIBED) else _everybody(section, operation, state):
            outcome = expected(candidates, somebody)
            if outcome not in FOR_ANY_STATE or (operation, somebody) not in told:
                yield Cell(operation, state, somebody.in_state(state), outcome)
            if outcome in FOR_ANY_STATE:
                told.add((operation, somebody))


def _everybody(section: str, operation: str, state: str) -> list[Somebody]:
    """Every role in the unit, above and below it, and in two of the other relations; callers without a role.

    Each of the other relations is tried by half of the roles for each operation and state. A delegated role
    is tried in the unit and in one other relation.
    """
    turn = crc32(f"{operation} {state}".encode())
    holders = [one for one in HOLDERS if one.relation in NEAR or one.relation in _turns(FAR, 2, turn, one)]
    if state.startswith("own"):
        return holders
    far = [name for name in ("above", "below", *FAR) if section == "services" or name in BY_DELEGATION]
    deputies = [one for one in DEPUTIES if one.relation == "own" or one.relation in _turns(far, 1, turn, one)]
    return [*holders, *deputies, *OTHERS]


def _turns(names: Sequence[str], many: int, turn: int, somebody: Somebody) -> list[str]:
    """The given number of names. The next role and the next turn get other names."""
    (grant,) = somebody.caller.grants
    first = turn + sorted(ANY_OFFICE).index(grant.role)
    return [names[(first + number) % len(names)] for number in range(many)]


def _name(operation: str) -> str:
    return operation.partition(".")[2]


SECTIONS = ("services", "gateway")
SERVICES = sorted({service_of(area) for area in AREAS})
CELLS = {(section, service): list(cells(section, service)) for section in SECTIONS for service in SERVICES}
