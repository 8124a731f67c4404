"""The rules of administrative units: spells follow one another, and new data make a new version."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from itertools import pairwise
from typing import Any

from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit, Predecessor, Spell, UnitOnDay, register_of
from services.registration.units.messages import UnitRecorded

LARGEST_BATCH = 500


class Unit(Aggregate, frozen=True, kw_only=True):
    spells: tuple[Spell, ...]
    predecessors: tuple[Predecessor, ...] = ()

    @property
    def dated(self) -> DatedUnit:
        return DatedUnit(id=self.id, spells=self.spells, predecessors=self.predecessors, version=self.version)


def on_day(dated: DatedUnit, wanted: UnitOnDay, today: date) -> dict[str, Any] | None:
    """The columns of the unit as of the day of the key; None if there was no unit, or the day cannot be read."""
    with suppress(ValueError):
        found = wanted.spell(dated, today)
        if found is None:
            return None
        spell, day = found
        return {
            "_id": dated.id,
            "version": dated.version,
            "on_day": f"{dated.id}@{day}",
            "name": spell.name,
            "code": spell.code,
            "kind": spell.kind,
            "level": spell.level,
            "since": spell.since,
            "register_on": register_of([spell.since], day),
            "until": spell.until,
            "parent": spell.parent and f"{spell.parent}@{day}",
            "predecessors": [
                {
                    "unit": f"{p.unit}<{p.on}",
                    "kind": p.kind,
                    "on": p.on,
                    "main": p.main,
                    "document": p.document,
                }
                for p in dated.predecessors
            ],
        }
    return None


def record(known: Unit | None, dated: DatedUnit, *, act: Act) -> tuple[Unit, UnitRecorded] | None:
    """The next version of the unit; None if `dated` has nothing new.

    Data without the days of a later act, such as a reorganisation, have nothing new: loading them again undoes no act.
    """
    _check(dated)
    if known and _tells_nothing_new(known, dated):
        return None
    unit = Unit(
        id=dated.id,
        version=known.next_version if known else 1,
        unit=dated.spells[-1].path,
        spells=dated.spells,
        predecessors=dated.predecessors,
    )
    return unit, UnitRecorded(**about(unit, act), spells=unit.spells, predecessors=unit.predecessors)


def _tells_nothing_new(known: Unit, dated: DatedUnit) -> bool:
    is_same = (known.spells, known.predecessors) == (dated.spells, dated.predecessors)
    return is_same or not _changes(known) <= _changes(dated)


def _changes(unit: Unit | DatedUnit) -> set[date]:
    """The days on which the unit began, changed, took over from another one or ended."""
    days = {day for spell in unit.spells for day in (spell.since, spell.until) if day}
    return days | {line.on for line in unit.predecessors}


def check_batch(units: Sequence[DatedUnit]) -> None:
    ids = [unit.id for unit in units]
    if not 1 <= len(ids) <= LARGEST_BATCH:
        raise Refused(
            "batch-size",
            "units",
            vi=f"Mỗi lần từ 1 đến {LARGEST_BATCH} đơn vị, không phải {len(ids)}.",
            en=f"1 to {LARGEST_BATCH} units at a time, not {len(ids)}.",
        )
    twice = next((id_ for id_, times in Counter(ids).items() if times > 1), None)
    if twice:
        raise Refused(
            "unit-twice",
            "units",
            vi=f"Đơn vị {twice} có hai lần trong danh sách.",
            en=f"Unit {twice} is in the list twice.",
        )


def _check(dated: DatedUnit) -> None:
    ordered = all(a.until and b.since and a.until <= b.since for a, b in pairwise(dated.spells))
    if not dated.spells or not ordered:
        raise Refused(
            "spells-overlap",
            "spells",
            vi=f"Các giai đoạn của đơn vị {dated.id} phải nối tiếp nhau, không chồng lấn.",
            en=f"The spells of unit {dated.id} must follow one another without overlap.",
        )
