"""One try of one thing by somebody, and what most ways of asking have in common."""

from dataclasses import dataclass
from typing import Any

import msgspec

from services.kernel.messages import Command, Role
from services.kernel.rows import Fields
from tests.access.people import PLACE, Somebody

ID: Fields = {"id": "id"}
THEN = f"{PLACE}@2019-06-01"

NODE = "query($id: ID!) { node(id: $id) { ... on %s { %s } } }"
"""Of a thing of this type, this field."""
PAGE = "query($after: String!) { %s(first: 1, after: $after%s) { edges { node { id } } } }"
"""Of a list, with these further arguments, the first behind a cursor."""


@dataclass(frozen=True, slots=True)
class Try:
    """Somebody asks for a thing."""

    operation: str
    state: str
    who: Somebody
    thing: str

    @property
    def role(self) -> Role:
        grants = self.who.caller.grants
        return grants[0].role if grants else Role.OFFICER


def newer_than(thing: str) -> str:
    """The cursor after which, newest first, this thing is the next."""
    kind, _, number = thing.partition("_")
    return f"{kind}_{int(number, 16) + 1:024x}"


def entered(command: Command) -> dict[str, Any]:
    """A command as the input of its mutation."""
    values: dict[str, Any] = msgspec.to_builtins(command)
    return {_camel(name): value for name, value in values.items()}


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.title() for word in more)
