"""What can be asked about administrative units, and what is announced of them."""

from datetime import date
from typing import ClassVar

import msgspec

from services.kernel.messages import PUBLIC, Command, Event, Role
from services.kernel.rows import ByFilter, ByKeys, ByOwners, Shows
from services.kernel.units import DatedUnit, Predecessor, Spell, SuccessionKind, UnitLevel, UnitOnDay


class RecordUnits(Command, frozen=True, kw_only=True):
    """At most 500 at a time, parents before children or in an earlier call. Those known as they are stay untouched."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OPERATOR})

    units: tuple[DatedUnit, ...]


class UnitsOnDay(ByKeys, frozen=True, kw_only=True):
    """The keys are `UnitOnDay`s."""

    roles: ClassVar[frozenset[Role]] = PUBLIC


class UnitWithCode(Shows, frozen=True, kw_only=True):
    """The unit that had this national code on that day: one row or None."""

    roles: ClassVar[frozenset[Role]] = PUBLIC

    code: str
    on: date


class ChildUnits(ByOwners, frozen=True, kw_only=True):
    """Those directly below each unit on its day, by code. The keys are `UnitOnDay`s."""

    roles: ClassVar[frozenset[Role]] = PUBLIC


class UnitAncestors(ByOwners, frozen=True, kw_only=True):
    """Those above each unit on its day, from the province up to the country. The keys are `UnitOnDay`s."""

    roles: ClassVar[frozenset[Role]] = PUBLIC


class UnitsBelow(ByFilter, frozen=True, kw_only=True):
    """All that lay under a unit on a day, at whatever depth, by id; of one level if it is named."""

    roles: ClassVar[frozenset[Role]] = PUBLIC

    unit: str
    on: date
    level: UnitLevel | None = None


class UnitsNamed(ByFilter, frozen=True, kw_only=True):
    """Units by a name that they have or had, the nearest first: see `naming.py`. `on`: shown as of that day.

    `within`: that lay, under the name found, in this unit.
    """

    roles: ClassVar[frozenset[Role]] = PUBLIC

    name: str
    on: date
    level: UnitLevel | None = None
    within: str | None = None


class UnitSuccession(ByFilter, frozen=True, kw_only=True):
    """Which units of the day `to` hold what the unit was on the day `since`: later ones, or earlier ones."""

    roles: ClassVar[frozenset[Role]] = PUBLIC

    unit: str
    since: date
    to: date


class UnitNamedRow(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: the one that was found, which it had from `since` to `until`; `former`: not on the day asked for."""

    unit: UnitOnDay
    name: str
    since: date | None
    until: date | None
    former: bool


class UnitHeirRow(msgspec.Struct, frozen=True, kw_only=True):
    """`whole`: all of the earlier unit is in the later one, not only a part. `on`: of the last step between them."""

    unit: UnitOnDay
    whole: bool
    on: date | None
    documents: tuple[str, ...]


class PredecessorRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as it was just before that day."""

    unit: UnitOnDay
    kind: SuccessionKind
    on: date
    main: bool
    document: str | None


class UnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A unit on one day. `on_day`: its own key, for what is below it; `parent`: the one above it, that day."""

    id: str
    on_day: UnitOnDay
    name: str
    code: str
    kind: str
    level: UnitLevel
    since: date | None
    until: date | None
    parent: UnitOnDay | None
    predecessors: tuple[PredecessorRow, ...]


class UnitRecorded(Event, frozen=True, kw_only=True):
    """A unit as it is known from now on, with its whole history; `unit` is its newest path."""

    spells: tuple[Spell, ...]
    predecessors: tuple[Predecessor, ...]

    def dated(self) -> DatedUnit:
        return DatedUnit(id=self.key, spells=self.spells, predecessors=self.predecessors)
