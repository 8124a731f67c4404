"""The units under which a record lives: the one that it was made under, then each one to which it was handed over."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about, changed
from services.kernel.caller import Scope
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit, Spell, UnitLevel, UnitOnDay, UnitPath
from services.movement.words import DISTRICTS_END, Level, level_of


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """A unit under which the record lives from the day `since` on.

    `path`: of the unit. `unit`: its key as of that day. `on`: the day of the hand-over. `document`: the basis of the
    hand-over, in words; empty if there is none. `level`: the record's level until `since`; None if it has no level.
    """

    path: str
    unit: str
    unit_level: UnitLevel
    since: date
    on: date
    document: str = ""
    level: Level | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a succession: from the day `since` on, the unit with this path replaces the unit before it.

    `document`: the basis of the reorganisation, if known.
    """

    path: str
    level: UnitLevel
    since: date
    document: str = ""


class Homed(Aggregate, frozen=True, kw_only=True):
    """A record that can be handed over to a successor when its unit ends. `homes` are in the order of time."""

    homes: tuple[Home, ...] = ()

    @property
    def paths(self) -> tuple[UnitPath, ...]:
        """The path of its first unit, then the paths of the units to which it was handed over."""
        return (UnitPath(self.unit), *(UnitPath(home.path) for home in self.homes))

    @property
    def home(self) -> UnitPath:
        """The unit under which it lives now."""
        return self.paths[-1]

    def home_on(self, day: date) -> UnitPath:
        """The unit under which it lived on `day`."""
        earlier = [home.path for home in self.homes if home.since <= day]
        return UnitPath(earlier[-1] if earlier else self.unit)

    def dated(self, level: Level, day: date) -> Level:
        """Its level on `day`. `level`: its present one."""
        return next((home.level for home in self.homes if home.level and day < home.since), level)


H = TypeVar("H", bound=Homed)


def spell_on(record: Homed, unit: DatedUnit, day: date, *fields: str) -> Spell:
    """The unit of the record as it was on `day`. Refused if it was not in force: after its end, until a hand-over.

    `unit`: the one under which the record lived on `day`. `fields`: see `DatedUnit.in_force`.
    """
    if unit.id != record.home_on(day).unit:
        raise ValueError(f"{record.id} lives under {record.home_on(day)} on {day}, not under {unit.id}")
    last = unit.spells[-1]
    if last.until and last.until <= day:
        raise Refused(
            "unit-not-in-force",
            *fields,
            vi=f"{last.name} không còn từ ngày {last.until:%d/%m/%Y}. Hãy bàn giao hồ sơ cho đơn vị kế thừa trước.",
            en=f"{last.name} ended on {last.until}. Hand the record over to a successor first.",
        )
    return unit.in_force(day, *fields)


def homes_after(
    record: Homed, steps: Sequence[Step], *, document: str, act: Act, level: Level | None = None
) -> tuple[tuple[Home, ...], Level | None]:
    """The homes of the record after these steps, and its level. The first step begins when its present unit ends."""
    homes = list(record.homes)
    for step in steps:
        homes.append(
            Home(
                path=step.path,
                unit=UnitOnDay.of(step.path, str(step.since)),
                unit_level=step.level,
                since=step.since,
                on=act.on,
                document=document or step.document,
                level=level,
            )
        )
        level = level and _under(level, step.level, step.since)
    return tuple(homes), level


def handed_over(record: H, steps: Sequence[Step], *, document: str, act: Act) -> tuple[H, dict[str, Any]]:
    """A record without a level after these steps, and the fields of the event about it."""
    homes, _ = homes_after(record, steps, document=document, act=act)
    handed = changed(record, homes=homes)
    return handed, {
        **about(handed, act),
        "unit": str(handed.home),
        "before": str(record.home),
        "homes": homes,
        "basis": homes[-1].document,
        "on": act.on,
    }


def with_owner(owner: Homed, level: Level, act: Act) -> tuple[tuple[Home, ...], Level]:
    """The homes of a new record that is made as of the day of the act, and its level now.

    If its owner lives under another unit from a later day on, the record follows the owner.
    """
    later = [msgspec.structs.replace(home, on=act.today) for home in owner.homes if home.since > act.on]
    return levelled(later, level)


def levelled(homes: Iterable[Home], level: Level) -> tuple[tuple[Home, ...], Level]:
    """The homes of a record that has `level` until the first of them, and its level in the last one."""
    found = []
    for home in homes:
        found.append(msgspec.structs.replace(home, level=level))
        level = _under(level, home.unit_level, home.since)
    return tuple(found), level


def following(unit: str, homes: tuple[Home, ...]) -> tuple[Home, ...]:
    """The homes to add to a record that lives under `unit` and follows another record. `homes`: of that other one."""
    units = [UnitPath(home.path).unit for home in homes]
    own = UnitPath(unit).unit
    return homes[units.index(own) + 1 :] if own in units else homes


def _under(level: Level, unit: UnitLevel, since: date) -> Level:
    """The district level ended with the districts: from then on the work of a district counts on its unit's level."""
    return level_of(unit) if level is Level.DISTRICT and since >= DISTRICTS_END else level


def require_here(record: Homed, scope: Scope, field: str) -> None:
    """Refuses a change if the record was handed over to a unit out of scope: the caller may only read the record."""
    if scope.covers(record.home):
        return
    home = record.homes[-1]
    unit = UnitPath(home.path).unit
    raise Refused(
        "handed-over",
        field,
        vi=f"Hồ sơ đã được bàn giao cho đơn vị {unit} từ ngày {home.since:%d/%m/%Y}; đơn vị ấy hoặc cấp trên ghi nhận.",
        en=f"The record was handed over to unit {unit}, as of {home.since}: that unit, or a unit above it, changes it.",
    )
