"""What every domain asks of what it is given: text that says something, exact quantities, days that have come."""

from datetime import date
from decimal import Decimal

from services.kernel.messages import Refused
from services.kernel.text import nfc


def required(value: str, field: str, *, longest: int, vi: str, en: str) -> str:
    """`value` without outer blanks; refused when nothing is left or it is longer than `longest` characters."""
    value = nfc(value)
    if not value:
        raise Refused(f"{field}-empty", field, vi=f"{vi} không được để trống.", en=f"{en} must not be empty.")
    if len(value) > longest:
        raise Refused(
            f"{field}-too-long",
            field,
            vi=f"{vi} dài {len(value)} ký tự, tối đa {longest}.",
            en=f"{en} has {len(value)} characters, at most {longest} are allowed.",
        )
    return value


def quantity(value: str, field: str, *, places: int) -> Decimal:
    """A positive exact decimal below 10^15 with at most `places` digits after the point."""
    try:
        amount = Decimal(value)
    except ArithmeticError:
        amount = Decimal("NaN")
    exponent = amount.as_tuple().exponent
    if (
        not amount.is_finite()
        or amount <= 0
        or amount >= 10**15
        or not isinstance(exponent, int)
        or -exponent > places
    ):
        raise Refused(
            f"{field}-invalid",
            field,
            vi=f"“{value[:40]}” không phải là số dương có tối đa {places} chữ số thập phân.",
            en=f"“{value[:40]}” is not a positive number with at most {places} decimal places.",
        )
    return amount


def not_in_future(day: date, today: date, field: str = "on") -> None:
    if day > today:
        raise Refused(
            "date-in-future",
            field,
            vi=f"Ngày {day:%d/%m/%Y} chưa đến.",
            en=f"{day} is in the future.",
        )


def not_before(day: date, earliest: date | None, field: str = "on") -> None:
    if earliest and day < earliest:
        raise Refused(
            "date-too-early",
            field,
            vi=f"Ngày {day:%d/%m/%Y} trước bước liền trước ({earliest:%d/%m/%Y}).",
            en=f"{day} is before the step that precedes it ({earliest}).",
        )
