"""What organisations can be asked to do, and what is announced of them."""

from datetime import date
from typing import ClassVar

import msgspec

from services.kernel.messages import Command, Event, Query, Role
from services.registration.events import BodyKind


class RegisterOrganisation(Command, frozen=True, kw_only=True):
    """`on`: a day on which the unit existed; today when left out."""

    subject: ClassVar[str] = "command.registration.register-organisation"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER, Role.OPERATOR})

    name: str
    kind: BodyKind
    unit: str
    on: date | None = None


class OrganisationsById(Query, frozen=True, kw_only=True):
    subject: ClassVar[str] = "query.registration.organisations-by-id"

    ids: tuple[str, ...]


class OrganisationRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    version: int
    name: str
    kind: BodyKind
    unit: str


class OrganisationRegistered(Event, frozen=True, kw_only=True):
    subject: ClassVar[str] = "event.registration.organisation-registered.v1"

    name: str
    kind: BodyKind
