"""Reads what people write into cells: Vietnamese numbers, and days as day/month/year."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from services.kernel.amounts import amount, exact
from services.kernel.messages import Refused
from services.kernel.text import nfc

_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ]00:00(?::00)?)?", re.ASCII)
"""With the midnight that some programs add to a day."""


def text(value: Any) -> str:
    """The cell as text. Excel stores 2018 as 2018.0: whole numbers get no decimal places."""
    if isinstance(value, bool):
        return "đúng" if value else "sai"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return f"{value:%d/%m/%Y}"
    return nfc(str(value).replace("\r\n", "\n"))


def number(value: Any, field: str) -> Decimal:
    """A number of a workbook, or a text as `amount` reads it. Negative numbers are refused."""
    found: Decimal | None
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = exact(Decimal(repr(value))) if isfinite(value) else None
    else:
        found = amount(str(value))
    if found is None or found < 0:
        raise _not_a_number(value, field)
    return found


def whole(value: Any, field: str) -> int:
    found = number(value, field)
    if found != found.to_integral_value() or found > 10**6:
        raise _not_a_number(value, field)
    return int(found)


def day(value: Any, field: str) -> date:
    """A day of Excel, or a text as day/month/year or year-month-day."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    written = str(value).strip()
    try:
        if match := _DAY.fullmatch(written):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if match := _ISO_DAY.fullmatch(written):
            return date(int(match[1]), int(match[2]), int(match[3]))
        raise ValueError(written)
    except ValueError:
        raise Refused(
            f"{field}-not-a-day",
            field,
            vi=f"“{written[:40]}” không phải là ngày; hãy viết ngày/tháng/năm, ví dụ 05/03/2026.",
            en=f"“{written[:40]}” is not a day; write day/month/year, as in 05/03/2026.",
        ) from None


def written(number: Decimal) -> str:
    """`1155.3` → `1.155,3`."""
    try:
        return f"{number.normalize():,f}".translate(str.maketrans(",.", ".,"))
    except InvalidOperation:
        return str(number)


def _not_a_number(value: Any, field: str) -> Refused:
    return Refused(
        f"{field}-not-a-number",
        field,
        vi=f"“{str(value)[:40]}” không phải là số; hãy viết như 1.155,3 hoặc 72,9 triệu.",
        en=f"“{str(value)[:40]}” is not a number; write it as 1.155,3 or 72,9 triệu.",
    )
