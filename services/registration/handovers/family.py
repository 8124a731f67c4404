"""All units with their lineage, in memory: which units succeed an ended unit, and who may take over its records.

A unit that was merged has one successor. Of a unit that was split, a person must choose. A unit without a line of its
own, such as a district of 2025, is succeeded by the units that have its sub-units, and by the units above these.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from services.kernel.units import COUNTRY, DatedUnit, SuccessionKind, UnitPath
from services.movement.homes import Step


class Successor(NamedTuple):
    """A unit that can take over. `steps`: one way to it. `whole`: whether nothing was split on that way.

    `only_way`: whether there is no other way to it.
    """

    unit: DatedUnit
    steps: tuple[Step, ...]
    whole: bool
    only_way: bool = True


class _Next(NamedTuple):
    unit: DatedUnit
    whole: bool
    document: str


class Family:
    def __init__(self, units: Iterable[DatedUnit]) -> None:
        self.units: Mapping[str, DatedUnit] = {unit.id: unit for unit in units}
        self._lines: dict[tuple[str, date], list[_Next]] = {}
        self._below: dict[str, list[DatedUnit]] = {}
        for unit in self.units.values():
            for line in unit.predecessors:
                whole = line.kind is SuccessionKind.MERGE
                self._lines.setdefault((line.unit, line.on), []).append(
                    _Next(unit, whole, line.document or "")
                )
            for parent in {spell.parent for spell in unit.spells if spell.parent}:
                self._below.setdefault(parent, []).append(unit)
        self._responsible = lru_cache(maxsize=1)(self._responsible_on)

    def successors(self, unit: DatedUnit, today: date) -> list[Successor]:
        """The units that can take over records of a unit that has ended by `today`, in the order of their ids.

        Units on the way that have ended themselves are among them: a person chooses the way through a unit that was
        split. Empty for a unit that is in force.
        """
        found: dict[str, Successor] = {}
        for successor in self._ways(unit, today):
            id_ = successor.unit.id
            known = found.get(id_)
            found[id_] = (
                Successor(known.unit, known.steps, known.whole, only_way=False) if known else successor
            )
        return [found[id_] for id_ in sorted(found)]

    def whole_successor(self, unit: DatedUnit, today: date) -> Successor | None:
        """The unit in force that has the whole of a unit that has ended; None if it was split, or is in force."""
        alive = [one for one in self.successors(unit, today) if one.unit.at(today)]
        whole = [one for one in alive if one.whole]
        return whole[0] if len(whole) == 1 and whole[0].only_way else None

    def waiting(self, units: frozenset[str] | None, today: date) -> set[str]:
        """Ids of the units that have ended, and whose records a caller responsible for `units` may take over.

        `units`: None is everything. Those who were responsible for the ended unit itself are included.
        """
        responsible = self._responsible(today)
        return {id_ for id_, above in responsible.items() if units is None or not units.isdisjoint(above)}

    def responsible(self, unit: DatedUnit, today: date) -> frozenset[str]:
        """Ids of the units whose people may take its records over: on its last path, and on the paths of successors."""
        paths = {unit.spells[-1].path, *self.may_take(unit, today)}
        return frozenset(segment for path in paths for segment in UnitPath(path).segments)

    def may_take(self, successor: DatedUnit, today: date) -> list[str]:
        """Paths of the units that answer for a successor: its own, or, if it has ended, those of its successors."""
        spell = successor.at(today)
        if spell:
            return [spell.path]
        return [s.path for one in self.successors(successor, today) if (s := one.unit.at(today))]

    def _responsible_on(self, today: date) -> Mapping[str, frozenset[str]]:
        """Ended unit → the units responsible for it."""
        ended = [unit for unit in self.units.values() if _end(unit, today)]
        return {unit.id: self.responsible(unit, today) for unit in ended}

    def _ways(
        self, unit: DatedUnit, today: date, steps: tuple[Step, ...] = (), *, whole: bool = True
    ) -> Iterator[Successor]:
        ended = _end(unit, today)
        if ended is None:
            return
        for after in self._after(unit, ended):
            spell = after.unit.in_force(ended)
            step = Step(path=spell.path, level=spell.level, since=ended, document=after.document)
            way = (*steps, step)
            all_whole = whole and after.whole
            yield Successor(after.unit, way, all_whole)
            yield from self._ways(after.unit, today, way, whole=all_whole)

    def _after(self, unit: DatedUnit, ended: date) -> list[_Next]:
        """The units that follow on the day on which the unit ended."""
        found = self._lines.get((unit.id, ended)) or self._through_sub_units(unit, ended)
        return [one for one in found if one.unit.at(ended)]

    def _through_sub_units(self, unit: DatedUnit, ended: date) -> list[_Next]:
        before = ended - timedelta(days=1)
        parts = []
        for below in self._below.get(unit.id, ()):
            spell = below.at(before)
            if spell and spell.parent == unit.id:
                now = below.at(ended)
                parts += [_Next(below, True, "")] if now else self._after(below, ended)
        ids = {part.unit.id for part in parts}
        whole = len(ids) == 1 and all(part.whole for part in parts)
        above = {s.parent for part in parts if (s := part.unit.at(ended)) and s.parent} - ids - {COUNTRY}
        documents = {part.unit.id: part.document for part in parts}
        return [
            *(_Next(self.units[id_], whole, documents[id_]) for id_ in sorted(ids)),
            *(_Next(self.units[id_], False, "") for id_ in sorted(above)),
        ]


def _end(unit: DatedUnit, today: date) -> date | None:
    """First day without the unit, if it has come."""
    until = unit.spells[-1].until
    return until if until and until <= today else None
