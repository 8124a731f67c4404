"""The units of the whole country, before and after the district level ended on 2025-07-01.

Source: the community dataset `vietnamadminunits` 1.0.4 (MIT). `data/` has its facts: the units until 2025-06-30, the
units from 2025-07-01, and the successions. The first list is a snapshot of its last day: it does not say since when its
facts hold, so `since` of an old unit is None. The `type` of seven rows contradicts the name, which is right.

The resolutions on the communes of each province, all of 2025-06-16, are those of the government's list:
https://xaydungchinhsach.chinhphu.vn/toan-van-34-nghi-quyet-cua-ubtvqh-ve-sap-xep-cac-don-vi-hanh-chinh-cap-xa-119250616215143373.htm
Later changes are files in `reorganisations/decrees/`.
"""

import csv
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from services.kernel.units import (
    COUNTRY,
    DatedUnit,
    Predecessor,
    Spell,
    SuccessionKind,
    UnitLevel,
    UnitPath,
)
from services.registration.units import naming

REORGANISED_ON = date(2025, 7, 1)
PROVINCES_RESOLUTION = "202/2025/QH15"
"""Resolution of the National Assembly on the provinces."""

SPECIAL_ZONE = "Đặc khu"

_DATA = Path(__file__).with_name("data")
_OLD = "vn-units-until-2025-06-30.csv"
_NEW = "vn-units-from-2025-07-01.csv"
_SUCCESSION = "vn-units-succession-2025-07-01.csv"
_RESOLUTIONS = "vn-resolutions-2025-07-01.csv"

_LevelName = Literal["province", "district", "commune"]
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Code = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{2,5}$")]


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    where: str
    level: _LevelName


class _UnitRow(_Row, frozen=True):
    code: _Code
    name: _Text
    type: _Text
    parent_code: str


class _SuccessionRow(_Row, frozen=True):
    """If `level` is "district", `new_code` is a commune's: an island district became a special zone."""

    old_code: _Code
    new_code: _Code
    is_main_successor: bool


class _ResolutionRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The resolution on the communes of a province."""

    where: str
    province_code: _Code
    document: _Text


_AnyRow = TypeVar("_AnyRow", _UnitRow, _SuccessionRow, _ResolutionRow)
_Rows = dict[str, _UnitRow]
"""Code → row. A national code is unique in one snapshot, not in both."""


def national_units() -> list[DatedUnit]:
    """The country, then provinces, districts and communes: parents come before their children.

    If an old unit has one successor, and that one has no other predecessor, both are one unit with one id.
    Raises ValueError with file and row if the data contradict themselves.
    """
    old, new = _snapshot(_OLD), _snapshot(_NEW)
    succession = _succession(old, new)
    continued = _continued(succession, old, new)
    old_ids = {code: f"u{code}" for code in old}
    new_ids = {code: old_ids[continued[code]] if code in continued else f"u{code}-2025" for code in new}

    before = _spells(old, old_ids, until=REORGANISED_ON)
    after = _spells(new, new_ids, since=REORGANISED_ON)
    ended = [row for row in succession if row.new_code not in continued]
    lineage = _lineage(ended, old_ids, new_ids, _documents(new))
    units = [
        DatedUnit(
            id=unit,
            spells=_joined(before.get(unit), after.get(unit)),
            predecessors=tuple(lineage.get(unit, ())),
        )
        for unit in before | after
    ]
    depth = list(UnitLevel).index
    return [_country(), *sorted(units, key=lambda unit: depth(unit.spells[0].level))]


def _country() -> DatedUnit:
    spell = Spell(
        name="Việt Nam",
        code=COUNTRY,
        kind="Quốc gia",
        level=UnitLevel.COUNTRY,
        parent=None,
        path=f"/{COUNTRY}",
    )
    return DatedUnit(id=COUNTRY, spells=(spell,))


def _rows(file: str, kind: type[_AnyRow]) -> Iterator[_AnyRow]:
    text = unicodedata.normalize("NFC", (_DATA / file).read_text(encoding="utf-8"))
    reader = csv.DictReader(text.splitlines())
    for fields in reader:
        where = f"{file}, row {reader.line_num}"
        try:
            yield msgspec.convert({**fields, "where": where}, kind, strict=False)
        except msgspec.ValidationError as error:
            raise ValueError(f"{where}: {error}") from error


def _snapshot(file: str) -> _Rows:
    rows: _Rows = {}
    for row in _rows(file, _UnitRow):
        _require(row.code not in rows, row, f"code {row.code} occurs twice")
        above = rows[row.parent_code].level if row.parent_code in rows else None
        has_parent = (
            row.parent_code == "" if row.level == "province" else above not in (None, "commune", row.level)
        )
        _require(has_parent, row, f"{row.parent_code!r} is not a parent of a {row.level}, listed above it")
        rows[row.code] = row
    return rows


def _succession(old: _Rows, new: _Rows) -> list[_SuccessionRow]:
    rows: dict[tuple[str, str], _SuccessionRow] = {}
    for row in _rows(_SUCCESSION, _SuccessionRow):
        pair = row.old_code, row.new_code
        becomes = "province" if row.level == "province" else "commune"
        _require(_level(old, row.old_code) == row.level, row, f"no old {row.level} {row.old_code}")
        _require(_level(new, row.new_code) == becomes, row, f"no new {becomes} {row.new_code}")
        _require(pair not in rows, row, f"{row.old_code} to {row.new_code} occurs twice")
        rows[pair] = row
    _require_complete(list(rows.values()), old, new)
    return list(rows.values())


def _require_complete(succession: list[_SuccessionRow], old: _Rows, new: _Rows) -> None:
    """Raises ValueError if a province or commune has no successor, or a new unit has no predecessor."""
    mains = Counter(row.old_code for row in succession if row.is_main_successor)
    succeeded = {row.old_code for row in succession}
    preceded = {row.new_code for row in succession}
    for code, unit in old.items():
        ends = unit.level == "district" and code not in succeeded
        _require(ends or mains[code] == 1, unit, f"{mains[code]} main successors of {code}, not 1")
    for code, unit in new.items():
        _require(code in preceded, unit, f"{code} has no predecessor")


def _level(rows: _Rows, code: str) -> str | None:
    return rows[code].level if code in rows else None


def _require(holds: bool, row: _Row, otherwise: str) -> None:
    if not holds:
        raise ValueError(f"{row.where}: {otherwise}")


def _continued(succession: list[_SuccessionRow], old: _Rows, new: _Rows) -> dict[str, str]:
    """New code → old code, of each unit that stays the same unit."""
    successors = Counter(row.old_code for row in succession)
    predecessors = Counter(row.new_code for row in succession)
    return {
        row.new_code: row.old_code
        for row in succession
        if successors[row.old_code] == predecessors[row.new_code] == 1
        and (old[row.old_code].level == new[row.new_code].level or new[row.new_code].type == SPECIAL_ZONE)
    }


def _documents(new: _Rows) -> dict[str, str]:
    """New code → the resolution by which the unit was formed."""
    of_communes = {row.province_code: row.document for row in _rows(_RESOLUTIONS, _ResolutionRow)}
    return {code: of_communes.get(unit.parent_code, PROVINCES_RESOLUTION) for code, unit in new.items()}


def _lineage(
    succession: list[_SuccessionRow],
    old_ids: dict[str, str],
    new_ids: dict[str, str],
    documents: dict[str, str],
) -> dict[str, list[Predecessor]]:
    """Id of the successor → its predecessors. `documents`: by new code."""
    successors = Counter(row.old_code for row in succession)
    lineage: dict[str, list[Predecessor]] = defaultdict(list)
    for row in succession:
        predecessor = Predecessor(
            unit=old_ids[row.old_code],
            kind=SuccessionKind.SPLIT if successors[row.old_code] > 1 else SuccessionKind.MERGE,
            on=REORGANISED_ON,
            main=row.is_main_successor,
            document=documents[row.new_code],
        )
        lineage[new_ids[row.new_code]].append(predecessor)
    return lineage


def _spells(
    rows: _Rows, ids: dict[str, str], *, since: date | None = None, until: date | None = None
) -> dict[str, Spell]:
    """Id → spell of the unit. In `rows`, parents come before their children."""
    paths = {"": UnitPath(f"/{COUNTRY}")}
    spells = {}
    for code, row in rows.items():
        above = paths[row.parent_code]
        paths[code] = above.child(ids[code])
        kind, name = naming.official(row.name, row.type)
        spells[ids[code]] = Spell(
            name=name,
            code=code,
            kind=kind,
            level=UnitLevel(row.level.upper()),
            parent=above.unit,
            path=str(paths[code]),
            since=since,
            until=until,
        )
    return spells


def _joined(before: Spell | None, after: Spell | None) -> tuple[Spell, ...]:
    """The spells, where two that differ only in their dates are joined into one."""
    if before and after:
        whole = msgspec.structs.replace(before, until=after.until)
        if whole == msgspec.structs.replace(after, since=before.since):
            return (whole,)
    return tuple(spell for spell in (before, after) if spell)
