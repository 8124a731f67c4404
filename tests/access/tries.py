"""One request by one caller for one record, and parts that most requests share."""

from dataclasses import dataclass
from typing import Any

import msgspec

from services.kernel.messages import Command, Role
from services.kernel.rows import Fields
from tests.access.people import PLACE, Somebody

ID: Fields = {"id": "id"}
THEN = f"{PLACE}@2019-06-01"

NODE = "query($id: ID!) { node(id: $id) { ... on %s { %s } } }"
"""A field of a record of this type."""
PAGE = "query($after: String!) { %s(first: 1, after: $after%s) { edges { node { id } } } }"
"""The first record of a list after a cursor, with further arguments."""


@dataclass(frozen=True, slots=True)
class Try:
    """A caller asks for a record."""

    operation: str
    state: str
    who: Somebody
    thing: str

    @property
    def role(self) -> Role:
        grants = self.who.caller.grants
        return grants[0].role if grants else Role.OFFICER


def newer_than(thing: str) -> str:
    """A cursor that is directly before this record, in a list with the newest first."""
    kind, _, number = thing.partition("_")
    return f"{kind}_{int(number, 16) + 1:024x}"


def waits_after(thing: str, due: str = "2019-12-31") -> str:
    """The cursor directly before this record in `toDo`. `due`: the deadline of the record."""
    number = thing.rpartition("_")[2]
    return f"{due}/{int(number, 16) - 1:024x}"


def entered(command: Command) -> dict[str, Any]:
    """A command as the input of its mutation."""
    values: dict[str, Any] = msgspec.to_builtins(command)
    return {_camel(name): value for name, value in values.items()}


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.title() for word in more)
