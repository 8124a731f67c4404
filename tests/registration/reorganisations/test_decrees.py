"""The decrees in the repository: each file applies after the ones before it, and changes what its source says."""

from collections import Counter
from datetime import date

import pytest

from infra.operate import decrees
from infra.operate.reorganising import text_of
from services.kernel.units import DatedUnit, UnitLevel
from services.registration.reorganisations.domain import plan
from services.registration.reorganisations.file import read
from services.registration.units.domain import Unit, record
from services.registration.units.national import national_units
from tests.values import act

pytestmark = pytest.mark.lists

TODAY = date(2026, 11, 28)


def after_all() -> dict[str, DatedUnit]:
    units = {unit.id: unit for unit in national_units()}
    for file in decrees.listed():
        made = plan(read(text_of(file)), units)
        assert made.problems == (), file.name
        units |= {unit.id: unit for unit in made.units}
    return units


UNITS = after_all()


def named(code: str, day: date) -> str | None:
    return next((s.name for u in UNITS.values() if (s := u.at(day)) and s.code == code), None)


def test_each_decree_names_its_source_and_begins_with_its_day() -> None:
    found = [(file.name, read(text_of(file))) for file in decrees.listed()]
    assert len(found) == 5
    for name, decree in found:
        assert decree.source.startswith("https://")
        assert name.startswith(f"{decree.effective_on}_")
        assert decree.document
        assert decree.document.dated_on <= (decree.effective_on or date.min)


@pytest.mark.parametrize(
    ("code", "day", "before", "after"),
    [
        ("75", date(2026, 4, 30), "Tỉnh Đồng Nai", "Thành phố Đồng Nai"),
        ("26368", date(2026, 4, 30), "Xã Long Thành", "Phường Long Thành"),
        ("22", date(2026, 9, 1), "Tỉnh Quảng Ninh", "Thành phố Quảng Ninh"),
        ("24", date(2026, 9, 20), "Tỉnh Bắc Ninh", "Thành phố Bắc Ninh"),
        ("07840", date(2026, 9, 20), "Xã Hiệp Hòa", "Phường Hiệp Hòa"),
    ],
)
def test_unit_has_its_new_name_from_the_day_on(code: str, day: date, before: str, after: str) -> None:
    assert (named(code, date.fromordinal(day.toordinal() - 1)), named(code, day)) == (before, after)


def test_three_provinces_are_cities_now_and_22_communes_are_wards() -> None:
    """Of 34 provinces, 6 were cities on 2025-07-01; of 3,321 communes, 687 were wards."""
    kinds = Counter((s.level, s.kind) for u in UNITS.values() if (s := u.at(TODAY)))
    assert kinds[UnitLevel.PROVINCE, "Thành phố"] == 6 + 3
    assert kinds[UnitLevel.PROVINCE, "Tỉnh"] == 25
    communes = {kind: many for (level, kind), many in kinds.items() if level is UnitLevel.COMMUNE}
    assert communes == {"Phường": 687 + 22, "Xã": 2_621 - 22, "Đặc khu": 13}


HEAD = decrees.listed()[0].read_text(encoding="utf-8").splitlines()[0].removesuffix(",source")
TOWN = "2009-03-02,Nghị định,01/NĐ,Chính phủ,2009-02-01,EARLIER,{},,{},{},,,"


def told(*rows: str) -> tuple[dict[str, DatedUnit], set[str]]:
    """The units after a file with these rows, and the problems of the file."""
    made = plan(read("\n".join([HEAD, *rows])), UNITS)
    return {unit.id: unit for unit in made.units}, {problem.problem for problem in made.problems}


def test_earlier_name_of_a_unit_is_a_dated_fact() -> None:
    units, problems = told(TOWN.format("437", "huyện Hồng Lĩnh", "Huyện"))
    assert problems == set()
    (town,) = units.values()
    before, after = town.spells
    assert (before.name, before.kind, before.since) == ("Huyện Hồng Lĩnh", "Huyện", None)
    assert (after.name, after.kind, before.until, after.since) == (
        "Thị xã Hồng Lĩnh",
        "Thị xã",
        date(2009, 3, 2),
        date(2009, 3, 2),
    )
    assert after.until == date(2025, 7, 1)
    # The national list, loaded again, knows less: it takes nothing back.
    known = Unit(id=town.id, version=2, unit=after.path, spells=town.spells)
    assert record(known, UNITS["u437"], act=act("operator", TODAY)) is None


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([TOWN.format("u437", "", "")], "NOTHING_CHANGES"),
        ([TOWN.format("u18115-2025", "Xã X", "Xã")], "TIME_OVERLAPS"),
        ([TOWN.format("nowhere", "Xã X", "Xã")], "UNIT_UNKNOWN"),
        ([TOWN.format("u437", "Huyện X", "Huyện"), TOWN.format("437", "Huyện Y", "Huyện")], "UNIT_TWICE"),
    ],
)
def test_earlier_name_that_cannot_be_is_refused(rows: list[str], problem: str) -> None:
    assert told(*rows) == ({}, {problem})
