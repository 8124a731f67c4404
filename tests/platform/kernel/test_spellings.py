"""Letters and marks that look alike are alike: in names of units, numbers of documents, search and owners."""

from datetime import date
from typing import Any

import pytest
from graphql import GraphQLError

from gateway.fields.scalars import SCALARS
from services.kernel.messages import Refused
from services.kernel.search.tokenizer import spoken
from services.kernel.sheets.values import day
from services.kernel.text import folded
from services.registration.documents.domain import bare
from services.registration.units import naming
from services.registration.units.national import national_units

pytestmark = pytest.mark.lists

UNITS = national_units()


def test_eth_is_read_as_d_with_stroke() -> None:
    for wrong in ("\u00d0ường hoa", "\u0189ường hoa"):
        assert folded(wrong) == "duong hoa"
        assert spoken(wrong) == spoken("Đường hoa")


@pytest.mark.parametrize(
    "number", ["15/Q\u00d0-UBND", "15/QĐ\u2013UBND", "15/QĐ\u2011UBND", "15/qđ \u2212 UBND"]
)
def test_document_number_is_known_by_any_dash_and_d(number: str) -> None:
    assert bare(number) == bare("15/QĐ-UBND") != bare("15/QD-UBND")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Bà Rịa-Vũng Tàu", "Tỉnh Bà Rịa - Vũng Tàu"),
        ("Bà Rịa \u2013 Vũng Tàu", "Tỉnh Bà Rịa - Vũng Tàu"),
        ("ba ria vung tau", "Tỉnh Bà Rịa - Vũng Tàu"),
        ("Ea H\u2019Leo", "Xã Ea H'Leo"),
        ("Ea Hleo", "Xã Ea H'Leo"),
        ("\u00d0à Nẵng", "Thành phố Đà Nẵng"),
        ("M\u2019 Đrắk", "Huyện M'Đrắk"),
        ("TP. Hồ Chí Minh", "Thành phố Hồ Chí Minh"),
        ("TX Hồng Lĩnh", "Thị xã Hồng Lĩnh"),
        ("H.Sóc Sơn", "Huyện Sóc Sơn"),
        ("Q1", "Quận 1"),
        ("Phường 01", "Phường 1"),
        ("Mĩ Đình 1", "Phường Mỹ Đình 1"),
        ("Qui Nhơn", "Thành phố Quy Nhơn"),
        ("Lí Sơn", "Huyện Lý Sơn"),
    ],
)
def test_unit_is_found_by_other_spellings(name: str, expected: str) -> None:
    asked = naming.asked(name)
    held = [u for u in UNITS if {*asked[:-1]} <= {*naming.words(u.spells)}]
    found = naming.ranked(name, held, on=date(2025, 6, 1), level=None, within=None)
    assert any(folded(one.spell.name) == folded(expected) for one in found), [one.spell.name for one in found]


@pytest.mark.parametrize(
    "text", ["2026-03-05 đến 2026-05-01", "2026-03-051", "20260305", "2026-W10-4", "٢٠٢٦-03-05"]
)
def test_text_with_more_than_a_day_is_no_day(text: str) -> None:
    with pytest.raises(Refused) as refused:
        day(text, "on")
    assert refused.value.refusal.code == "on-not-a-day"
    with pytest.raises(GraphQLError):
        _scalar("Date")(text)


def test_day_is_read_as_people_and_programs_write_it() -> None:
    for text in ("2026-03-05", "05/03/2026", "5.3.2026", "2026-03-05T00:00:00"):
        assert day(text, "on") == date(2026, 3, 5)


@pytest.mark.parametrize("text", ["1_000", " 1", "١٢", "NaN", "Infinity", "0x1", "1,5", ""])
def test_decimal_is_written_as_its_specification_says(text: str) -> None:
    with pytest.raises(GraphQLError):
        _scalar("Decimal")(text)


@pytest.mark.parametrize("text", ["1155.3", "-2", "+.5", "1E3", "7."])
def test_decimal_of_the_specification_is_read(text: str) -> None:
    assert _scalar("Decimal")(text)


@pytest.mark.parametrize(
    "text", ["2018-03-08", "20180308T010203Z", "2018-W10-4T01:02:03Z", "2018-03-08T01:02:03"]
)
def test_moment_needs_day_time_and_offset(text: str) -> None:
    with pytest.raises(GraphQLError):
        _scalar("DateTime")(text)


def _scalar(name: str) -> Any:
    return next(one.parse_value for one in SCALARS.values() if one.name == name)
