"""The units of the past that a report counts: each fact is in one report of each level, also after a reorganisation.

A unit counts its own facts, and those of the units of its level that went into it as a whole. A unit that only moved
under another parent counts where it was on the day of the fact.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.directory.inheritance import Register, heirs_of, territories
from services.kernel.units import DatedUnit, Spell, UnitLevel, UnitPath, register_of
from services.reporting.messages import PartKind, ReportPart

_DEPTH = {level: depth for depth, level in enumerate(UnitLevel)}


@dataclass(frozen=True, slots=True)
class Composition:
    """Of a unit as of `day`. `whole`: the units that ended and went into it as a whole; none lies below another.

    `parts`: those of which it has a part.
    """

    unit: DatedUnit
    day: date
    whole: tuple[DatedUnit, ...] = ()
    parts: tuple[DatedUnit, ...] = ()

    @property
    def ids(self) -> list[str]:
        return [self.unit.id, *(unit.id for unit in self.whole)]

    def parts_in(self, since: date, until: date) -> tuple[ReportPart, ...]:
        """The units that were in force in the period."""
        kinds = (
            (PartKind.OWN, (self.unit,)),
            (PartKind.WHOLE, self.whole),
            (PartKind.PART, self.parts),
        )
        return tuple(
            _part(unit, kind, spells)
            for kind, units in kinds
            for unit in units
            if (spells := unit.between(since, until))
        )

    def register_on(self, until: date) -> date:
        """The day of the list of units that a report of a period rests on. `until`: the last day of the period."""
        units = (self.unit, *self.whole, *self.parts)
        return register_of((unit.spells[0].since for unit in units), until)


def day_of(unit: DatedUnit, since: date, until: date) -> date | None:
    """The day on which a report shows the units below: the last one of the period on which the unit was in force.

    The unit's first day, if it began later. None if it ended before the period.
    """
    begins, ends = unit.spells[0].since, unit.spells[-1].until
    if ends and ends <= since:
        return None
    day = min(until, date.fromordinal(ends.toordinal() - 1)) if ends else until
    return max(day, begins) if begins else day


def unassignable(parts: Iterable[ReportPart], counters: Collection[str]) -> tuple[str, ...]:
    """The reason, in Vietnamese, why figures are incomplete. `counters`: the units in which something is counted."""
    names = [part.unit_name for part in parts if part.unit_id in counters]
    return (f"số liệu trước khi chia, tách của {', '.join(names)} chưa phân chia",) if names else ()


async def compose(unit: DatedUnit, day: date, register: Register) -> Composition:
    spell = unit.at(day)
    if spell is None:
        return Composition(unit, day)
    known, lineage = await _past(unit, day, set(UnitPath(spell.path).segments), register)
    ended = {id_: one for id_, one in known.items() if not one.at(day)}
    places = territories(ended.values(), await heirs_of(ended.values(), day, register), day)
    held = {
        id_: one for id_, one in ended.items() if places[id_] == {unit.id} and not _was_under(one, unit.id)
    }
    wholes = await countable(held, spell.level, register)
    return Composition(
        unit,
        day,
        tuple(wholes[id_] for id_ in sorted(wholes)),
        tuple(one for id_, one in sorted(ended.items()) if id_ in lineage and _has_part(places[id_], unit)),
    )


async def countable(
    held: Mapping[str, DatedUnit], level: UnitLevel, register: Register
) -> dict[str, DatedUnit]:
    """Those of the units held by one unit of this level that its reports count as a whole.

    A unit of a higher level, such as a district that became one commune, is counted if all units that were ever in it
    were in no other. They are counted with it.
    """
    higher = {id_: one for id_, one in held.items() if _DEPTH[_level(one)] < _DEPTH[level]}
    below = await register.ever_under(sorted(higher)) if higher else []
    open_ = {
        spell.parent
        for one in below
        for spell in one.spells
        if one.id not in held or not _only_under(one, spell.parent)
    }
    closed = {id_: one for id_, one in higher.items() if id_ not in open_}
    same = {id_: one for id_, one in held.items() if _level(one) is level}
    return closed | {id_: one for id_, one in same.items() if not any(_was_under(one, d) for d in closed)}


async def _past(
    unit: DatedUnit, day: date, above: set[str], register: Register
) -> tuple[dict[str, DatedUnit], set[str]]:
    """The predecessors of the unit until the day with the units above them, by id; and the ids of the predecessors."""
    known = {unit.id: unit}
    lineage = {unit.id}
    waiting = [unit]
    while waiting:
        before = {
            line.unit for one in waiting if one.id in lineage for line in one.predecessors if line.on <= day
        }
        lineage |= before
        over = {
            id_ for one in waiting if one is not unit for spell in one.spells for id_ in _segments(spell.path)
        }
        waiting = await register.many(sorted((before | over) - known.keys() - above))
        known |= {one.id: one for one in waiting}
    return known, lineage


def _part(unit: DatedUnit, kind: PartKind, spells: Sequence[Spell]) -> ReportPart:
    ends = unit.spells[-1].until
    return ReportPart(
        unit_id=unit.id,
        unit_name=spells[-1].name,
        kind=kind,
        since=unit.spells[0].since,
        until=ends - timedelta(days=1) if ends else None,
    )


def _has_part(places: Iterable[str], unit: DatedUnit) -> bool:
    return unit.id in (found := set(places)) and len(found) > 1


def _level(unit: DatedUnit) -> UnitLevel:
    return unit.spells[-1].level


def _segments(path: str) -> tuple[str, ...]:
    return UnitPath(path).segments


def _was_under(unit: DatedUnit, other: str) -> bool:
    return any(UnitPath(spell.path).within(other) for spell in unit.spells)


def _only_under(unit: DatedUnit, other: str | None) -> bool:
    return all(UnitPath(spell.path).within(other or "") for spell in unit.spells)
