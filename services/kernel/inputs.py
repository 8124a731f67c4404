"""Rules for inputs that every domain uses: text that is not empty, exact quantities, days that have come."""

import re
from datetime import date
from decimal import Decimal

from services.kernel.amounts import exact
from services.kernel.messages import Refused
from services.kernel.text import nfc, one_line, unseen

LONGEST_KEY = 200
EARLIEST = date(1900, 1, 1)
"""No report covers a day before it."""
LINES = "\n\t"
"""Invisible characters that a text of several lines may have."""
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)


def required(value: str, field: str, *, longest: int, vi: str, en: str, lines: bool = False) -> str:
    """`value` in NFC without outer blanks: not empty, at most `longest` characters, each of them visible or a space.

    `lines` allows line breaks and tabs, and keeps blanks inside. In a single line each run of blanks becomes one space,
    so that texts that look the same are the same.
    """
    value = nfc(value.replace("\r\n", "\n")) if lines else one_line(value)
    if not value:
        raise Refused(f"{field}-empty", field, vi=f"{vi} không được để trống.", en=f"{en} must not be empty.")
    if len(value) > longest:
        raise Refused(
            f"{field}-too-long",
            field,
            vi=f"{vi} dài {len(value)} ký tự, tối đa {longest}.",
            en=f"{en} has {len(value)} characters, at most {longest} are allowed.",
        )
    if found := unseen(value, LINES if lines else ""):
        code, place = f"U+{ord(found[0]):04X}", value.index(found[0]) + 1
        raise Refused(
            f"{field}-unseen-character",
            field,
            vi=f"{vi} có ký tự điều khiển hoặc ký tự ẩn {code} ở vị trí {place}.",
            en=f"{en} has the control or invisible character {code} at position {place}.",
        )
    return value


def optional(value: str, field: str, *, longest: int, vi: str, en: str) -> str:
    """Like `required` with `lines`, but the text may be empty."""
    return required(value, field, longest=longest, vi=vi, en=en, lines=True) if nfc(value) else ""


def quantity(value: str, field: str, *, places: int) -> Decimal:
    """A positive exact decimal below 10^15 with at most `places` digits after the point, in plain notation."""
    amount = exact(Decimal(value)) if _NUMBER.fullmatch(value) else Decimal("NaN")
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
            vi=f"“{value[:40]}” không phải là số dương nhỏ hơn 10^15 có tối đa {places} chữ số thập phân.",
            en=f"“{value[:40]}” is not a positive number below 10^15 with at most {places} decimal places.",
        )
    return amount


def nothing_changed(*fields: str) -> Refused:
    return Refused(
        "nothing-changed",
        *fields,
        vi="Không có gì khác với hiện tại.",
        en="Nothing is changed: all values are the same as before.",
    )


def key_of_once(key: str) -> str:
    """The idempotency key; refused if an HTTP header could change it."""
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable() or key != key.strip():
        raise Refused(
            "key-invalid",
            "idempotencyKey",
            vi=f"Khóa phải có từ 1 đến {LONGEST_KEY} ký tự nhìn thấy được, không có dấu cách ở hai đầu.",
            en=f"The key must have 1 to {LONGEST_KEY} visible characters, and no blanks around them.",
        )
    return key


def happened(day: date, today: date, field: str = "on") -> None:
    """Refused if the day is in the future, or before the days that reports cover."""
    if day > today:
        raise Refused(
            "date-in-future",
            field,
            vi=f"Ngày {_vi(day)} chưa đến.",
            en=f"{day} is in the future.",
        )
    if day < EARLIEST:
        raise Refused(
            "date-too-early",
            field,
            vi=f"Ngày {_vi(day)} sớm hơn {_vi(EARLIEST)}, không báo cáo nào tính đến.",
            en=f"{day} is before {EARLIEST}: no report shows such a day.",
        )


def not_before(day: date, earliest: date | None, field: str = "on") -> None:
    if earliest and day < earliest:
        raise Refused(
            "date-too-early",
            field,
            vi=f"Ngày {_vi(day)} sớm hơn ngày của bước trước đó ({_vi(earliest)}).",
            en=f"{day} is before the day of the previous step ({earliest}).",
        )


def not_after(day: date, latest: date, field: str = "on") -> None:
    """Refused if the day is after `latest`, the day of the next step."""
    if day > latest:
        raise Refused(
            "date-too-late",
            field,
            vi=f"Ngày {_vi(day)} muộn hơn ngày của bước sau đó ({_vi(latest)}).",
            en=f"{day} is after the day of the next step ({latest}).",
        )


def _vi(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year:04}"
