"""The units of the past that a unit holds as a whole: the real country of 2025, and made-up reorganisations."""

import asyncio
from collections.abc import Sequence
from datetime import date

from services.directory.inheritance import Inheritance, inheritance
from services.kernel.units import DatedUnit
from services.registration.units.national import national_units
from tests.reorganised import InMemory

TODAY = date(2026, 11, 1)


COUNTRY = InMemory(national_units())


def inherited(unit: str, day: date = TODAY) -> Inheritance:
    return asyncio.run(inheritance(COUNTRY.units[unit], day, COUNTRY))


def ids(units: Sequence[DatedUnit]) -> set[str]:
    return {unit.id for unit in units}


def test_each_province_of_2025_holds_all_former_provinces_it_came_of() -> None:
    provinces = [u for u in COUNTRY.units.values() if (s := u.at(TODAY)) and s.level == "PROVINCE"]
    held = {u.id: ids(inherited(u.id).whole) for u in provinces}
    assert sum(map(bool, held.values())) == 23
    for u in provinces:
        assert held[u.id] == {line.unit for line in u.predecessors}, u
    former = [u for u in COUNTRY.units.values() if u.spells[0].level == "PROVINCE" and u.spells[-1].until]
    assert sorted(id_ for one in held.values() for id_ in one) == sorted(u.id for u in former)


def test_former_commune_is_held_by_the_one_that_has_all_of_it() -> None:
    """A unit that was split belongs to whoever holds all its parts; each of these holds a part."""
    split = next(u for u in COUNTRY.units.values() if len(heirs(u.id)) > 1 and u.spells[0].level == "COMMUNE")
    whole = next(u for u in COUNTRY.units.values() if len(heirs(u.id)) == 1 and u.id != split.id)
    (heir,) = heirs(whole.id)
    assert whole.id in ids(inherited(heir).whole)
    for part in heirs(split.id):
        assert split.id in ids(inherited(part).parts)
        assert split.id not in ids(inherited(part).whole)
    assert inherited(heir, date(2025, 6, 30)) == Inheritance()


def test_district_is_held_where_all_its_communes_went() -> None:
    """Thị xã Hồng Lĩnh ended; its communes went to two new ones, of the same province."""
    assert "u437" not in ids(inherited("u18115-2025").whole)
    assert {"u18115", "u18121", "u18124"} <= ids(inherited("u18115-2025").whole)


def heirs(unit: str) -> list[str]:
    return [one.id for one in asyncio.run(COUNTRY.came_of([unit]))]
