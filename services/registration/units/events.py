"""What can be asked about administrative units, and what is announced of them."""

from datetime import date
from typing import ClassVar

from services.kernel.messages import Command, Event, Query, Role
from services.kernel.units import DatedUnit, Predecessor, Spell


class RecordUnits(Command, frozen=True, kw_only=True):
    """At most 500 at a time, parents before children or in an earlier call. Those known as they are stay untouched."""

    subject: ClassVar[str] = "command.registration.record-units"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OPERATOR})

    units: tuple[DatedUnit, ...]


class UnitsById(Query, frozen=True, kw_only=True):
    subject: ClassVar[str] = "query.registration.units-by-id"

    ids: tuple[str, ...]


class UnitsByCode(Query, frozen=True, kw_only=True):
    """The unit that had this national code on that day, with its lineage: none or one."""

    subject: ClassVar[str] = "query.registration.units-by-code"

    code: str
    on: date


class ChildUnits(Query, frozen=True, kw_only=True):
    """Those directly below `unit` that day, by code: at most `first` after the one with the code `after`."""

    subject: ClassVar[str] = "query.registration.child-units"

    unit: str
    on: date
    first: int
    after: str | None = None


class UnitRecorded(Event, frozen=True, kw_only=True):
    """A unit as it is known from now on, with its whole history; `unit` is its newest path."""

    subject: ClassVar[str] = "event.registration.unit-recorded.v1"

    spells: tuple[Spell, ...]
    predecessors: tuple[Predecessor, ...]

    def dated(self) -> DatedUnit:
        return DatedUnit(id=self.key, spells=self.spells, predecessors=self.predecessors)
