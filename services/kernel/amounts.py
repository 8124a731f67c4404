"""Numbers as people write them in Vietnamese, as `1.155,3` and `1 tỷ 200 triệu đồng`, and as programs do: `7.29E7`."""

import re
from decimal import Decimal

from services.kernel.text import folded

LONGEST = 60
"""Characters of a number, at most."""
MOST_DIGITS = 25
"""More digits would be rounded."""
_SCALES = {
    "nghin ty": 10**12,
    "ngan ty": 10**12,
    "trieu": 10**6,
    "nghin": 10**3,
    "ngan": 10**3,
    "tr": 10**6,
    "ty": 10**9,
    "ti": 10**9,
}
_PART = re.compile(
    r"(?P<number>\d(?:[\d.,]| (?=\d{3}(?!\d)))*(?:e[+-]?\d{1,2})?) ?" rf"(?P<scale>{'|'.join(_SCALES)})? ?",
    re.ASCII,
)
_UNIT = re.compile(r"\.? ?(?:dong|vnd|d|₫|m2|ngay cong|cong|ngay)?")
_GROUPED = re.compile(r"[1-9]\d{0,2}([. ])\d{3}(?:\1\d{3})*(?:,\d+)?", re.ASCII)
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?(?:e[+-]?\d+)?", re.ASCII)


def amount(written: str) -> Decimal | None:
    """The number, without zeros at its end. None for another text.

    A point before three digits groups thousands: `18.827` is 18827, `0.155` is 0.155. In a sum like `1 tỷ 200 triệu`,
    each part has a scale, and is less than one of the scale before it.
    """
    text = folded(written.replace("²", "2"))
    if len(text) > LONGEST:
        return None
    total, scale, place = Decimal(0), 0, 0
    while part := _PART.match(text, place):
        number, its = _number(part["number"].strip()), _SCALES.get(part["scale"] or "", 1)
        if number is None or (place and (its == 1 or number * its >= scale)):
            return None
        total, scale, place = total + number * its, its, part.end()
        if its == 1:
            break
    return exact(total) if place and _UNIT.fullmatch(text, place) else None


def exact(number: Decimal) -> Decimal:
    """The same number in plain notation without zeros at its end: 1155.0 and 1.155E+3 are 1155."""
    plain = f"{number:f}"
    return Decimal(plain.rstrip("0").rstrip(".") if "." in plain else plain)


def _number(text: str) -> Decimal | None:
    if sum(c.isdigit() for c in text) > MOST_DIGITS:
        return None
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(".", "").replace(" ", "").replace(",", "."))
    return Decimal(text.replace(",", ".")) if _PLAIN.fullmatch(text) else None
