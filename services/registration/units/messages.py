"""Commands, queries and events of administrative units."""

from datetime import date
from typing import ClassVar

import msgspec

from services.kernel.messages import PUBLIC, Command, Event, Role
from services.kernel.rows import ByFilter, ByKeys, ByOwners, Shows
from services.kernel.units import DatedUnit, Predecessor, Spell, SuccessionKind, UnitLevel, UnitOnDay


class RecordUnits(Command, frozen=True, kw_only=True):
    """Records at most 500 units. Parents come before children, or in an earlier command. Known units do not change."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OPERATOR})

    units: tuple[DatedUnit, ...]


class UnitsOnDay(ByKeys, frozen=True, kw_only=True):
    """The keys are of `UnitOnDay`."""

    roles: ClassVar[frozenset[Role]] = PUBLIC


class UnitWithCode(Shows, frozen=True, kw_only=True):
    """The unit with this national code on the day: one row or None."""

    roles: ClassVar[frozenset[Role]] = PUBLIC

    code: str
    on: date


class ChildUnits(ByOwners, frozen=True, kw_only=True):
    """The units directly below each unit on its day, by code. The keys are of `UnitOnDay`."""

    roles: ClassVar[frozenset[Role]] = PUBLIC


class UnitAncestors(ByOwners, frozen=True, kw_only=True):
    """The units above each unit on its day, from the closest up to the country. The keys are of `UnitOnDay`."""

    roles: ClassVar[frozenset[Role]] = PUBLIC


class UnitsBelow(ByFilter, frozen=True, kw_only=True):
    """All units under a unit on a day, at any depth, by id. `level`: only units of this level."""

    roles: ClassVar[frozenset[Role]] = PUBLIC

    unit: str
    on: date
    level: UnitLevel | None = None


class UnitsNamed(ByFilter, frozen=True, kw_only=True):
    """Units that have or had a name, best match first, as in `naming.py`. `on`: the rows are as of this day.

    `within`: only units that were in this unit when they had the name.
    """

    roles: ClassVar[frozenset[Role]] = PUBLIC

    name: str
    on: date
    level: UnitLevel | None = None
    within: str | None = None


class UnitSuccession(ByFilter, frozen=True, kw_only=True):
    """The units of the day `to`, earlier or later, that share territory with the unit as of the day `since`."""

    roles: ClassVar[frozenset[Role]] = PUBLIC

    unit: str
    since: date
    to: date


class UnitNamedRow(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: the matching name, which holds from `since` to `until`. `former`: whether it does not hold on the day."""

    unit: UnitOnDay
    name: str
    since: date | None
    until: date | None
    former: bool


class UnitHeirRow(msgspec.Struct, frozen=True, kw_only=True):
    """`whole`: whether the later unit holds all of the earlier one. `on`: day of the last step between them."""

    unit: UnitOnDay
    whole: bool
    on: date | None
    documents: tuple[str, ...]


class PredecessorRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as it was just before the day."""

    unit: UnitOnDay
    kind: SuccessionKind
    on: date
    main: bool
    document: str | None


class UnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A unit on one day. `on_day`: its key on that day, for its sub-units. `parent`: key of its parent on that day.

    `register_on`: the day of the list of units from which it is known. The oldest list tells nothing of earlier days.
    """

    id: str
    on_day: UnitOnDay
    name: str
    code: str
    kind: str
    level: UnitLevel
    since: date | None
    until: date | None
    register_on: date
    parent: UnitOnDay | None
    predecessors: tuple[PredecessorRow, ...]


class UnitRecorded(Event, frozen=True, kw_only=True):
    """The unit with its whole history. `unit`: its newest path."""

    spells: tuple[Spell, ...]
    predecessors: tuple[Predecessor, ...]

    def dated(self) -> DatedUnit:
        return DatedUnit(id=self.key, spells=self.spells, predecessors=self.predecessors)
