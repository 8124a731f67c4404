"""Facts about units before a day that the oldest list of units does not have.

`EARLIER`: until the day, a unit of the list had another name, kind, code or parent. `FORMER`: until the day, there was
a unit that is not in the list; it became one or more units of the list.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from services.kernel.units import (
    COUNTRY,
    DatedUnit,
    Predecessor,
    Spell,
    SuccessionKind,
    UnitLevel,
    UnitPath,
)
from services.registration.reorganisations.file import Line
from services.registration.reorganisations.messages import ReorganisationKind, ReorganisationProblem
from services.registration.reorganisations.paths import climbed
from services.registration.units import naming

Say = Callable[[Line, str, ReorganisationProblem, str, str], None]
"""Adds a problem of a row and column, in Vietnamese and in English."""
OF_THE_PAST = frozenset({ReorganisationKind.EARLIER, ReorganisationKind.FORMER})
_DEPTH = {level: depth for depth, level in enumerate(UnitLevel)}
_P = ReorganisationProblem


class Pasts:
    """The rows of a file about the time before the day, and the units that they change or add.

    `known`: units by id. `document`: of the file, in words. `old`: row → id of the unit that the row names. `units`:
    the changed and new units by id, after `plan`.
    """

    def __init__(self, day: date, known: Mapping[str, DatedUnit], document: str, say: Say) -> None:
        self._day = day
        self._known = known
        self._document = document
        self._say = say
        self._lines: dict[str, Line] = {}
        """Id of a unit → its EARLIER row."""
        self._former: dict[str, list[Line]] = defaultdict(list)
        """Id of a former unit → its rows, one for each unit that it became."""
        self._began: dict[str, str] = {}
        """Id of a unit that began on the day → id of the former unit of which it was a part."""
        self.old: dict[int, str] = {}
        self.units: dict[str, DatedUnit] = {}

    def add(self, line: Line) -> None:
        """Takes a row, or says what is wrong with it."""
        unit = self._known.get(line.old) or next(
            (u for u in self._known.values() if (s := u.at(self._day)) and s.code == line.old), None
        )
        if unit is None or unit.id == COUNTRY:
            vi, en = f"Không có đơn vị “{line.old}”.", f"There is no unit “{line.old}”."
            self._say(line, "old", _P.UNIT_UNKNOWN, vi, en)
            return
        spell, name = unit.at(self._day), unit.spells[-1].name
        is_former = line.kind is ReorganisationKind.FORMER
        if not is_former and unit.id in self._lines:
            vi, en = f"{name} đã có ở một dòng khác.", f"{name} is in another row already."
            self._say(line, "old", _P.UNIT_TWICE, vi, en)
        elif spell is None or (spell.since == self._day and not is_former):
            vi = f"{name} chưa có, không còn hoặc đã có thay đổi vào ngày {self._day:%d/%m/%Y}."
            en = f"{name} was not in force, or changed already, on {self._day}."
            self._say(line, "old", _P.TIME_OVERLAPS, vi, en)
        elif is_former and not line.code:
            self._say(
                line,
                "code",
                _P.NEW_UNIT_INCOMPLETE,
                "Thiếu mã của đơn vị cũ.",
                "The old unit's code is missing.",
            )
        else:
            self.old[line.row] = unit.id
            if is_former:
                self._former[self.key(line)].append(line)
            else:
                self._lines[unit.id] = line

    def key(self, line: Line) -> str:
        """The id of the former unit."""
        return f"u{line.code}-until-{self._day}"

    def plan(self) -> None:
        """Fills `units`, after all rows were added. Says which rows cannot be true."""
        for lines in self._former.values():
            if len(lines) > 1:
                self._began |= {self.old[line.row]: self.key(line) for line in lines}
        for unit in self._known.values():
            self._plan(unit)
        for key, lines in self._former.items():
            self._plan_former(key, lines)

    def _plan(self, unit: DatedUnit) -> None:
        """Plans the spells of a known unit before the day, and its lineage."""
        lines = [line for lines in self._former.values() for line in lines if self.old[line.row] == unit.id]
        line, spells = self._lines.get(unit.id), unit.spells
        if unit.id in self._began:
            if any(spell.since and spell.since < self._day for spell in spells):
                vi, en = "Đơn vị đã có trước ngày ấy.", "The unit existed before that day."
                self._say(lines[0], "old", _P.TIME_OVERLAPS, vi, en)
                return
            spells = tuple(
                replace(spell, since=max(spell.since or self._day, self._day))
                for spell in spells
                if not spell.until or spell.until > self._day
            )
        elif then := unit.at(self._day - timedelta(days=1)):
            before = self._before(unit.id, then, line)
            if before == replace(then, until=self._day):
                spells = unit.spells
            elif then.until == self._day:
                spells = tuple(before if spell is then else spell for spell in spells)
            else:
                parts = (before, replace(then, since=self._day))
                spells = tuple(part for spell in spells for part in (parts if spell is then else (spell,)))
        if line and spells == unit.spells:
            vi, en = "Dòng không thay đổi gì.", "The row changes nothing."
            self._say(line, "kind", _P.NOTHING_CHANGES, vi, en)
        lineage = (*unit.predecessors, *map(self._lineage, lines))
        if (spells, lineage) != (unit.spells, unit.predecessors):
            self.units[unit.id] = replace(unit, spells=spells, predecessors=lineage)

    def _before(self, id_: str, then: Spell, line: Line | None) -> Spell:
        """The spell of the unit that ends on the day."""
        if line:
            kind, name = naming.official(line.name or then.name, line.type or then.kind)
            then = replace(then, name=name, kind=kind, code=line.code or then.code)
        parent = self._parent(id_, then, line)
        path = self._path(id_)
        if path is None or parent is None:
            if line:
                vi, en = (
                    "Đơn vị cấp trên không có, hoặc nằm dưới chính đơn vị này.",
                    "The parent is unknown, or is below the unit.",
                )
                self._say(line, "parent", _P.PARENT_UNKNOWN, vi, en)
            return replace(then, until=self._day)
        return replace(then, parent=parent, path=str(path), until=self._day)

    def _plan_former(self, key: str, lines: Sequence[Line]) -> None:
        first = lines[0]
        name, type_, level, parent = (
            next((value for line in lines if (value := getattr(line, column))), "")
            for column in ("name", "type", "level", "parent")
        )
        for column, value in (("name", name), ("type", type_), ("level", level), ("parent", parent)):
            if not value:
                vi, en = (
                    f"Đơn vị cũ {first.code} thiếu {column}.",
                    f"The old unit {first.code} has no {column}.",
                )
                self._say(first, column, _P.NEW_UNIT_INCOMPLETE, vi, en)
        above = self._named(str(parent))
        path = self._path(key)
        if key in self._known or self._has_code(first.code):
            vi = f"Mã {first.code} trước ngày {self._day:%d/%m/%Y} là của đơn vị khác."
            en = f"Before {self._day}, the code {first.code} belonged to another unit."
            self._say(first, "code", _P.CODE_CLASH, vi, en)
        elif parent and (above is None or path is None):
            vi, en = f"Không có đơn vị cấp trên “{parent}”.", f"There is no parent “{parent}”."
            self._say(first, "parent", _P.PARENT_UNKNOWN, vi, en)
        elif level and above in self._known and not self._below(UnitLevel(str(level)), str(above)):
            vi, en = (
                "Cấp không thấp hơn cấp của đơn vị cấp trên.",
                "The level is not below that of its parent.",
            )
            self._say(first, "level", _P.LEVEL_WRONG, vi, en)
        elif level and path:
            kind, official = naming.official(str(name), str(type_))
            spell = Spell(
                name=official,
                code=first.code,
                kind=kind,
                level=UnitLevel(str(level)),
                parent=above,
                path=str(path),
                until=self._day,
            )
            self.units[key] = DatedUnit(id=key, spells=(spell,))

    def _lineage(self, line: Line) -> Predecessor:
        lines = self._former[self.key(line)]
        return Predecessor(
            unit=self.key(line),
            kind=SuccessionKind.SPLIT if len(lines) > 1 else SuccessionKind.MERGE,
            on=self._day,
            main=line is next((one for one in lines if one.main), lines[0]),
            document=self._document,
        )

    def _named(self, name: str) -> str | None:
        """Id of the unit that a row names as parent until the day, by its id or code; None if there is none."""
        for key, lines in self._former.items():
            if name in (key, lines[0].code):
                return key
        before = self._day - timedelta(days=1)
        units = [u for u in self._known.values() if u.id not in self._began and u.at(before)]
        return next((u.id for u in units if u.id == name or u.in_force(before).code == name), None)

    def _parent(self, id_: str, then: Spell, line: Line | None) -> str | None:
        if line and line.parent:
            return self._named(line.parent)
        return self._began.get(then.parent or "", then.parent)

    def _path(self, id_: str) -> UnitPath | None:
        """Path of the unit until the day; None if a parent is unknown, or if the unit would be below itself."""
        try:
            return climbed(id_, self._above)
        except LookupError:
            return None

    def _above(self, id_: str) -> str | None:
        """The parent of the unit until the day; None of the country. `LookupError` if it is unknown."""
        if id_ in self._former:
            above = self._named(next((line.parent for line in self._former[id_] if line.parent), ""))
            has_parent = True
        else:
            then = self._known[id_].at(self._day - timedelta(days=1))
            if then is None:
                raise LookupError(id_)
            above, has_parent = self._parent(id_, then, self._lines.get(id_)), then.parent is not None
        if above is None and has_parent:
            raise LookupError(id_)
        return above

    def _has_code(self, code: str) -> bool:
        """Whether a known unit had the code on the day before."""
        before = self._day - timedelta(days=1)
        return any(
            (s := self.units.get(id_, unit).at(before)) and s.code == code
            for id_, unit in self._known.items()
        )

    def _below(self, level: UnitLevel, parent: str) -> bool:
        return _DEPTH[self._known[parent].spells[0].level] < _DEPTH[level]
