"""Numbers as Vietnamese offices and programs write them, read exactly or not at all."""

from decimal import Decimal

import pytest

from services.kernel.amounts import amount

pytestmark = pytest.mark.lists


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("72,9 triệu", "72900000"),
        ("1,5 tỷ", "1500000000"),
        ("1.5 tỉ đồng", "1500000000"),
        ("0,5 triệu", "500000"),
        ("0,05 triệu đồng", "50000"),
        ("72,9tr", "72900000"),
        ("72,9 tr.đ", "72900000"),
        ("72.900.000đ", "72900000"),
        ("72 900 000 VNĐ", "72900000"),
        ("72\u00a0900\u00a0000 ₫", "72900000"),
        ("1 tỷ 200 triệu", "1200000000"),
        ("72 triệu 900 nghìn đồng", "72900000"),
        ("1,2 nghìn tỷ", "1200000000000"),
        ("1.500 triệu", "1500000000"),
        ("2.408,0", "2408"),
        ("2.408,0 ngày công", "2408"),
        ("1.155,300", "1155.3"),
        ("1155,30 m²", "1155.3"),
        ("1155.0", "1155"),
        ("1.155", "1155"),
        ("0.155", "0.155"),
        ("7.29E7", "72900000"),
        ("7,29E+07", "72900000"),
        ("1.155E3", "1155"),
        ("5e-1", "0.5"),
        ("08", "8"),
        ("0", "0"),
    ],
)
def test_number_is_read_exactly(written: str, number: str) -> None:
    assert str(amount(written)) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "-5",
        "1.15,3",
        "1,155.3",
        "1,155,300",
        "1.155.30",
        "72,9 triệu 5",
        "72 triệu 2 tỷ",
        "1 triệu 1.000 nghìn",
        "5 triệu triệu",
        "một trăm",
        "100%",
        "5 nhà",
        "1_000",
        "1e999",
        "٣",
        "１２",
        "1 1",
        "9" * 26,
        "9" * 4_000,
        "1 " * 4_000,
    ],
)
def test_other_text_is_no_number(written: str) -> None:
    assert amount(written) is None


def test_no_digit_is_rounded() -> None:
    assert amount("9.999.999.999.999,99") == Decimal("9999999999999.99")
    assert amount("1234567890123456789,012345") == Decimal("1234567890123456789.012345")
