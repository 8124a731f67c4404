"""The rows of a report by place: the units below as of one day, and what cannot be assigned to one of them.

Counters are kept by the units of the day of each fact. A unit of the past counts in the row of the unit that holds the
whole of it. A unit that was split, or that went elsewhere, has a row of its own: nothing is guessed.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from services.directory.inheritance import Register, heirs_of, territories
from services.kernel.mongo.driver import Document
from services.kernel.units import DatedUnit, UnitPath
from services.reporting.composition import Composition, countable
from services.reporting.measures import Dimension, Measure

Counted = Mapping[Measure, Document]
Read = Callable[[Collection[str]], Awaitable[Mapping[str, Counted]]]
"""Reads the counters of units, by id."""
_Values = dict[str, dict[Measure, Decimal]]
"""Code of a row → its values."""


@dataclass(slots=True)
class Places:
    """`below`: names of the units directly below, and of the unit itself. `others`: names of all other rows."""

    below: dict[str, str]
    others: dict[str, str] = field(default_factory=dict)
    values: _Values = field(default_factory=dict)

    def names(self, measure: Measure) -> dict[str, str]:
        """Code → name of the rows of a measure. Other rows than those of the units below are shown if they count."""
        return self.below | {
            code: name for code, name in self.others.items() if self.values.get(code, {}).get(measure)
        }

    def into(self, counted: Counted) -> Counted:
        """The counters, with these rows as their breakdown by place."""
        rows: dict[Measure, dict[str, Decimal]] = {measure: {} for measure in counted}
        for code, values in self.values.items():
            for measure, value in values.items():
                rows[measure][code] = value
        return {
            measure: {**one, "by": {**one.get("by", {}), Dimension.PLACE.value: rows[measure]}}
            for measure, one in counted.items()
        }


def added(counters: Iterable[Counted]) -> dict[Measure, Document]:
    """The counters of several units, added up."""
    sums: dict[Measure, Document] = {}
    for counted in counters:
        for measure, one in counted.items():
            sums[measure] = _sum(sums.get(measure, {}), one)
    return sums


def _sum(one: Document, other: Document) -> Document:
    """Of all numbers in two documents, at any depth."""
    made = dict(one)
    for key, value in other.items():
        if isinstance(value, Decimal):
            made[key] = made.get(key, Decimal(0)) + value
        elif isinstance(value, Mapping):
            made[key] = _sum(made.get(key, {}), dict(value))
    return made


async def places(
    made: Composition, below: Collection[DatedUnit], counted: Counted, read: Read, register: Register
) -> Places:
    """`below`: the units directly below on the day. `counted`: the counters of the counted units, added up."""
    unit, day = made.unit, made.day
    found = Places(
        {one.id: _name(one, made) for one in below} | {unit.id: f"{_name(unit, made)} (trực tiếp)"}
    )
    known = dict.fromkeys(found.below, "") | dict.fromkeys(made.ids, unit.id)
    waiting = _rows(counted)
    while waiting:
        new = {one.id: one for one in await register.many(sorted(waiting.keys() - known.keys()))}
        ended = {id_: one for id_, one in new.items() if not one.at(day)}
        heirs = await heirs_of(ended.values(), day, register) if ended else {}
        homes = territories(ended.values(), heirs, day)
        rows = await _rows_of(ended, homes, {one.id: one for one in (*below, unit)}, made, register)
        whole_here = [id_ for id_, one in ended.items() if id_ not in rows and _only_under(one, made.ids)]
        inner = await read(whole_here) if whole_here else {}
        opened: _Values = {}
        for code, values in waiting.items():
            row = known.get(code) or rows.get(code) or code
            parts = _rows(inner[code]) if row == code and code in inner else {}
            own = parts.pop(code, {}) if parts else values
            _add(opened, parts)
            if row not in found.below:
                found.others[row] = await _other(new.get(row), homes.get(row, ()), made, register) or row
            _add(found.values, {row: own})
        waiting = opened
    return found


async def _rows_of(
    ended: Mapping[str, DatedUnit],
    homes: Mapping[str, Collection[str]],
    below: Mapping[str, DatedUnit],
    made: Composition,
    register: Register,
) -> dict[str, str]:
    """Unit of the past → the unit below that counts the whole of it."""
    rows = {id_: home for id_ in ended if (home := _only(homes[id_])) in below}
    inner = (
        {one.id: one for one in await register.ever_under(sorted(rows)) if not one.at(made.day)}
        if rows
        else {}
    )
    inner_homes = territories(inner.values(), await heirs_of(inner.values(), made.day, register), made.day)
    found: dict[str, str] = {}
    for home in set(rows.values()):
        held = {id_: ended[id_] for id_, row in rows.items() if row == home}
        with_inner = held | {id_: one for id_, one in inner.items() if _only(inner_homes[id_]) == home}
        level = below[home].in_force(made.day).level
        counts = held if home == made.unit.id else await countable(with_inner, level, register)
        found |= dict.fromkeys(held.keys() & counts.keys(), home)
    return found


def _only(homes: Collection[str]) -> str:
    return next(iter(homes)) if len(homes) == 1 else ""


async def _other(
    unit: DatedUnit | None, homes: Collection[str], made: Composition, register: Register
) -> str | None:
    """The name of a row of a unit that is not below on the day, and why it has one."""
    if unit is None:
        return None
    spell = unit.at(made.day)
    name = (spell or unit.spells[-1]).name
    there = spell.parent if spell else _only(homes)
    if there and (found := await register.many([there])) and there != made.unit.id:
        return f"{name} (nay thuộc {_name(found[0], made)})"
    return f"{name} (chưa phân chia)"


def _rows(counted: Counted) -> _Values:
    rows: _Values = {}
    for measure, one in counted.items():
        for code, value in one.get("by", {}).get(Dimension.PLACE.value, {}).items():
            if value:
                rows.setdefault(code, {})[measure] = value
    return rows


def _add(rows: _Values, more: _Values) -> None:
    for code, values in more.items():
        row = rows.setdefault(code, {})
        for measure, value in values.items():
            row[measure] = row.get(measure, Decimal(0)) + value


def _name(unit: DatedUnit, made: Composition) -> str:
    return (unit.at(made.day) or unit.spells[-1]).name


def _only_under(unit: DatedUnit, others: Collection[str]) -> bool:
    return all(not set(UnitPath(spell.path).segments).isdisjoint(others) for spell in unit.spells)
