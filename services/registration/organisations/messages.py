"""What organisations can be asked to do, and what is announced of them."""

from datetime import date
from typing import ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Role
from services.kernel.rows import ByFilter, ByKeys
from services.kernel.units import UnitOnDay
from services.movement.words import BodyKind

ORGANISATION = Kind("organisation", "tổ chức", "organisation")

KEEPS = frozenset({Role.OFFICER, Role.OPERATOR})


class RegisterOrganisation(Command, frozen=True, kw_only=True):
    """`on`: a day on which the unit existed; today when left out. `since`: its first day, where that is known."""

    roles: ClassVar[frozenset[Role]] = KEEPS

    name: str
    kind: BodyKind
    unit: str
    on: date | None = None
    since: date | None = None


class RenameOrganisation(Command, frozen=True, kw_only=True):
    """It goes on under another name, or as a body of another kind, from the day `on`; today when left out."""

    roles: ClassVar[frozenset[Role]] = KEEPS

    organisation: str
    name: str
    document: str
    kind: BodyKind | None = None
    on: date | None = None


class EndOrganisation(Command, frozen=True, kw_only=True):
    """`on`: the first day on which it is no more. `successor`: who has its tasks from then on, if anybody."""

    roles: ClassVar[frozenset[Role]] = KEEPS

    organisation: str
    document: str
    successor: str | None = None
    on: date | None = None


class OrganisationFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is left out does not restrict. `unit`: in it or below. `ended`: whether it has an end."""

    unit: str | None = None
    kind: BodyKind | None = None
    ended: bool | None = None


class OrganisationsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: OrganisationFilter = OrganisationFilter()


class OrganisationsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class FormerName(msgspec.Struct, frozen=True, kw_only=True):
    """What it was from `since` (included; None when we do not know) to `until` (excluded), by which document."""

    name: str
    kind: BodyKind
    since: date | None
    until: date
    document: str


class OrganisationRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of today. `since`: the first day of its name. `former`: its earlier names, the first first.

    `ended_on`: the first day on which it is no more. `successor`: an organisation's id.
    """

    id: str
    version: int
    name: str
    kind: BodyKind
    unit: UnitOnDay
    since: date | None
    former: tuple[FormerName, ...]
    ended_on: date | None
    end_document: str | None
    successor: str | None


class OrganisationRegistered(Event, frozen=True, kw_only=True):
    name: str
    kind: BodyKind
    since: date | None = None


class OrganisationRenamed(Event, frozen=True, kw_only=True):
    before: str
    name: str
    kind: BodyKind
    document: str
    on: date


class OrganisationEnded(Event, frozen=True, kw_only=True):
    document: str
    successor: str | None
    on: date
