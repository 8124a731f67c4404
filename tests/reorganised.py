"""Made-up countries that are reorganised, and registers of units in memory."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from services.kernel.units import COUNTRY, DatedUnit, Predecessor, Spell, SuccessionKind, UnitLevel
from tests import values


class InMemory:
    def __init__(self, units: Sequence[DatedUnit]) -> None:
        self.units = {unit.id: unit for unit in units}
        self._heirs: dict[str, set[str]] = defaultdict(set)
        self._below: dict[str, set[str]] = defaultdict(set)
        for unit in units:
            for line in unit.predecessors:
                self._heirs[line.unit].add(unit.id)
            for spell in unit.spells:
                self._below[spell.parent or ""].add(unit.id)

    async def many(self, units: Sequence[str]) -> list[DatedUnit]:
        return [self.units[id_] for id_ in units if id_ in self.units]

    async def came_of(self, units: Sequence[str]) -> list[DatedUnit]:
        return [self.units[id_] for id_ in set[str]().union(*(self._heirs[one] for one in units))]

    async def ever_under(self, units: Sequence[str]) -> list[DatedUnit]:
        return [self.units[id_] for id_ in set[str]().union(*(self._below[one] for one in units))]


class Country:
    """Three provinces of three communes, and their random reorganisations."""

    ways: Sequence[str] = ("merge", "split", "move", "merge provinces")

    def __init__(self) -> None:
        self.units = {COUNTRY: values.unit(f"/{COUNTRY}", UnitLevel.COUNTRY)}
        for province in ("p1", "p2", "p3"):
            self.begin(province, COUNTRY, None)
            for commune in ("a", "b", "c"):
                self.begin(f"{province}{commune}", province, None)

    def begin(
        self, id_: str, parent: str, day: date | None, *lines: Predecessor, level: UnitLevel | None = None
    ) -> None:
        level = level or (UnitLevel.PROVINCE if parent == COUNTRY else UnitLevel.COMMUNE)
        path = f"{self.units[parent].spells[-1].path}/{id_}"
        spell = Spell(name=id_, code=id_, kind="", level=level, parent=parent, path=path, since=day)
        self.units[id_] = DatedUnit(id=id_, spells=(spell,), predecessors=lines)

    def end(self, id_: str, day: date) -> None:
        unit = self.units[id_]
        *past, last = unit.spells
        self.units[id_] = replace(unit, spells=(*past, replace(last, until=day)))

    def move(self, id_: str, parent: str, day: date) -> None:
        unit = self.units[id_]
        *past, last = unit.spells
        path = f"{self.units[parent].spells[-1].path}/{id_}"
        spells = (*past, replace(last, until=day), replace(last, parent=parent, path=path, since=day))
        self.units[id_] = replace(unit, spells=spells)

    def now(self, level: UnitLevel, parent: str | None = None) -> list[str]:
        last = {id_: unit.spells[-1] for id_, unit in self.units.items()}
        return [
            id_
            for id_, s in last.items()
            if s.until is None and s.level is level and parent in (None, s.parent)
        ]

    def reorganise(self, draw: Callable[[Any], Any], day: date) -> None:
        how = draw(st.sampled_from(self.ways))
        provinces, communes = self.now(UnitLevel.PROVINCE), self.now(UnitLevel.COMMUNE)
        if how == "merge" and len(communes) > 1:
            old = draw(st.lists(st.sampled_from(communes), min_size=2, max_size=3, unique=True))
            self._into(old, SuccessionKind.MERGE, draw(st.sampled_from(provinces)), day, 1)
        elif how == "split":
            self._into([draw(st.sampled_from(communes))], SuccessionKind.SPLIT, provinces[0], day, 2)
        elif how == "move":
            one, to = draw(st.sampled_from(communes)), draw(st.sampled_from(provinces))
            if self.units[one].spells[-1].parent != to:
                self.move(one, to, day)
        elif how == "merge provinces" and len(provinces) > 1:
            old = provinces[:2]
            (new,) = self._into(old, SuccessionKind.MERGE, COUNTRY, day, 1)
            for commune in [c for p in old for c in self.now(UnitLevel.COMMUNE, p)]:
                self.move(commune, new, day)

    def _into(self, old: list[str], kind: SuccessionKind, parent: str, day: date, many: int) -> list[str]:
        new = [f"u{len(self.units) + n}" for n in range(many)]
        for id_ in new:
            self.begin(id_, parent, day, *(Predecessor(unit=one, kind=kind, on=day) for one in old))
        for id_ in old:
            self.end(id_, day)
        return new


class OldCountry(Country):
    """A country whose provinces have districts until these end, all on one day."""

    def __init__(self) -> None:
        super().__init__()
        for province in ("p1", "p2"):
            for district in ("x", "y"):
                self.begin(f"{province}{district}", province, None, level=UnitLevel.DISTRICT)
            for commune in ("d", "e", "f"):
                self.begin(f"{province}{commune}", f"{province}{'x' if commune == 'd' else 'y'}", None)

    def reorganise(self, draw: Callable[[Any], Any], day: date) -> None:
        districts = self.now(UnitLevel.DISTRICT)
        self.ways = ("merge", "split", "move") if districts else Country.ways
        how = draw(st.sampled_from(["as ever", "end districts" if districts else "split province"]))
        if how == "end districts":
            self._end_districts(districts, draw, day)
        elif how == "split province":
            old = draw(st.sampled_from(self.now(UnitLevel.PROVINCE)))
            communes = self.now(UnitLevel.COMMUNE, old)
            new = self._into([old], SuccessionKind.SPLIT, COUNTRY, day, 2)
            for commune in communes:
                self.move(commune, draw(st.sampled_from(new)), day)
        else:
            super().reorganise(draw, day)

    def _end_districts(self, districts: list[str], draw: Callable[[Any], Any], day: date) -> None:
        for district in districts:
            province = self.units[district].spells[-1].parent or ""
            for commune in self.now(UnitLevel.COMMUNE, district):
                if self.units[commune].spells[-1].until:
                    continue
                if draw(st.booleans()):
                    self.move(commune, province, day)
                else:
                    kind = SuccessionKind.MERGE
                    self._into([commune, *self._another(commune)], kind, province, day, 1)
            self.end(district, day)

    def _another(self, commune: str) -> list[str]:
        """Another commune of the same parent, to merge with."""
        parent = self.units[commune].spells[-1].parent
        return [one for one in self.now(UnitLevel.COMMUNE, parent) if one != commune][:1]
