import shutil
import unicodedata
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from services.kernel.units import (
    COUNTRY,
    DatedUnit,
    Predecessor,
    Spell,
    SuccessionKind,
    UnitLevel,
    UnitPath,
)
from services.registration.units import national
from services.registration.units.national import REORGANISED_ON, national_units

IN_2018 = date(2018, 1, 1)
IN_2026 = date(2026, 1, 1)
UNITS = national_units()
BY_ID = {unit.id: unit for unit in UNITS}
HA_NOI = "u01"
ISLAND_DISTRICTS = ["u318", "u471", "u498", "u536", "u755"]


def in_force(day: date) -> dict[str, Spell]:
    return {unit.id: spell for unit in UNITS if (spell := unit.at(day))}


BEFORE, AFTER = in_force(IN_2018), in_force(IN_2026)


def within(spells: dict[str, Spell], unit: str, level: UnitLevel) -> dict[str, Spell]:
    return {
        each: spell
        for each, spell in spells.items()
        if spell.level is level and UnitPath(spell.path).within(unit)
    }


def only(spell: Spell | None) -> Spell:
    assert spell is not None
    return spell


def days(spell: Spell) -> tuple[date, date]:
    last = spell.until - timedelta(days=1) if spell.until else date.max
    return spell.since or date.min, last


def origins(unit: DatedUnit) -> set[str]:
    return {predecessor.unit for predecessor in unit.predecessors} or {unit.id}


@pytest.mark.parametrize(
    ("day", "provinces", "districts", "communes"),
    [
        (IN_2018, 63, 696, 10_035),
        (date(2025, 6, 30), 63, 696, 10_035),
        (date(2025, 7, 1), 34, 0, 3_321),
        (IN_2026, 34, 0, 3_321),
    ],
)
def test_number_of_units_on_a_day_is_that_of_the_sources(
    day: date, provinces: int, districts: int, communes: int
) -> None:
    counts = Counter(spell.level for spell in in_force(day).values())
    assert counts == Counter(
        {
            UnitLevel.COUNTRY: 1,
            UnitLevel.PROVINCE: provinces,
            UnitLevel.DISTRICT: districts,
            UnitLevel.COMMUNE: communes,
        }
    )


def test_no_id_is_used_twice() -> None:
    assert len(BY_ID) == len(UNITS)


def test_country_comes_first_and_never_ends() -> None:
    assert UNITS[0].id == COUNTRY
    assert UNITS[0].spells == (
        Spell(
            name="Việt Nam",
            code="vn",
            kind="Quốc gia",
            level=UnitLevel.COUNTRY,
            parent=None,
            path="/vn",
        ),
    )


def test_parent_precedes_its_children() -> None:
    place = {unit.id: index for index, unit in enumerate(UNITS)}
    assert all(
        place[spell.parent] < place[unit.id] for unit in UNITS for spell in unit.spells if spell.parent
    )


def test_reading_twice_gives_the_same_units_in_the_same_order() -> None:
    assert national_units() == UNITS


def test_names_and_kinds_are_composed_unicode() -> None:
    assert all(
        unicodedata.is_normalized("NFC", spell.name + spell.kind) for unit in UNITS for spell in unit.spells
    )


def test_spells_of_a_unit_are_ordered_and_never_overlap() -> None:
    for unit in UNITS:
        assert unit.spells
        assert all(days(spell)[0] <= days(spell)[1] for spell in unit.spells)
        assert all(days(one)[1] < days(next_one)[0] for one, next_one in pairwise(unit.spells))


def test_consecutive_spells_differ_in_more_than_their_dates() -> None:
    def content(spell: Spell) -> tuple[object, ...]:
        return spell.name, spell.code, spell.kind, spell.level, spell.parent, spell.path

    assert all(content(one) != content(two) for unit in UNITS for one, two in pairwise(unit.spells))


def test_every_parent_covers_the_spell_of_its_child_on_its_first_and_last_day() -> None:
    for unit in UNITS[1:]:
        for spell in unit.spells:
            assert spell.parent is not None
            assert all(BY_ID[spell.parent].at(day) for day in days(spell)), unit


def test_every_path_agrees_with_the_parents() -> None:
    for unit in UNITS[1:]:
        for spell in unit.spells:
            assert spell.parent is not None
            for day in days(spell):
                above = only(BY_ID[spell.parent].at(day))
                assert spell.path == f"{above.path}/{unit.id}"


def test_every_predecessor_ended_on_the_day_its_successor_began() -> None:
    for unit in UNITS:
        for predecessor in unit.predecessors:
            assert predecessor.on == unit.spells[0].since == BY_ID[predecessor.unit].spells[-1].until


def test_new_unit_has_predecessors_and_continuing_unit_has_none() -> None:
    for unit in UNITS:
        assert bool(unit.predecessors) == (unit.spells[0].since == REORGANISED_ON), unit


def test_old_unit_has_one_main_successor_and_is_split_only_among_several() -> None:
    lines = [predecessor for unit in UNITS for predecessor in unit.predecessors]
    mains = Counter(line.unit for line in lines if line.main)
    successors = Counter(line.unit for line in lines)
    assert set(mains.values()) == {1}
    assert mains.keys() == successors.keys()
    assert all((line.kind is SuccessionKind.SPLIT) == (successors[line.unit] > 1) for line in lines)


def test_hong_linh_has_its_six_communes_in_2018() -> None:
    communes = within(BEFORE, "u437", UnitLevel.COMMUNE)
    assert only(BEFORE.get("u437")).name == "Thị xã Hồng Lĩnh"
    assert sorted(spell.code for spell in communes.values()) == [
        "18115",
        "18118",
        "18121",
        "18124",
        "18127",
        "18130",
    ]
    assert communes["u18115"].path == "/vn/u42/u437/u18115"


def test_hong_linh_ends_with_the_district_level() -> None:
    assert BY_ID["u437"].at(date(2025, 6, 30))
    assert BY_ID["u437"].at(REORGANISED_ON) is None
    assert AFTER["u18115-2025"].path == "/vn/u42/u18115-2025"


def test_reused_code_names_two_units() -> None:
    before = {unit: spell for unit, spell in BEFORE.items() if spell.code == "26740"}
    after = {unit: spell for unit, spell in AFTER.items() if spell.code == "26740"}
    assert list(before) == ["u26740"]
    assert list(after) == ["u26740-2025"]
    assert before["u26740"].name != after["u26740-2025"].name


def test_quan_thanh_xuan_and_xa_thanh_xuan_of_soc_son_are_different_units() -> None:
    found = {
        spell.name: unit
        for unit, spell in BEFORE.items()
        if UnitPath(spell.path).within(HA_NOI) and spell.name in ("Quận Thanh Xuân", "Xã Thanh Xuân")
    }
    district, commune = BEFORE[found["Quận Thanh Xuân"]], BEFORE[found["Xã Thanh Xuân"]]
    assert found["Quận Thanh Xuân"] != found["Xã Thanh Xuân"]
    assert (district.level, commune.level) == (UnitLevel.DISTRICT, UnitLevel.COMMUNE)
    assert commune.parent is not None
    assert BEFORE[commune.parent].name == "Huyện Sóc Sơn"


def test_unchanged_province_has_one_spell_open_at_both_ends() -> None:
    assert BY_ID["u42"].spells == (
        Spell(
            name="Tỉnh Hà Tĩnh",
            code="42",
            kind="Tỉnh",
            level=UnitLevel.PROVINCE,
            parent=COUNTRY,
            path="/vn/u42",
        ),
    )


def test_merged_provinces_are_predecessors_of_a_new_one() -> None:
    assert BY_ID["u02"].at(IN_2026) is None
    assert BY_ID["u08-2025"].predecessors == tuple(
        Predecessor(unit=unit, kind=SuccessionKind.MERGE, on=REORGANISED_ON, document="202/2025/QH15")
        for unit in ("u02", "u08")
    )


def test_continuing_commune_moves_from_its_district_to_its_province() -> None:
    moved = [
        unit
        for unit in UNITS
        if len(unit.spells) == 2 and all(spell.level is UnitLevel.COMMUNE for spell in unit.spells)
    ]
    assert len(moved) == 132
    for unit in moved:
        parents = [only(BY_ID[spell.parent or ""].at(days(spell)[0])).level for spell in unit.spells]
        assert parents == [UnitLevel.DISTRICT, UnitLevel.PROVINCE]


def test_continuing_commune_may_change_its_name() -> None:
    assert [spell.name for spell in BY_ID["u24235"].spells] == ["Xã Krông Na", "Xã Buôn Đôn"]


@pytest.mark.parametrize("unit", ISLAND_DISTRICTS)
def test_island_district_continues_as_a_special_zone(unit: str) -> None:
    old, new = BY_ID[unit].spells
    assert (old.level, old.kind, old.code) == (UnitLevel.DISTRICT, "Huyện", unit[1:])
    assert (new.level, new.kind, len(new.code)) == (UnitLevel.COMMUNE, "Đặc khu", 5)
    assert new.name.removeprefix("Đặc khu ") == old.name.removeprefix("Huyện ")


def test_ha_noi_goes_from_526_communes_in_30_districts_to_126() -> None:
    assert len(within(BEFORE, HA_NOI, UnitLevel.DISTRICT)) == 30
    assert len(within(BEFORE, HA_NOI, UnitLevel.COMMUNE)) == 526
    assert len(within(AFTER, HA_NOI, UnitLevel.COMMUNE)) == 126


def test_199_of_the_526_communes_of_ha_noi_are_split() -> None:
    split = {line.unit for unit in UNITS for line in unit.predecessors if line.kind is SuccessionKind.SPLIT}
    assert len(split & within(BEFORE, HA_NOI, UnitLevel.COMMUNE).keys()) == 199


def test_64_of_the_126_communes_of_ha_noi_straddle_an_old_district_border() -> None:
    straddling = [
        unit
        for unit in within(AFTER, HA_NOI, UnitLevel.COMMUNE)
        if len({BEFORE[origin].parent for origin in origins(BY_ID[unit])}) > 1
    ]
    assert len(straddling) == 64


def test_103_of_the_126_communes_of_ha_noi_reuse_an_old_code_under_another_name() -> None:
    names = {spell.code: spell.name for spell in BEFORE.values()}
    reused = [
        spell
        for spell in within(AFTER, HA_NOI, UnitLevel.COMMUNE).values()
        if names.get(spell.code, spell.name) != spell.name
    ]
    assert len(reused) == 103


@pytest.mark.parametrize(
    ("file", "line", "row"),
    [
        ("vn-units-until-2025-06-30.csv", "commune,99999,Xã Lạc,Xã,000", 10_796),
        ("vn-units-until-2025-06-30.csv", "province,42,Tỉnh Hà Tĩnh,Tỉnh,", 10_796),
        ("vn-units-until-2025-06-30.csv", "province,99,Tỉnh Mất,Tỉnh,", 10_796),
        ("vn-units-from-2025-07-01.csv", "ward,99999,Xã Lạc,Xã,42", 3_357),
        ("vn-units-from-2025-07-01.csv", "commune,99999,Xã Lạc,Xã,42", 3_357),
        ("vn-units-from-2025-07-01.csv", "commune,99999,,Xã,42", 3_357),
        ("vn-units-from-2025-07-01.csv", "commune,99999,Xã Lạc", 3_357),
        ("vn-units-from-2025-07-01.csv", "commune,99999,Xã Lạc,Xã,42,more", 3_357),
        ("vn-units-succession-2025-07-01.csv", "commune,99999,18115,0", 10_667),
        ("vn-units-succession-2025-07-01.csv", "commune,18115,99999,0", 10_667),
        ("vn-units-succession-2025-07-01.csv", "province,01,01,1", 10_667),
        ("vn-units-succession-2025-07-01.csv", "province,01,04,maybe", 10_667),
        ("vn-units-succession-2025-07-01.csv", "district,437,42,1", 10_667),
    ],
)
def test_contradictory_data_are_refused_with_file_and_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, line: str, row: int
) -> None:
    shutil.copytree(national._DATA, tmp_path, dirs_exist_ok=True)
    with (tmp_path / file).open("a", encoding="utf-8", newline="") as text:
        text.write(line + "\r\n")
    monkeypatch.setattr(national, "_DATA", tmp_path)
    with pytest.raises(ValueError, match=f"{file}, row {row}: "):
        national_units()


def test_kinds_are_written_alike_and_agree_with_the_name() -> None:
    assert (BY_ID["u058"].spells[0].name, BY_ID["u450"].spells[0].name) == (
        "Thành phố Bắc Kạn",
        "Thành phố Đồng Hới",
    )
    assert all(spell.name.startswith(f"{spell.kind} ") for unit in UNITS[1:] for spell in unit.spells)


def test_communes_of_2025_name_the_resolution_of_their_province() -> None:
    assert {line.document for line in BY_ID["u18115-2025"].predecessors} == {"1665/NQ-UBTVQH15"}
    assert all(line.document for unit in UNITS for line in unit.predecessors)
