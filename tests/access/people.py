"""All callers: each role in each relation to one unit, by grant and by delegation, and callers without a role."""

from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from services.kernel.calendar import today
from services.kernel.caller import ANYBODY, Caller, Grant
from services.kernel.messages import ANY_OFFICE, Role

PLACE = "u080"
"""The unit of all records: a town, until 2025-06-30."""
RELATIONS = {
    "own": PLACE,
    "above": "u10",
    "below": "u02635",
    "beside": "u082",
    "elsewhere": "u450",
    "its id begins ours": "u08",
    "its id begins with ours": "u08005",
}
INSIDE = frozenset({"own", "above"})
BY_DELEGATION = frozenset({"own", "beside", "its id begins ours"})
"""Relations in which delegated roles are also tried through the gateway. Each needs a delegation."""
DRAFTER = "drafter"
"""The caller who drafted and submitted all models."""
OWN = frozenset({"own", "own-recognised"})
"""States in which the caller is the drafter."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """`names`: names in the table. `giver`: the caller who delegated the role, if any."""

    what: str
    caller: Caller
    names: frozenset[str] = frozenset()
    relation: str = "own"
    giver: Caller | None = None
    expired: bool = False

    @property
    def inside(self) -> bool:
        return self.relation in INSIDE

    @property
    def anonymous(self) -> bool:
        return self.caller is ANYBODY or self.expired

    def in_state(self, state: str) -> "Somebody":
        """The same caller; in the states of `OWN`, with the id of the drafter."""
        return (
            replace(self, caller=msgspec.structs.replace(self.caller, id=DRAFTER)) if state in OWN else self
        )

    def acting_for(self, organisation: str) -> "Somebody":
        grants = tuple(msgspec.structs.replace(g, organisation=organisation) for g in self.caller.grants)
        return replace(self, caller=msgspec.structs.replace(self.caller, grants=grants))


def holder(role: Role, relation: str) -> Somebody:
    unit = RELATIONS[relation]
    caller = Caller(id=f"{role} {unit}", name="", grants=(Grant(role=role, unit=unit),))
    return Somebody(f"{role}, {relation}", caller, frozenset({role, "any"}), relation)


def deputy(role: Role, relation: str) -> Somebody:
    giver = holder(role, relation).caller
    (grant,) = giver.grants
    held = msgspec.structs.replace(grant, giver=giver.id, until=today() + timedelta(days=1))
    caller = Caller(id=f"deputy {giver.id}", name="", grants=(held,))
    names = frozenset({role, "any", "delegated"})
    return Somebody(f"delegated {role}, {relation}", caller, names, relation, giver)


HOLDERS = [holder(role, relation) for role in sorted(ANY_OFFICE) for relation in RELATIONS]
DEPUTIES = [deputy(role, relation) for role in sorted(ANY_OFFICE) for relation in RELATIONS]


def _all_roles(what: str, **dates: object) -> Somebody:
    grants = tuple(
        msgspec.convert({"role": role, "unit": PLACE, **dates}, Grant, strict=False) for role in ANY_OFFICE
    )
    return Somebody(what, Caller(id=what, name="", grants=grants))


NOBODY = Somebody("no token", ANYBODY)
EXPIRED = Somebody("an expired token", HOLDERS[0].caller, expired=True)
OTHERS = [
    NOBODY,
    EXPIRED,
    Somebody("no grant", Caller(id="stranger", name="")),
    Somebody("the public's role", Caller(id="public", name="", grants=ANYBODY.grants)),
    _all_roles("all roles, until yesterday", until=today() - timedelta(days=1)),
    _all_roles("all roles, from tomorrow", since=today() + timedelta(days=1)),
]
