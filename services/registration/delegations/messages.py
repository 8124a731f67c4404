"""What delegations can be asked to do, and what is announced of them: grants that one person gives to another."""

from datetime import date
from typing import ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, PUBLIC, Command, Event, Query, Role
from services.kernel.rows import ByFilter, ByKeys
from services.kernel.units import UnitOnDay
from services.kernel.words import Word

DELEGATION = Kind("delegation", "việc ủy quyền", "delegation")


class DelegateRole(Command, frozen=True, kw_only=True):
    """`to`: the person, as the issuer of tokens names them. `since`: today when left out.

    It ends with the giver's own grant at the latest, whatever `until` says.
    """

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    to: str
    role: Role
    unit: str
    since: date | None = None
    until: date


class RevokeDelegation(Command, frozen=True, kw_only=True):
    """For who gave it, who has it, and operators of the unit."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    delegation: str


class Side(Word):
    """Phía nào của việc ủy quyền."""

    GIVEN = "GIVEN", "Người hỏi đã ủy quyền"
    RECEIVED = "RECEIVED", "Người hỏi được ủy quyền"


class DelegationsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first: of who asks, and for operators all of their units."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    side: Side | None = None


class DelegationsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class GrantsDelegated(Query, frozen=True, kw_only=True):
    """What has been delegated to who asks, and is not over: answers a list of `Grant`s.

    For everybody, since it is asked to learn what roles a person has.
    """

    roles: ClassVar[frozenset[Role]] = PUBLIC


class DelegationRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of today. `giver` and `receiver` as the issuer of tokens names them."""

    id: str
    version: int
    giver: str
    receiver: str
    role: Role
    unit: UnitOnDay
    since: date
    until: date
    revoked_on: date | None


class RoleDelegated(Event, frozen=True, kw_only=True):
    giver: str
    receiver: str
    role: Role
    since: date
    until: date


class DelegationRevoked(Event, frozen=True, kw_only=True):
    on: date
