"""The rules of a reorganisation: the changes that each line of the file makes, and the problems that forbid them."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import takewhile
from typing import Any

from msgspec.structs import asdict, replace

from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about
from services.kernel.messages import Refused
from services.kernel.units import (
    COUNTRY,
    DatedUnit,
    Predecessor,
    Spell,
    SuccessionKind,
    UnitLevel,
    UnitPath,
)
from services.registration.reorganisations.file import Line, Problem, Read
from services.registration.reorganisations.messages import (
    ENDING,
    Basis,
    ReorganisationKind,
    ReorganisationProblem,
    ReorganisedUnit,
    UnitsReorganised,
)
from services.registration.reorganisations.past import OF_THE_PAST, Pasts
from services.registration.reorganisations.paths import climbed
from services.registration.units import naming
from services.registration.units.domain import LARGEST_BATCH
from services.registration.units.national import REORGANISED_ON

MOST_PROBLEMS = 20
"""Problems that a refusal lists, at most. A preview lists all."""
_DEPTH = {level: depth for depth, level in enumerate(UnitLevel)}
_P = ReorganisationProblem


class Reorganisation(Aggregate, frozen=True, kw_only=True):
    """`units`: ids of the units that begin, end or change, and of those that only come under another unit.

    `source`: where the document can be read; empty if the file does not say it.
    """

    digest: str
    effective_on: date
    document: Basis
    source: str = ""
    lines: tuple[ReorganisedUnit, ...]
    units: tuple[str, ...]
    began: int
    ended: int
    changed: int
    followers: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`units`: all changed units with their new spells; empty if there are problems."""

    lines: tuple[ReorganisedUnit, ...] = ()
    units: tuple[DatedUnit, ...] = ()
    began: int = 0
    ended: int = 0
    changed: int = 0
    followers: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _State:
    """A unit from the day on. `line`: the line that changes it; None if it only comes under another unit."""

    id: str
    name: str
    code: str
    type: str
    level: UnitLevel
    parent: str | None
    line: Line | None
    until: date | None = None
    lines: list[Line] = field(default_factory=list)
    """The lines that lead to a new unit."""


def plan(read: Read, known: Mapping[str, DatedUnit]) -> Plan:
    """`known`: by id, the units that the file names, their sub-units, and the units above them."""
    if read.effective_on is None:
        return Plan(problems=tuple(read.problems))
    return _Planning(read, read.effective_on, known).plan()


def reorganise(
    read: Read, made: Plan, *, applied: Reorganisation | None, key: str, act: Act
) -> tuple[Reorganisation, UnitsReorganised]:
    """`applied`: the reorganisation by the same file, if there is one: a file is applied once."""
    if applied:
        raise Refused(
            "already-reorganised",
            "file",
            vi=f"Tệp này đã được áp dụng rồi: {applied.id}, có hiệu lực từ {applied.effective_on:%d/%m/%Y}.",
            en=f"This file has been applied already: {applied.id}, effective from {applied.effective_on}.",
        )
    if made.problems or read.effective_on is None or read.document is None:
        raise refused(made.problems)
    reorganisation = Reorganisation(
        id=key,
        version=1,
        unit=_above_all(made.units, read.effective_on),
        digest=read.digest,
        effective_on=read.effective_on,
        document=read.document,
        source=read.source,
        lines=made.lines,
        units=tuple(unit.id for unit in made.units),
        began=made.began,
        ended=made.ended,
        changed=made.changed,
        followers=made.followers,
    )
    return reorganisation, UnitsReorganised(
        **about(reorganisation, act),
        effective_on=reorganisation.effective_on,
        basis=reorganisation.document,
        lines=reorganisation.lines,
    )


def _above_all(units: Sequence[DatedUnit], day: date) -> str:
    """Path of the smallest unit that has all units before and after. An operator of that unit can reorganise them."""
    paths = [
        UnitPath(spell.path).segments
        for unit in units
        for spell in unit.spells
        if not spell.until or spell.until >= day
    ]
    common = takewhile(lambda segments: len(set(segments)) == 1, zip(*paths, strict=False))
    return "/" + "/".join(segments[0] for segments in common)


def refused(problems: tuple[Problem, ...]) -> Refused:
    listed, more = problems[:MOST_PROBLEMS], len(problems) - MOST_PROBLEMS
    vi = "; ".join(f"dòng {p.row}: {p.vi}" if p.row else p.vi for p in listed)
    en = "; ".join(f"row {p.row}: {p.en}" if p.row else p.en for p in listed)
    return Refused(
        "reorganisation-invalid",
        "file",
        vi=f"{vi} và {more} lỗi khác." if more > 0 else vi,
        en=f"{en} and {more} more." if more > 0 else en,
    )


def preview(
    read: Read,
    made: Plan,
    affected: list[dict[str, Any]],
    total: dict[str, Any],
    *,
    applied: str | None,
) -> dict[str, Any]:
    return {
        "_id": read.digest,
        "digest": read.digest,
        "effective_on": read.effective_on,
        "document": str(read.document) if read.document else None,
        "source": read.source,
        "applied": applied,
        "problems": [dataclasses.asdict(problem) for problem in made.problems],
        "lines": [asdict(line) for line in made.lines],
        "affected": affected,
        "began": made.began,
        "ended": made.ended,
        "changed": made.changed,
        "followers": made.followers,
        **total,
    }


class _Planning:
    def __init__(self, read: Read, day: date, known: Mapping[str, DatedUnit]) -> None:
        self._read = read
        self._day = day
        self._known = known
        self._problems = list(read.problems)
        self._ends: dict[str, list[Line]] = defaultdict(list)
        self._old: dict[int, str] = {}
        """Row → id of the old unit."""
        self._states: dict[str, _State] = {}
        """Id → state of each unit that continues or begins."""
        self._pasts = Pasts(day, known, str(read.document), self._say)
        self._by_code: dict[str, str] = {}
        """Code → id, of new units and of units that get another code."""

    def plan(self) -> Plan:
        self._sort_lines()
        self._begin()
        self._resolve_parents()
        self._follow()
        self._check_ends()
        self._check_chains()
        self._check_codes()
        self._pasts.plan()
        moved = [] if self._problems else self._moved()
        if len({unit.id for unit in moved}) < len(moved):
            vi = "Cùng một đơn vị có dòng về trước ngày ấy và dòng thay đổi từ ngày ấy: hãy chia thành hai tệp."
            en = "A unit has a row about the time before the day, and a change on the day: make two files."
            self._problems.append(Problem(None, None, _P.TIME_OVERLAPS, vi, en))
        if len(moved) > LARGEST_BATCH:
            vi = f"{len(moved)} đơn vị thay đổi, tối đa {LARGEST_BATCH} trong một lần: hãy chia tệp theo văn bản."
            en = f"{len(moved)} units change, at most {LARGEST_BATCH} at once: divide the file by document."
            self._problems.append(Problem(None, None, _P.TOO_LARGE, vi, en))
        problems = tuple(sorted(self._problems, key=lambda p: (p.row or 0, p.column or "")))
        if problems:
            return Plan(lines=tuple(self._lines()), problems=problems)
        began = sum(1 for state in self._states.values() if state.lines)
        changed = sum(1 for state in self._states.values() if state.line and not state.lines)
        past = self._pasts.units.keys()
        began += len(past - self._known.keys())
        changed += len(past & self._known.keys())
        return Plan(
            lines=tuple(self._lines()),
            units=tuple(moved),
            began=began,
            ended=len(self._ends),
            changed=changed,
            followers=len(moved) - began - changed - len(self._ends),
        )

    def _say(self, line: Line, column: str, problem: ReorganisationProblem, vi: str, en: str) -> None:
        self._problems.append(Problem(line.row, column, problem, vi, en))

    def _sort_lines(self) -> None:
        goes_on: dict[str, Line] = {}
        for line in self._read.lines:
            if line.kind in OF_THE_PAST:
                self._pasts.add(line)
                continue
            unit = self._old_unit(line)
            if unit is None:
                continue
            self._old[line.row] = unit.id
            other = goes_on.get(unit.id) or next(iter(self._ends.get(unit.id, ())), None)
            if other and (line.kind not in ENDING or other.kind not in ENDING):
                vi = f"{_name(unit)} đã có ở dòng {other.row} với cách “{other.kind.vi}”."
                en = f"{_name(unit)} is in row {other.row} already, as {other.kind}."
                self._say(line, "old", _P.UNIT_TWICE, vi, en)
            elif line.kind in ENDING:
                self._ends[unit.id].append(line)
            else:
                goes_on[unit.id] = line
                self._go_on(unit, line)

    def _old_unit(self, line: Line) -> DatedUnit | None:
        """The unit that is in force on the day before and has no change from the day on."""
        before = self._day - timedelta(days=1)
        unit = self._known.get(line.old) or next(
            (u for u in self._known.values() if (s := u.at(before)) and s.code == line.old), None
        )
        say = partial(self._say, line, "old")
        if unit is None or unit.id == COUNTRY:
            ended = [u for u in self._known.values() if any(s.code == line.old for s in u.spells)]
            if not ended or unit:
                say(_P.UNIT_UNKNOWN, f"Không có đơn vị “{line.old}”.", f"There is no unit “{line.old}”.")
                return None
            unit = ended[-1]
        spell, last = unit.at(before), unit.spells[-1]
        if spell is not last and last.since and last.since >= self._day and unit.spells[0] is not last:
            vi = f"{_name(unit)} đã có thay đổi từ ngày {last.since:%d/%m/%Y}."
            en = f"{_name(unit)} has a change on {last.since} already."
            say(_P.TIME_OVERLAPS, vi, en)
        elif spell is None and last.since and last.since >= self._day:
            vi = f"{_name(unit)} chỉ bắt đầu từ ngày {last.since:%d/%m/%Y}."
            en = f"{_name(unit)} begins on {last.since} only."
            say(_P.EFFECTIVE_TOO_EARLY, vi, en)
        elif last.until and last.until <= self._day:
            vi = f"{_name(unit)} đã kết thúc ngày {last.until - timedelta(days=1):%d/%m/%Y}."
            en = f"{_name(unit)} ended on {last.until - timedelta(days=1)}."
            say(_P.UNIT_ENDED, vi, en)
        else:
            return unit
        return None

    def _go_on(self, unit: DatedUnit, line: Line) -> None:
        spell = unit.spells[-1]
        if line.level and line.level is not spell.level and not line.parent:
            vi, en = "Đổi cấp phải nêu đơn vị cấp trên.", "A change of level needs the parent."
            self._say(line, "parent", _P.LEVEL_WITHOUT_PARENT, vi, en)
        type_, name = naming.official(line.name or spell.name, line.type or spell.kind)
        state = _State(
            id=unit.id,
            name=name,
            code=line.code or spell.code,
            type=type_,
            level=line.level or spell.level,
            parent=spell.parent,
            line=line,
            until=spell.until,
        )
        self._states[unit.id] = state
        if line.code:
            self._by_code.setdefault(state.code, unit.id)

    def _begin(self) -> None:
        leading: dict[str, list[Line]] = defaultdict(list)
        for lines in self._ends.values():
            for line in lines:
                if line.code:
                    leading[line.code].append(line)
                else:
                    vi, en = "Thiếu mã của đơn vị mới.", "The new unit's code is missing."
                    self._say(line, "code", _P.NEW_UNIT_INCOMPLETE, vi, en)
        for code, lines in leading.items():
            lines.sort(key=lambda line: line.row)
            name, type_, level, parent = (
                self._agreed(lines, column) for column in ("name", "type", "level", "parent")
            )
            for column, value in (("name", name), ("type", type_), ("level", level)):
                if not value:
                    vi, en = f"Đơn vị mới {code} thiếu {column}.", f"The new unit {code} has no {column}."
                    self._say(lines[0], column, _P.NEW_UNIT_INCOMPLETE, vi, en)
            if not parent:
                vi, en = f"Đơn vị mới {code} thiếu đơn vị cấp trên.", f"The new unit {code} has no parent."
                self._say(lines[0], "parent", _P.LEVEL_WITHOUT_PARENT, vi, en)
            id_ = f"u{code}-{self._day}"
            first = dataclasses.replace(lines[0], parent=str(parent))
            kind, official = naming.official(str(name), str(type_))
            self._states[id_] = _State(
                id=id_,
                name=official,
                code=code,
                type=kind,
                level=UnitLevel(str(level)) if level else UnitLevel.COMMUNE,
                parent=None,
                line=first,
                lines=lines,
            )
            self._by_code.setdefault(code, id_)
            if len(lines) == 1 and lines[0].kind is ReorganisationKind.MERGE:
                vi = "Chỉ một đơn vị cũ, trọn vẹn: hãy dùng RENAME, CHANGE_LEVEL hoặc TRANSFER."
                en = "One old unit only, and whole: use RENAME, CHANGE_LEVEL or TRANSFER."
                self._say(lines[0], "kind", _P.MERGE_OF_ONE, vi, en)

    def _agreed(self, lines: list[Line], column: str) -> object:
        """The value of a column for one new unit, on which all lines that have it agree."""
        said = [(line, value) for line in lines if (value := getattr(line, column))]
        for line, value in said[1:]:
            if value != said[0][1]:
                problem = _P.TWO_PARENTS if column == "parent" else _P.NEW_UNIT_DIFFERS
                first = said[0]
                vi = f"Dòng {first[0].row} ghi “{first[1]}” cho cùng đơn vị mới {line.code}."
                en = f"Row {first[0].row} says “{first[1]}” of the same new unit {line.code}."
                self._say(line, column, problem, vi, en)
        return said[0][1] if said else ""

    def _resolve_parents(self) -> None:
        for state in self._states.values():
            line = state.line
            if line and line.parent:
                state.parent = self._parent(line)

    def _parent(self, line: Line) -> str | None:
        """Id of the parent, which is named by a code of the file, by id, or by its code on the day."""
        if line.parent in self._by_code:
            return self._by_code[line.parent]
        unit = self._known.get(line.parent) or next(
            (
                u
                for u in self._known.values()
                if u.id not in self._ends and (s := u.at(self._day)) and s.code == line.parent
            ),
            None,
        )
        if unit and unit.at(self._day) and unit.id not in self._ends:
            return unit.id
        vi = f"Từ ngày {self._day:%d/%m/%Y} không có đơn vị “{line.parent}” để làm cấp trên."
        self._say(
            line, "parent", _P.PARENT_UNKNOWN, vi, f"From {self._day} there is no parent “{line.parent}”."
        )
        return None

    def _follow(self) -> None:
        """Moves sub-units of an ending unit to its successor. If there are several, the file must name the parent."""
        lost: dict[str, list[DatedUnit]] = defaultdict(list)
        for unit in self._known.values():
            spell = unit.at(self._day)
            if spell is None or unit.id in self._ends or spell.parent not in self._ends:
                continue
            state = self._states.get(unit.id)
            if state and state.line and state.line.parent:
                continue
            ending = self._ends[spell.parent]
            heir = f"u{ending[0].code}-{self._day}"
            if len(ending) > 1 or heir not in self._states:
                lost[spell.parent].append(unit)
                continue
            if state is None:
                state = self._states[unit.id] = _State(
                    id=unit.id,
                    name=spell.name,
                    code=spell.code,
                    type=spell.kind,
                    level=spell.level,
                    parent=heir,
                    line=None,
                    until=spell.until,
                )
            state.parent = heir
        for parent, units in lost.items():
            names = ", ".join(sorted(_name(unit) for unit in units)[:5])
            vi = f"{len(units)} đơn vị bên dưới chưa có cấp trên mới ({names}…): thêm dòng TRANSFER cho từng đơn vị."
            en = f"{len(units)} units below have no new parent ({names}…): add a TRANSFER row for each."
            self._say(self._ends[parent][0], "old", _P.CHILDREN_WITHOUT_PARENT, vi, en)

    def _check_ends(self) -> None:
        for id_, lines in self._ends.items():
            splits = [line for line in lines if line.kind is ReorganisationKind.SPLIT]
            if len(lines) == 1 and splits:
                vi, en = (
                    "Chỉ có một đơn vị kế thừa: hãy dùng MERGE.",
                    "There is one successor only: use MERGE.",
                )
                self._say(lines[0], "kind", _P.SPLIT_OF_ONE, vi, en)
            for line in lines if len(lines) > 1 else ():
                if line.kind is ReorganisationKind.MERGE:
                    vi = f"{_name(self._known[id_])} có {len(lines)} đơn vị kế thừa: hãy dùng SPLIT."
                    en = f"{_name(self._known[id_])} has {len(lines)} successors: use SPLIT."
                    self._say(line, "kind", _P.MERGE_NOT_WHOLE, vi, en)
            for line in [line for line in lines if line.main][1:]:
                vi = f"{_name(self._known[id_])} đã có đơn vị kế thừa chính."
                en = f"{_name(self._known[id_])} has a main successor already."
                self._say(line, "main", _P.TWO_MAINS, vi, en)

    def _check_chains(self) -> None:
        for state in self._states.values():
            line = state.line
            if line is None:
                continue
            if not state.lines and self._unchanged(state):
                vi, en = "Dòng không thay đổi gì.", "The row changes nothing."
                self._say(line, "kind", _P.NOTHING_CHANGES, vi, en)
            if state.level is UnitLevel.DISTRICT and self._day >= REORGANISED_ON:
                vi, en = "Cấp huyện kết thúc ngày 30/6/2025.", "The district level ended on 2025-06-30."
                self._say(line, "level", _P.LEVEL_WRONG, vi, en)
            if self._path(state.id) is None:
                vi, en = f"{state.name} nằm dưới chính nó.", f"{state.name} lies below itself."
                self._say(line, "parent", _P.CYCLE, vi, en)
        for id_, (level, parent) in self._chain_of_all().items():
            above = self._level(parent)
            if above is not None and _DEPTH[above] >= _DEPTH[level]:
                line = self._line_of(id_) or self._line_of(parent)
                if line:
                    name = self._name(id_)
                    vi = f"{name} ({level.vi}) không thể thuộc một đơn vị cấp {above.vi.lower()}."
                    en = f"{name}, a {level}, cannot lie under a {above}."
                    self._say(line, "level", _P.LEVEL_WRONG, vi, en)

    def _chain_of_all(self) -> dict[str, tuple[UnitLevel, str]]:
        """Level and parent of each known unit from the day on."""
        chain = {
            unit.id: (spell.level, spell.parent)
            for unit in self._known.values()
            if unit.id not in self._ends and (spell := unit.at(self._day)) and spell.parent
        }
        for state in self._states.values():
            if state.parent:
                chain[state.id] = state.level, state.parent
        return chain

    def _level(self, id_: str) -> UnitLevel | None:
        if id_ in self._states:
            return self._states[id_].level
        spell = self._known[id_].at(self._day) if id_ in self._known else None
        return spell.level if spell else None

    def _line_of(self, id_: str) -> Line | None:
        state = self._states.get(id_)
        if state is None:
            return None
        if state.line is None and state.parent in self._states:
            return self._states[state.parent].line
        return state.line

    def _name(self, id_: str) -> str:
        return self._states[id_].name if id_ in self._states else _name(self._known[id_])

    def _unchanged(self, state: _State) -> bool:
        spell = self._known[state.id].spells[-1]
        return (state.name, state.code, state.type, state.level, state.parent) == (
            spell.name,
            spell.code,
            spell.kind,
            spell.level,
            spell.parent,
        )

    def _check_codes(self) -> None:
        """No code belongs to two units from the day on, whether the file gives it to them or they keep it."""
        kept: dict[str, list[str]] = defaultdict(list)
        for unit in self._known.values():
            state = self._states.get(unit.id)
            if unit.id not in self._ends and (state is None or state.line is None):
                for code in {s.code for s in unit.spells if s.until is None or s.until > self._day}:
                    kept[code].append(unit.id)
        changed: dict[str, list[tuple[Line, _State]]] = defaultdict(list)
        for state in self._states.values():
            if state.line:
                changed[state.code].append((state.line, state))
        for code, found in changed.items():
            found.sort(key=lambda one: one[0].row)
            if others := kept.get(code):
                for line, _ in found:
                    self._clash(line, code, self._name(others[0]))
            elif len(found) > 1:
                given = [one for one in found if one[0].code] or found
                line, last = given[-1]
                self._clash(line, code, next(one.name for _, one in found if one is not last))
            for line, state in found:
                if state.lines and state.id in self._known:
                    self._clash(line, code, state.id)

    def _clash(self, line: Line, code: str, other: str) -> None:
        vi = f"Mã {code} từ ngày {self._day:%d/%m/%Y} là của {other}."
        en = f"From {self._day} the code {code} belongs to {other}."
        self._say(line, "code", _P.CODE_CLASH, vi, en)

    def _path(self, id_: str) -> UnitPath | None:
        """Path of the unit from the day on; None if the unit would be below itself."""
        return climbed(id_, self._above)

    def _above(self, id_: str) -> str | None:
        if id_ in self._states:
            return self._states[id_].parent
        spell = self._known[id_].at(self._day) if id_ in self._known else None
        return spell.parent if spell else None

    def _moved(self) -> list[DatedUnit]:
        moved = [self._ended(self._known[id_]) for id_ in self._ends]
        for unit in self._known.values():
            spell = unit.at(self._day)
            if spell is None or unit.id in self._ends:
                continue
            state, path = self._states.get(unit.id), str(self._path(unit.id))
            if state is None and path == spell.path:
                continue
            new = replace(spell, since=self._day, path=path)
            if state:
                new = replace(
                    new,
                    name=state.name,
                    code=state.code,
                    kind=state.type,
                    level=state.level,
                    parent=state.parent,
                )
            moved.append(replace(unit, spells=(*self._ended(unit).spells, new)))
        moved += self._pasts.units.values()
        return [*moved, *(self._began(state) for state in self._states.values() if state.lines)]

    def _ended(self, unit: DatedUnit) -> DatedUnit:
        *earlier, last = unit.spells
        return replace(unit, spells=(*earlier, replace(last, until=self._day)))

    def _began(self, state: _State) -> DatedUnit:
        spell = Spell(
            name=state.name,
            code=state.code,
            kind=state.type,
            level=state.level,
            parent=state.parent,
            path=str(self._path(state.id)),
            since=self._day,
        )
        predecessors = tuple(
            Predecessor(
                unit=self._old[line.row],
                kind=SuccessionKind.SPLIT if line.kind is ReorganisationKind.SPLIT else SuccessionKind.MERGE,
                on=self._day,
                main=self._main(line),
                document=str(self._read.document),
            )
            for line in state.lines
        )
        return DatedUnit(id=state.id, spells=(spell,), predecessors=predecessors)

    def _main(self, line: Line) -> bool:
        """Whether this is the main line of its old unit: the marked one, or else the first."""
        lines = self._ends[self._old[line.row]]
        return line is next((one for one in lines if one.main), lines[0])

    def _lines(self) -> Iterator[ReorganisedUnit]:
        for line in sorted(self._read.lines, key=lambda line: line.row):
            old = self._old.get(line.row)
            if line.kind in OF_THE_PAST:
                unit = self._pasts.units.get(self._pasts.old.get(line.row, ""))
                if unit:
                    yield self._past_line(line, unit)
                continue
            becomes = f"u{line.code}-{self._day}" if line.kind in ENDING else old
            state = self._states.get(becomes or "")
            if old and state and (line.kind not in ENDING or line in self._ends[old]):
                yield ReorganisedUnit(
                    row=line.row,
                    kind=line.kind,
                    unit=f"{old}<{self._day}",
                    becomes=state.id,
                    name=state.name,
                    code=state.code,
                    level=state.level,
                    parent=state.parent,
                    whole=line.kind is not ReorganisationKind.SPLIT,
                    main=line.kind not in ENDING or self._main(line),
                )

    def _past_line(self, line: Line, unit: DatedUnit) -> ReorganisedUnit:
        spell, is_former = unit.in_force(self._day), line.kind is ReorganisationKind.FORMER
        lines = [one for one in unit.predecessors if one.unit == self._pasts.key(line)]
        return ReorganisedUnit(
            row=line.row,
            kind=line.kind,
            unit=f"{self._pasts.key(line) if is_former else unit.id}<{self._day}",
            becomes=unit.id,
            name=spell.name,
            code=spell.code,
            level=spell.level,
            parent=spell.parent,
            whole=not is_former or lines[0].kind is SuccessionKind.MERGE,
            main=not is_former or lines[0].main,
        )


def _name(unit: DatedUnit) -> str:
    return unit.spells[-1].name
