"""Reorganisations of the real country: they keep the invariants, and every problem names its line."""

import asyncio
import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.directory import lineage
from services.kernel.messages import Refused
from services.kernel.units import COUNTRY, DatedUnit, UnitLevel, UnitPath
from services.registration import reorganisations
from services.registration.reorganisations.domain import Plan, plan, reorganise
from services.registration.reorganisations.file import COLUMNS, MOST_ROWS, read
from services.registration.units.national import national_units
from tests.values import act

COUNTRYWIDE = {unit.id: unit for unit in national_units()}
DAY = date(2026, 9, 1)
BEFORE = DAY - timedelta(days=1)
ACT = act("operator", DAY)
HEAD = {
    "effective_on": "2026-09-01",
    "document_kind": "Nghị quyết",
    "document_number": "80/NQ-UBTVQH16",
    "document_issuer": "Ủy ban Thường vụ Quốc hội",
    "document_date": "15/07/2026",
}
HA_NOI, HUE = "01", "46"
Row = dict[str, str]


def now_of(level: UnitLevel) -> list[DatedUnit]:
    return [u for u in COUNTRYWIDE.values() if (s := u.at(BEFORE)) and s.level is level]


COMMUNES = now_of(UnitLevel.COMMUNE)
PROVINCES = now_of(UnitLevel.PROVINCE)
IN_HUE = [u for u in COMMUNES if UnitPath(u.spells[-1].path).within("u46")]
A, B, C, D = (unit.spells[-1].code for unit in IN_HUE[:4])


def line(kind: str, old: str, code: str = "", **cells: str) -> Row:
    return {**dict.fromkeys(COLUMNS, ""), **HEAD, "kind": kind, "old": old, "code": code, **cells}


def new(kind: str, old: str, code: str, **cells: str) -> Row:
    given_ = {"name": f"Phường {code}", "type": "Phường", "level": "COMMUNE", "parent": HUE}
    return line(kind, old, code, **{**given_, **cells})


def text(rows: Iterable[Row]) -> str:
    made = io.StringIO()
    writer = csv.DictWriter(made, COLUMNS, extrasaction="raise")
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue()


def planned(rows: Iterable[Row], country: dict[str, DatedUnit] = COUNTRYWIDE) -> Plan:
    return plan(read(text(rows)), country)


def problems(rows: Iterable[Row]) -> set[tuple[int | None, str]]:
    return {(p.row, str(p.problem)) for p in planned(rows).problems}


def after(made: Plan) -> dict[str, DatedUnit]:
    return COUNTRYWIDE | {unit.id: unit for unit in made.units}


def check_invariants(country: dict[str, DatedUnit], day: date) -> None:
    """Each unit has one chain of parents up to the country, with rising levels, unique codes and matching paths."""
    codes: dict[str, str] = {}
    depth = list(UnitLevel).index
    for unit in country.values():
        assert sum(spell.covers(day) for spell in unit.spells) <= 1
        spell = unit.at(day)
        if spell is None:
            continue
        assert codes.setdefault(spell.code, unit.id) == unit.id
        chain = [unit.id]
        above = spell
        while above.parent:
            higher = country[above.parent].at(day)
            assert higher, f"{unit.id} lies under {above.parent}, which is not in force"
            assert depth(higher.level) < depth(above.level)
            chain.append(above.parent)
            above = higher
        assert chain[-1] == COUNTRY
        assert tuple(reversed(chain)) == UnitPath(spell.path).segments


VALID: list[Row] = [
    new("MERGE", A, "90001"),
    new("MERGE", B, "90001"),
    new("SPLIT", C, "90002", main="x"),
    new("SPLIT", C, "90003"),
    line("RENAME", D, name="Phường Đổi Tên"),
]


def test_communes_are_merged_split_and_renamed_with_their_document() -> None:
    made = planned(VALID)
    assert made.problems == ()
    assert (made.began, made.ended, made.changed, made.followers) == (3, 3, 1, 0)
    country = after(made)
    check_invariants(country, BEFORE)
    check_invariants(country, DAY)
    merged, split = country["u90001-2026-09-01"], country["u90003-2026-09-01"]
    assert [(p.kind, p.on) for p in merged.predecessors] == [("MERGE", DAY)] * 2
    assert [(p.kind, p.main) for p in split.predecessors] == [("SPLIT", False)]
    assert merged.predecessors[0].document == (
        "Nghị quyết 80/NQ-UBTVQH16 ngày 15/07/2026 của Ủy ban Thường vụ Quốc hội"
    )
    assert IN_HUE[0].id in {p.unit for p in merged.predecessors}
    renamed = country[IN_HUE[3].id]
    assert [s.name for s in renamed.spells[-2:]] == [IN_HUE[3].spells[-1].name, "Phường Đổi Tên"]


def test_sub_units_move_with_a_merged_province() -> None:
    small = sorted(PROVINCES, key=lambda p: sum(UnitPath(c.spells[-1].path).within(p.id) for c in COMMUNES))[
        :2
    ]
    cells = {"name": "Tỉnh Mới", "type": "Tỉnh", "level": "PROVINCE", "parent": COUNTRY}
    made = planned([line("MERGE", p.spells[-1].code, "98", **cells) for p in small])
    assert made.problems == ()
    below = sum(UnitPath(c.spells[-1].path).within(p.id) for c in COMMUNES for p in small)
    assert (made.began, made.ended, made.followers) == (1, 2, below)
    check_invariants(after(made), BEFORE)
    check_invariants(after(made), DAY)


def test_file_in_another_order_and_spelling_has_the_same_digest() -> None:
    assert read(text(VALID)).digest == read("\ufeff" + text(reversed(VALID))).digest
    vietnamese = [
        {**row, "kind": {"MERGE": "Nhập", "SPLIT": "tách", "RENAME": "Đổi tên"}[row["kind"]]} for row in VALID
    ]
    dated = [{**row, "effective_on": "01/09/2026"} for row in vietnamese]
    assert read(text(dated)).digest == read(text(VALID)).digest
    assert read(text(VALID[:-1])).digest != read(text(VALID)).digest


RENAMED = line("RENAME", D, name="Phường Đổi Tên")
OLD_CODE = next(
    u for u in COUNTRYWIDE.values() if u.spells[-1].level is UnitLevel.DISTRICT and u.spells[-1].until
)
TRANSFERRED = line("TRANSFER", IN_HUE[5].id, parent=HA_NOI)
WRONG: dict[str, tuple[list[Row], set[tuple[int | None, str]]]] = {
    "no rows": ([], {(None, "FILE_INVALID")}),
    "an unknown kind": ([RENAMED, line("VANISH", A)], {(3, "VALUE_INVALID")}),
    "no day": ([{**RENAMED, "effective_on": "31/02/2026"}], {(2, "VALUE_INVALID")}),
    "a code of letters": ([new("MERGE", A, "A1"), RENAMED], {(2, "VALUE_INVALID")}),
    "no document": ([{**RENAMED, "document_number": ""}], {(2, "DOCUMENT_MISSING")}),
    "two documents": (
        [RENAMED, {**line("RENAME", A, name="Khác"), "document_number": "1"}],
        {(3, "DOCUMENT_DIFFERS")},
    ),
    "a row twice": ([RENAMED, RENAMED], {(3, "DUPLICATE_ROW")}),
    "a unit in two ways": ([RENAMED, line("TRANSFER", D, "90009", parent=HA_NOI)], {(3, "UNIT_TWICE")}),
    "an unknown unit": ([line("RENAME", "99999", name="Không có")], {(2, "UNIT_UNKNOWN")}),
    "a unit that ended": ([line("RENAME", OLD_CODE.id, name="Hết")], {(2, "UNIT_ENDED")}),
    "before it began": (
        [{**line("RENAME", "u26740-2025", name="Sớm"), "effective_on": "2025-06-01"}],
        {(2, "EFFECTIVE_TOO_EARLY")},
    ),
    "a new unit without a name": (
        [new("MERGE", A, "90001", name=""), new("MERGE", B, "90001", name="")],
        {(2, "NEW_UNIT_INCOMPLETE")},
    ),
    "two names": (
        [new("MERGE", A, "90001"), new("MERGE", B, "90001", name="Khác")],
        {(3, "NEW_UNIT_DIFFERS")},
    ),
    "two parents": (
        [new("MERGE", A, "90001"), new("MERGE", B, "90001", parent=HA_NOI)],
        {(3, "TWO_PARENTS")},
    ),
    "no parent": (
        [new("MERGE", A, "90001", parent=""), new("MERGE", B, "90001", parent="")],
        {(2, "LEVEL_WITHOUT_PARENT")},
    ),
    "a new district": (
        [new("MERGE", A, "90001", level="DISTRICT"), new("MERGE", B, "90001", level="DISTRICT")],
        {(2, "LEVEL_WRONG")},
    ),
    "a commune under a commune": ([line("TRANSFER", A, parent=B)], {(2, "LEVEL_WRONG")}),
    "an unknown parent": ([line("TRANSFER", A, parent="77777")], {(2, "PARENT_UNKNOWN")}),
    "a parent that ends": (
        [new("MERGE", A, "90001"), new("MERGE", B, "90001"), line("TRANSFER", D, parent=A)],
        {(4, "PARENT_UNKNOWN")},
    ),
    "a circle": (
        [line("TRANSFER", A, parent=B), line("TRANSFER", B, parent=A)],
        {(2, "CYCLE"), (3, "CYCLE"), (2, "LEVEL_WRONG"), (3, "LEVEL_WRONG")},
    ),
    "a code that is another's": ([new("MERGE", A, D), new("MERGE", B, D)], {(2, "CODE_CLASH")}),
    "a code for two": ([line("RENAME", A, "90001"), line("RENAME", B, "90001")], {(3, "CODE_CLASH")}),
    "a merge in parts": (
        [
            new("MERGE", A, "90001"),
            new("MERGE", A, "90002"),
            new("MERGE", B, "90001"),
            new("MERGE", C, "90002"),
        ],
        {(2, "MERGE_NOT_WHOLE"), (3, "MERGE_NOT_WHOLE")},
    ),
    "a split into one": ([new("SPLIT", A, "90001"), new("MERGE", B, "90001")], {(2, "SPLIT_OF_ONE")}),
    "a merge of one": ([new("MERGE", A, "90001")], {(2, "MERGE_OF_ONE")}),
    "two main ones": (
        [new("SPLIT", A, "90001", main="x"), new("SPLIT", A, "90002", main="x")],
        {(3, "TWO_MAINS")},
    ),
    "nothing new": ([line("RENAME", A, name=IN_HUE[0].spells[-1].name)], {(2, "NOTHING_CHANGES")}),
    "children left alone": (
        [
            line("SPLIT", HUE, code, name=f"Tỉnh {code}", type="Tỉnh", level="PROVINCE", parent=COUNTRY)
            for code in ("97", "98")
        ],
        {(2, "CHILDREN_WITHOUT_PARENT")},
    ),
    "too many rows": ([line("RENAME", f"{n:05}") for n in range(MOST_ROWS + 1)], {(None, "TOO_LARGE")}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_problem_names_its_row(wrong: str) -> None:
    rows, expected = WRONG[wrong]
    assert problems(rows) == expected
    made = planned(rows)
    assert made.units == ()
    with pytest.raises(Refused) as refused:
        reorganise(read(text(rows)), made, applied=None, key="reorganisation_1", act=ACT)
    assert refused.value.refusal.code == "reorganisation-invalid"


def test_all_problems_are_listed_together() -> None:
    rows = [
        row
        for rows, _ in (WRONG["an unknown unit"], WRONG["a merge of one"], WRONG["two main ones"])
        for row in rows
    ]
    rows[-2]["old"] = rows[-1]["old"] = B
    rows[-2]["code"], rows[-1]["code"] = "90003", "90004"
    assert problems(rows) == {(2, "UNIT_UNKNOWN"), (3, "MERGE_OF_ONE"), (5, "TWO_MAINS")}


def test_reorganisation_before_a_later_change_is_refused() -> None:
    country = after(planned([RENAMED]))
    again = [{**line("RENAME", IN_HUE[3].id, name="Trước"), "effective_on": "2026-08-01"}]
    assert {str(p.problem) for p in planned(again, country).problems} == {"TIME_OVERLAPS"}


def test_missing_and_unknown_columns_are_named() -> None:
    (problem,) = read("old,nghĩa\nA,B\n").problems
    assert "effective_on" in problem.en
    assert "nghĩa" in problem.en
    (problem,) = read('old,"unclosed\nA,B\n').problems
    assert problem.problem == "FILE_INVALID"


@dataclass(frozen=True)
class Drawn:
    rows: list[Row]
    ending: int


@st.composite
def valid(draw: st.DrawFn) -> Drawn:
    """Some communes merge in groups, some are split, some are renamed, some go to another province."""
    chosen = draw(st.lists(st.sampled_from(COMMUNES), min_size=2, max_size=14, unique_by=lambda u: u.id))
    rows: list[Row] = []
    code = 90000
    ending = 0
    while len(chosen) > 1:
        how = draw(st.sampled_from(["MERGE", "SPLIT", "RENAME", "TRANSFER"]))
        unit, province = chosen.pop(), draw(st.sampled_from(PROVINCES))
        parent = province.spells[-1].code
        code += 2
        if how == "MERGE":
            rows += [new(how, one.id, f"{code}", parent=parent) for one in (unit, chosen.pop())]
        elif how == "SPLIT":
            rows += [new(how, unit.id, f"{code + n}", parent=parent) for n in (0, 1)]
        elif how == "RENAME":
            rows.append(line(how, unit.id, name=f"Xã {code}"))
        elif province.id != unit.spells[-1].parent:
            rows.append(line(how, unit.id, parent=parent))
        ending += {"MERGE": 2, "SPLIT": 1}.get(how, 0)
    return Drawn(rows or [RENAMED], ending)


@settings(max_examples=15, deadline=None)
@given(valid())
def test_valid_reorganisation_keeps_the_invariants(drawn: Drawn) -> None:
    made = planned(drawn.rows)
    assert made.problems == ()
    assert made.ended == drawn.ending
    country = after(made)
    for day in (BEFORE, DAY):
        check_invariants(country, day)
    for unit in made.units:
        assert COUNTRYWIDE.get(unit.id) is None or unit.at(BEFORE) == _until_day(COUNTRYWIDE[unit.id])


@settings(max_examples=15, deadline=None)
@given(valid())
def test_successors_and_predecessors_agree_after_several_reorganisations(
    drawn: Drawn,
) -> None:
    """Compares days before 2025-07-01, after it, and after the drawn reorganisation."""
    made = planned(drawn.rows)
    country = after(made)
    first = date(2020, 1, 1)
    followers: dict[str, list[DatedUnit]] = defaultdict(list)
    for follower in country.values():
        for one in follower.predecessors:
            followers[one.unit].append(follower)

    async def many(ids: list[str]) -> list[DatedUnit]:
        return [country[id_] for id_ in ids]

    async def came_of(ids: list[str]) -> list[DatedUnit]:
        return list({unit.id: unit for id_ in ids for unit in followers[id_]}.values())

    async def check() -> None:
        for unit in made.units:
            if not country[unit.id].at(DAY):
                continue
            back = await lineage.earlier(country[unit.id], DAY, first, many)
            assert back, f"{unit.id} came of nothing"
            known = await lineage.succession([one.unit for one in back], came_of)
            for one in back:
                heirs = await lineage.later(one.unit, first, DAY, known)
                assert heirs == await lineage.later(one.unit, first, DAY, came_of)
                there = {heir.unit.id: heir.whole for heir in heirs}
                assert there.get(unit.id) is one.whole, f"{one.unit.id} and {unit.id}"

    asyncio.run(check())


def _until_day(unit: DatedUnit) -> object:
    """The last spell of the unit, as ended by the reorganisation."""
    return replace(unit.spells[-1], until=DAY)


def _unknown(rows: Sequence[Row]) -> list[Row]:
    return [*rows, line("RENAME", "99999", name="Không có")]


def _orphaned(rows: Sequence[Row]) -> list[Row]:
    return [*rows[:-1], {**rows[-1], "parent": "77777"}]


def _undocumented(rows: Sequence[Row]) -> list[Row]:
    return [*rows[:-1], {**rows[-1], "document_issuer": ""}]


def _doubled(rows: Sequence[Row]) -> list[Row]:
    return [*rows, rows[0]]


@settings(max_examples=15, deadline=None)
@given(valid(), st.sampled_from([_unknown, _orphaned, _undocumented, _doubled]))
def test_invalid_reorganisation_changes_no_unit(
    drawn: Drawn, spoil: Callable[[Sequence[Row]], list[Row]]
) -> None:
    made = planned(spoil(drawn.rows))
    assert made.problems
    assert made.units == ()


def test_second_application_of_the_same_file_is_refused() -> None:
    file, changes = read(text([RENAMED])), planned([RENAMED])
    applied, _ = reorganise(file, changes, applied=None, key="reorganisation_1", act=ACT)
    with pytest.raises(Refused, match="reorganisation_1") as refused:
        reorganise(file, changes, applied=applied, key="reorganisation_2", act=ACT)
    assert (refused.value.refusal.code, refused.value.refusal.fields) == ("already-reorganised", ("file",))


def test_reorganisation_belongs_to_the_smallest_unit_with_all_changes() -> None:
    for rows, path in (
        ([RENAMED], IN_HUE[3].spells[-1].path),
        (VALID, "/vn/u46"),
        ([*VALID, TRANSFERRED], "/vn"),
    ):
        made, event = reorganise(
            read(text(rows)), planned(rows), applied=None, key="reorganisation_1", act=ACT
        )
        assert made.unit == event.unit == path


def test_example_of_the_readme_can_be_applied() -> None:
    example = Path(reorganisations.__file__).with_name("example.csv").read_text(encoding="utf-8")
    assert plan(read(example), COUNTRYWIDE).problems == ()
