"""Finds the units of another day that hold the territory of a unit, in whole or in part."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.kernel.units import DatedUnit, Predecessor, SuccessionKind

Lookup = Callable[[list[str]], Awaitable[list[DatedUnit]]]


@dataclass(frozen=True, slots=True)
class Heir:
    """`whole`: whether no step split a unit. `on`: the day of the last step; None for the unit itself."""

    unit: DatedUnit
    whole: bool = True
    on: date | None = None
    documents: tuple[str, ...] = ()

    def after(self, line: Predecessor, unit: DatedUnit) -> "Heir":
        return Heir(
            unit,
            whole=self.whole and line.kind is SuccessionKind.MERGE,
            on=max(self.on or line.on, line.on),
            documents=tuple(dict.fromkeys((*self.documents, *([line.document] if line.document else [])))),
        )


async def succession(units: Iterable[DatedUnit], came_of: Lookup) -> Lookup:
    """Reads all successors of these units and returns a lookup that needs no more reads."""
    lines: dict[str, list[DatedUnit]] = {}
    waiting = {unit.id for unit in units}
    while waiting:
        lines |= {id_: [] for id_ in waiting}
        for successor in await came_of(sorted(waiting)):
            for id_ in {line.unit for line in successor.predecessors} & waiting:
                lines[id_].append(successor)
        waiting = {one.id for id_ in waiting for one in lines[id_]} - lines.keys()

    async def look_up(ids: list[str]) -> list[DatedUnit]:
        return list({one.id: one for id_ in ids for one in lines.get(id_, ())}.values())

    return look_up


async def later(
    unit: DatedUnit, since: date, to: date, came_of: Lookup, below: Lookup | None = None
) -> list[Heir]:
    """The units in force on `to` that hold some of `unit` as it was on `since`, an earlier day.

    `below`: the units that were ever directly below some units. With it, a unit without successors, such as a district,
    is followed through the sub-units of its last day.
    """
    heirs: dict[str, Heir] = {}
    waiting = [Heir(unit)]
    first = since
    while waiting:
        known = {heir.unit.id: heir for heir in waiting}
        successors = await came_of(list(known))
        lines = [
            (known[line.unit], line, successor)
            for successor in successors
            for line in successor.predecessors
            if line.unit in known and first < line.on <= to
        ]
        if below:
            followed = {heir.unit.id for heir, *_ in lines}
            for heir in waiting:
                if heir.unit.id not in followed and not heir.unit.at(to):
                    for one in await _through_sub_units(heir, to, came_of, below):
                        _keep(heirs, one)
        parted = {heir.unit.id for heir, line, _ in lines if line.kind is SuccessionKind.SPLIT}
        for heir in waiting:
            if heir.unit.at(to):
                _keep(heirs, replace(heir, whole=heir.whole and heir.unit.id not in parted))
        waiting = _merged(heir.after(line, successor) for heir, line, successor in lines)
        waiting = [heir for heir in waiting if heir.unit.id not in heirs]
    return sorted(heirs.values(), key=lambda heir: heir.unit.id)


async def _through_sub_units(heir: Heir, to: date, came_of: Lookup, below: Lookup) -> list[Heir]:
    end = heir.unit.spells[-1].until
    if end is None or end > to:
        return []
    last = end - timedelta(days=1)
    ever = await below([heir.unit.id])
    parts = [one for one in ever if (spell := one.at(last)) and spell.parent == heir.unit.id]
    lines = await succession(parts, came_of)
    found = [one for part in parts for one in await later(part, last, to, lines, below)]
    whole = heir.whole and len({one.unit.id for one in found}) == 1 and all(one.whole for one in found)
    documents: dict[str, tuple[str, ...]] = {}
    for one in found:
        documents[one.unit.id] = (*documents.get(one.unit.id, heir.documents), *one.documents)
    return [
        Heir(one.unit, whole, one.on or end, tuple(dict.fromkeys(documents[one.unit.id]))) for one in found
    ]


async def earlier(unit: DatedUnit, since: date, to: date, many: Lookup) -> list[Heir]:
    """The units in force on `to` whose territory `unit`, as of the later day `since`, holds in whole or in part."""
    heirs: dict[str, Heir] = {}
    waiting = [Heir(unit)]
    passed = {unit.id}
    while waiting:
        for heir in waiting:
            if heir.unit.at(to):
                _keep(heirs, heir)
        lines = [
            (heir, line)
            for heir in waiting
            for line in heir.unit.predecessors
            if to < line.on <= since and line.unit not in passed
        ]
        found = {one.id: one for one in await many([line.unit for _, line in lines])} if lines else {}
        passed |= found.keys()
        waiting = _merged(heir.after(line, found[line.unit]) for heir, line in lines if line.unit in found)
    return sorted(heirs.values(), key=lambda heir: heir.unit.id)


def _merged(heirs: Iterable[Heir]) -> list[Heir]:
    merged: dict[str, Heir] = {}
    for heir in heirs:
        _keep(merged, heir)
    return list(merged.values())


def _keep(heirs: dict[str, Heir], heir: Heir) -> None:
    """Keeps one heir per unit: a whole one if there are several."""
    known = heirs.get(heir.unit.id)
    heirs[heir.unit.id] = known if known and (known.whole or not heir.whole) else heir
