"""What organisations can be asked to do, and what is announced of them."""

from datetime import date
from typing import ClassVar

import msgspec

from services.kernel.messages import ANY_OFFICE, Command, Event, Role
from services.kernel.rows import ByKeys
from services.kernel.units import UnitOnDay
from services.registration.events import BodyKind


class RegisterOrganisation(Command, frozen=True, kw_only=True):
    """`on`: a day on which the unit existed; today when left out."""

    subject: ClassVar[str] = "command.registration.register-organisation"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER, Role.OPERATOR})

    name: str
    kind: BodyKind
    unit: str
    on: date | None = None


class OrganisationsById(ByKeys, frozen=True, kw_only=True):
    subject: ClassVar[str] = "query.registration.organisations-by-id"
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class OrganisationRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of today."""

    id: str
    version: int
    name: str
    kind: BodyKind
    unit: UnitOnDay


class OrganisationRegistered(Event, frozen=True, kw_only=True):
    subject: ClassVar[str] = "event.registration.organisation-registered.v1"

    name: str
    kind: BodyKind
