"""Delegations."""

from uuid import uuid4

from services.registration.delegations.messages import (
    DelegateRole,
    DelegationsById,
    DelegationsPage,
    EffectiveGrants,
    RevokeDelegation,
)
from tests.access.people import PLACE
from tests.access.tries import ID, NODE, PAGE, newer_than
from tests.access.world import in_a_week

MESSAGES = {
    "registration.delegate-role": lambda t: DelegateRole(
        to=uuid4().hex, role=t.role, unit=PLACE, until=in_a_week()
    ),
    "registration.revoke-delegation": lambda t: RevokeDelegation(delegation=t.thing),
    "registration.delegations-by-id": lambda t: DelegationsById(keys=(t.thing,), fields=ID),
    "registration.delegations-page": lambda t: DelegationsPage(first=1, after=newer_than(t.thing), fields=ID),
    "registration.effective-grants": lambda t: EffectiveGrants(),
}
INPUTS = {
    "delegateRole": lambda t: {
        "to": uuid4().hex,
        "role": t.role.name,
        "unit": PLACE,
        "until": f"{in_a_week()}",
    },
    "revokeDelegation": lambda t: {"delegation": t.thing},
}
QUERIES = {
    "Query.delegations": PAGE % ("delegations", ""),
    "Delegation.unit": NODE % ("Delegation", "unit { id }"),
}
CHANGING = {"revoke-delegation", "revokeDelegation"}
