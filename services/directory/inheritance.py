"""The units of the past whose whole territory a unit holds: its holder reads their records, and reports on them.

A unit that was split is held by the unit that has all its parts. A unit without successors, such as a district, went
where its sub-units of its last day went.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from services.directory.units import Directory, mark
from services.kernel.mongo.access import Access
from services.kernel.units import DatedUnit, Spell, UnitLevel, UnitPath

MOST_KNOWN = 2_000
"""Units whose inheritance is kept in memory, at most."""


class Register(Protocol):
    async def many(self, units: Sequence[str]) -> list[DatedUnit]: ...

    async def came_of(self, units: Sequence[str]) -> list[DatedUnit]: ...

    async def ever_under(self, units: Sequence[str]) -> list[DatedUnit]: ...


@dataclass(frozen=True, slots=True)
class Inheritance:
    """`whole`: units of which the unit holds everything. `parts`: units of which it holds a part.

    Units below another one of `whole` are left out, and so are units that were never elsewhere than below the unit.
    """

    whole: tuple[DatedUnit, ...] = ()
    parts: tuple[DatedUnit, ...] = ()


NOTHING = Inheritance()


class Inheritances:
    """Kept in memory until any unit changes."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, date], Inheritance] = OrderedDict()

    async def of(self, unit: DatedUnit, access: Access) -> Inheritance:
        """As of today, or as of the last day of a unit that has ended."""
        key = (await mark(access), unit.id, access.today)
        if key not in self._known:
            self._known[key] = await inheritance(unit, access.today, Directory(access))
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return self._known[key]


async def inheritance(unit: DatedUnit, today: date, register: Register) -> Inheritance:
    last = unit.spells[-1]
    day = min(today, last.until - timedelta(days=1)) if last.until else today
    spell = unit.at(day)
    if spell is None or spell.level is UnitLevel.COUNTRY:
        return NOTHING
    inside = await _inside(unit, day, register)
    past = await _past(inside, UnitPath(spell.path).segments, day, register)
    return past.of(unit, past.homes(dict.fromkeys(inside, unit.id)))


@dataclass(frozen=True, slots=True)
class _Past:
    """`known`: the units that are or were there, and all units above them. `lineage`: ids of their predecessors.

    `heirs`: for each unit that has ended, and each that came of it and has ended, what it became by the day.
    """

    day: date
    known: Mapping[str, DatedUnit]
    lineage: Set[str]
    heirs: Mapping[str, Sequence[DatedUnit]]

    def homes(self, places: Mapping[str, str]) -> Mapping[str, Set[str]]:
        """For each unit, the places of its territory on the day; elsewhere is the empty text."""
        found = territories(self.known.values(), self.heirs, self.day)
        return {id_: frozenset(places.get(one, "") for one in units) for id_, units in found.items()}

    def of(self, unit: DatedUnit, homes: Mapping[str, Set[str]]) -> Inheritance:
        here = [
            one
            for one in self.known.values()
            if unit.id in homes[one.id] and one.id != unit.id and not self._was_under(one, {unit.id})
        ]
        whole = {one.id: one for one in here if len(homes[one.id]) == 1 and self._has_left(one, unit)}
        ids = {unit.id, *whole}
        outermost = [one for one in whole.values() if not self._was_under(one, ids - {one.id})]
        parts = [
            one for one in here if one.id not in whole and one.id in self.lineage and not one.at(self.day)
        ]
        return Inheritance(
            tuple(outermost),
            tuple(one for one in parts if not self._was_under(one, ids)),
        )

    def _has_left(self, one: DatedUnit, unit: DatedUnit) -> bool:
        """False of a unit that goes on and only moved: its earlier records stay with the unit that it was in."""
        return not one.at(self.day) or not self._goes_on(one, unit)

    def _goes_on(self, one: DatedUnit, unit: DatedUnit) -> bool:
        """Whether a unit of the level of `unit`, in which `one` was, still exists: it reports on that time."""
        level = unit.spells[-1].level
        above = {id_ for spell in self._elsewhere(one, unit) for id_ in UnitPath(spell.path).segments}
        units = [self.known[id_] for id_ in above & self.known.keys()]
        return any((spell := u.at(self.day)) and spell.level is level for u in units)

    def _elsewhere(self, one: DatedUnit, unit: DatedUnit) -> list[Spell]:
        return [spell for spell in self._spells(one) if not UnitPath(spell.path).within(unit.id)]

    def _was_under(self, unit: DatedUnit, others: Set[str]) -> bool:
        """Whether the unit was under one of the others at all times until the day."""
        return all(not others.isdisjoint(UnitPath(spell.path).segments) for spell in self._spells(unit))

    def _spells(self, unit: DatedUnit) -> list[Spell]:
        return [spell for spell in unit.spells if spell.since is None or spell.since <= self.day]


async def _inside(unit: DatedUnit, day: date, register: Register) -> dict[str, DatedUnit]:
    """The unit and those below it on the day."""
    inside = {unit.id: unit}
    waiting = [unit.id]
    while waiting:
        found = await register.ever_under(waiting)
        new = [u for u in found if u.id not in inside and (s := u.at(day)) and s.parent in inside]
        inside |= {u.id: u for u in new}
        waiting = [u.id for u in new]
    return inside


async def _past(
    inside: Mapping[str, DatedUnit], above: Collection[str], day: date, register: Register
) -> _Past:
    known = dict(inside)
    lineage = set(inside)
    waiting = list(inside.values())
    while waiting:
        before = {line.unit for u in waiting if u.id in lineage for line in u.predecessors if line.on <= day}
        lineage |= before
        spells = [s for u in waiting for s in u.spells if s.since is None or s.since <= day]
        over = {id_ for spell in spells for id_ in UnitPath(spell.path).segments}
        waiting = await register.many(sorted((before | over) - known.keys() - set(above)))
        known |= {u.id: u for u in waiting}
    heirs = await heirs_of(known.values(), day, register)
    return _Past(day, known, lineage - inside.keys(), heirs)


def territories(
    units: Iterable[DatedUnit], heirs: Mapping[str, Sequence[DatedUnit]], day: date
) -> Mapping[str, Set[str]]:
    """For each unit, the ids of the units of the day that have its territory; the empty text where none is known."""
    found: dict[str, Set[str]] = {}

    def of(unit: DatedUnit) -> Set[str]:
        if unit.id not in found:
            found[unit.id] = frozenset({""})
            if unit.at(day):
                found[unit.id] = frozenset({unit.id})
            elif after := heirs.get(unit.id):
                found[unit.id] = frozenset[str]().union(*map(of, after))
        return found[unit.id]

    for unit in units:
        of(unit)
    return found


async def heirs_of(
    units: Iterable[DatedUnit], day: date, register: Register
) -> Mapping[str, Sequence[DatedUnit]]:
    """The successors of each unit that has ended by the day, and the successors of those that have ended too.

    A unit without successors went where its sub-units of its last day went.
    """
    heirs: dict[str, list[DatedUnit]] = defaultdict(list)
    waiting = {u.id: u for u in units if not u.at(day)}
    while waiting:
        for successor in await register.came_of(sorted(waiting)):
            for line in successor.predecessors:
                if line.unit in waiting and line.on <= day:
                    heirs[line.unit].append(successor)
        lost = {id_: u for id_, u in waiting.items() if not heirs[id_]}
        for child in await register.ever_under(sorted(lost)) if lost else ():
            for id_, u in lost.items():
                if (spell := _on_last_day(child, u)) and spell.parent == id_:
                    heirs[id_].append(child)
        found = {u.id: u for id_ in waiting for u in heirs[id_]}
        waiting = {id_: u for id_, u in found.items() if id_ not in heirs and not u.at(day)}
    return heirs


def _on_last_day(child: DatedUnit, unit: DatedUnit) -> Spell | None:
    until = unit.spells[-1].until
    return child.at(until - timedelta(days=1)) if until else None
