"""Lists of delegations: those of the caller, and those in the units of an operator."""

from collections.abc import Iterator

from services.kernel.messages import Role
from services.kernel.mongo.access import Access, Documents
from services.registration.delegations.messages import DELEGATION, DelegationsPage
from tests.platform.explain.lists import Listed, pages

WHERE = "registration.delegations"


def of_operator(access: Access) -> Documents:
    return access.personal("delegations", Role.OPERATOR)


def of_oneself(access: Access) -> Documents:
    return access.personal("delegations")


def lists() -> Iterator[Listed]:
    for side in ("giver", "receiver"):
        for seen in (of_operator, of_oneself):
            yield from pages(DelegationsPage, WHERE, DELEGATION, {side: "x"}, seen)
