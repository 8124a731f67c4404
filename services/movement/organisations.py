"""Organisations as dated values: the names and kinds they had, and the days on which they existed."""

from datetime import date
from typing import Protocol

import msgspec

from services.kernel.messages import Refused
from services.movement.words import BodyKind


class OrganisationName(msgspec.Struct, frozen=True, kw_only=True):
    """Name and kind from `since` (included; None: unknown) to `until` (excluded; None: still in use)."""

    name: str
    kind: BodyKind
    since: date | None = None
    until: date | None = None


class DatedOrganisation(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation as other services copy it. `names` are in the order of time.

    `merged_into`: id of the organisation of which this is a second entry.

    `unit`: path of its unit. `former_units`: paths of the ended units before it.

    `ended_on`: first day without it. `successor`: id of the organisation that took over.
    """

    id: str
    version: int
    unit: str
    names: tuple[OrganisationName, ...]
    ended_on: date | None = None
    successor: str | None = None
    merged_into: str | None = None
    former_units: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its present name, or its last."""
        return self.names[-1].name

    @property
    def began_on(self) -> date | None:
        return self.names[0].since

    def named_on(self, day: date) -> OrganisationName:
        """Its name on that day; before the first known day, its first name."""
        return next((name for name in self.names if name.until is None or day < name.until), self.names[-1])


class Lasting(Protocol):
    """An organisation with the days on which it existed."""

    @property
    def name(self) -> str: ...

    @property
    def began_on(self) -> date | None: ...

    @property
    def ended_on(self) -> date | None: ...

    @property
    def successor(self) -> str | None: ...


def in_being(organisation: Lasting, day: date, *fields: str) -> None:
    """Refused on a day before its first or after its last. `fields`: inputs that hold the organisation and the day."""
    began, ended = organisation.began_on, organisation.ended_on
    if began and day < began:
        raise Refused(
            "organisation-not-yet",
            *fields,
            vi=f"“{organisation.name}” có từ ngày {began:%d/%m/%Y}, chưa có vào ngày {day:%d/%m/%Y}.",
            en=f"“{organisation.name}” began on {began}: it did not exist on {day}.",
        )
    if ended and day >= ended:
        heir = organisation.successor
        raise Refused(
            "organisation-ended",
            *fields,
            vi=f"“{organisation.name}” đã kết thúc hoạt động từ ngày {ended:%d/%m/%Y}"
            + (f"; kế thừa: {heir}." if heir else "."),
            en=f"“{organisation.name}” ended on {ended}" + (f"; {heir} succeeds it." if heir else "."),
        )
