"""Lookups of the country's units by day, by name and by lineage."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory import lineage
from services.directory.lineage import Heir
from services.kernel.messages import Refused
from services.kernel.units import COUNTRY, DatedUnit, UnitLevel, UnitOnDay, UnitPath
from services.registration.units import naming
from services.registration.units.domain import on_day
from services.registration.units.national import REORGANISED_ON, national_units

COUNTRYWIDE = national_units()
BY_ID = {unit.id: unit for unit in COUNTRYWIDE}
HEIRS: dict[str, list[DatedUnit]] = {}
for _unit in COUNTRYWIDE:
    for _line in _unit.predecessors:
        HEIRS.setdefault(_line.unit, []).append(_unit)
BEFORE, AFTER = REORGANISED_ON - timedelta(days=1), date(2026, 11, 1)
DAYS = st.dates(date(2000, 1, 1), date(2030, 1, 1)) | st.sampled_from([BEFORE, REORGANISED_ON])


async def many(ids: list[str]) -> list[DatedUnit]:
    return [BY_ID[id_] for id_ in ids if id_ in BY_ID]


async def came_of(ids: list[str]) -> list[DatedUnit]:
    return list({unit.id: unit for id_ in ids for unit in HEIRS.get(id_, [])}.values())


async def ever_under(ids: list[str]) -> list[DatedUnit]:
    return [unit for unit in COUNTRYWIDE if any(spell.parent in ids for spell in unit.spells)]


def later(unit: str, since: date = BEFORE, to: date = AFTER) -> dict[str, Heir]:
    found = asyncio.run(lineage.later(BY_ID[unit], since, to, came_of, ever_under))
    return {heir.unit.id: heir for heir in found}


def earlier(unit: str, since: date = AFTER, to: date = BEFORE) -> dict[str, Heir]:
    found = asyncio.run(lineage.earlier(BY_ID[unit], since, to, many))
    return {heir.unit.id: heir for heir in found}


def named(name: str, on: date = AFTER, **wanted: str) -> list[tuple[str, str, bool]]:
    words = naming.asked(name)
    units = [
        u for u in COUNTRYWIDE if all(any(w.startswith(x) for w in naming.words(u.spells)) for x in words)
    ]
    found = naming.ranked(name, units, on=on, level=None, within=wanted.get("within"))
    return [(one.unit.id, one.spell.name, one.former) for one in found]


@settings(max_examples=300)
@given(st.sampled_from(COUNTRYWIDE), DAYS)
def test_unit_has_one_chain_of_parents_on_any_day(unit: DatedUnit, day: date) -> None:
    assert sum(spell.covers(day) for spell in unit.spells) <= 1
    chain = []
    spell = unit.at(day)
    while spell:
        chain.append(spell.path)
        above = BY_ID[spell.parent].at(day) if spell.parent else None
        assert (above is None) == (spell.parent is None), f"{unit.id} is under nobody on {day}"
        if above:
            assert UnitPath(above.path).child(UnitPath(spell.path).unit) == spell.path
        spell = above
    assert not chain or chain[-1] == f"/{COUNTRY}"
    assert len(chain) == len(set(chain)) <= 4


@settings(max_examples=200)
@given(st.sampled_from([u for u in COUNTRYWIDE if (s := u.at(BEFORE)) and s.level is not UnitLevel.DISTRICT]))
def test_successors_and_predecessors_are_inverse(unit: DatedUnit) -> None:
    for id_, heir in later(unit.id).items():
        back = earlier(id_)
        assert unit.id in back
        assert back[unit.id].whole is heir.whole


def test_district_is_followed_through_its_communes() -> None:
    """Thị xã Hồng Lĩnh went into two communes of Hà Tĩnh, huyện Cát Hải as a whole into one special zone."""
    town = later("u437", since=date(2018, 1, 1))
    assert {id_: heir.whole for id_, heir in town.items()} == {"u18115-2025": False, "u18118-2025": False}
    assert {(heir.on, heir.documents) for heir in town.values()} == {(REORGANISED_ON, ("1665/NQ-UBTVQH15",))}
    island = later("u317")
    assert [(id_, heir.whole) for id_, heir in island.items()] == [("u11914-2025", True)]
    assert later("u437", since=date(2018, 1, 1), to=BEFORE).keys() == {"u437"}


def test_every_unit_that_ended_has_successors() -> None:
    ended = [u.id for u in COUNTRYWIDE if u.spells[-1].until and u.spells[-1].level is UnitLevel.DISTRICT]
    assert all(later(id_) for id_ in ended[::40])


@pytest.mark.parametrize("step", [later, earlier])
def test_unit_is_its_own_heir_while_it_lasts(step: Callable[..., dict[str, Heir]]) -> None:
    found = step("u437", since=date(2020, 1, 1), to=date(2020, 1, 1))
    assert [(h.unit.id, h.whole, h.on) for h in found.values()] == [("u437", True, None)]


def test_one_code_names_another_ward_after_the_reorganisation() -> None:
    def with_code(day: date) -> list[str]:
        return [u.id for u in COUNTRYWIDE if (s := u.at(day)) and s.code == "26740" and s.level == "COMMUNE"]

    (old,), (new,) = with_code(BEFORE), with_code(AFTER)
    assert old != new
    assert new in later(old)


def test_quan_thanh_xuan_and_xa_thanh_xuan_are_different_units() -> None:
    found = named("Thanh Xuân", on=BEFORE, within="u01")
    exact = [(id_, name) for id_, name, _ in found if name.endswith(" Thanh Xuân")]
    assert {name for _, name in exact} >= {"Quận Thanh Xuân", "Xã Thanh Xuân"}
    assert len({id_ for id_, _ in exact}) == len(exact)
    assert named("quận Thanh Xuân", on=BEFORE)[0][1] == "Quận Thanh Xuân"
    assert named("xã thanh xuân", on=BEFORE, within="u01")[0][1] == "Xã Thanh Xuân"


def test_former_name_finds_the_unit_and_is_marked_as_former() -> None:
    found = named("Nam Hồng", within="u42")
    assert ("u18118", "Phường Nam Hồng", True) in found
    assert found.index(("u18118", "Phường Nam Hồng", True)) == 0
    assert named("nam hong", within="u42")[0][0] == "u18118"


def test_unit_of_the_future_is_not_found_and_is_former_of_nothing() -> None:
    in_2017, today = date(2017, 3, 1), {id_ for id_, *_ in named("Nam Hồng Lĩnh")}
    assert "u18118-2025" in today
    assert "u18118-2025" not in {id_ for id_, *_ in named("Nam Hồng Lĩnh", on=in_2017)}
    for name in ("Thanh Xuân", "Nam Hồng"):
        found = named(name, on=in_2017)
        assert found
        assert not any(former for *_, former in found)


def test_earlier_day_is_answered_from_the_oldest_list_of_units() -> None:
    def register(unit: str, day: date) -> date:
        found = on_day(BY_ID[unit], UnitOnDay(f"{unit}@{day}"), AFTER)
        assert found
        return date.fromisoformat(str(found["register_on"]))

    assert register("u437", date(2017, 3, 1)) == BEFORE
    assert register("u18115-2025", date(2025, 9, 1)) == date(2025, 9, 1)
    assert register("u42", date(2026, 1, 1)) == date(2026, 1, 1)


def test_matches_with_tones_come_before_matches_without() -> None:
    units = [name for _, name, _ in named("Tân Lập", on=BEFORE)]
    last_exact = max(i for i, name in enumerate(units) if name.endswith(" Tân Lập"))
    alike = [i for i, name in enumerate(units) if not name.endswith(" Tân Lập")]
    assert not alike or min(alike) > last_exact


@pytest.mark.parametrize("name", ["", " x ", "a" * 101])
def test_blank_name_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        naming.asked(name)
    assert refused.value.refusal.code == "unit-name"
