"""Scalars for days, moments and exact amounts: shown as services write them, and parsed strictly."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

T = TypeVar("T")
TIMES = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
NUMBERS = "https://speleotrove.com/decimal/daconvs.html"


def _written(value: Any) -> Any:
    """Rows hold these values as text already."""
    return value


def _read(parse: Callable[[str], Any], vi: str, en: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            if isinstance(value, str):
                return parse(value)
        except (ValueError, InvalidOperation):
            pass
        shown = str(value)[:40]
        raise GraphQLError(f"“{shown}”: {vi} ({en})")

    return read


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
"""As the texts behind `TIMES` and `NUMBERS` write them: Python reads much more. Infinities are no amounts."""


def _exactly(grammar: re.Pattern[str], parse: Callable[[str], T]) -> Callable[[str], T]:
    def read(text: str) -> T:
        if not grammar.fullmatch(text):
            raise ValueError(text)
        return parse(text)

    return read


_read_decimal = _read(
    _exactly(_NUMBER, Decimal), "không phải là số thập phân, ví dụ “1155.3”", "not a decimal"
)


def _decimal(value: Any) -> Any:
    # A JSON number has been through binary floating point. Its shortest form is the number that was meant.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return _read_decimal(str(value) if number else value)


SCALARS: dict[object, ScalarDefinition] = {
    date: strawberry.scalar(
        name="Date",
        description="Một ngày, viết 2018-03-08.",
        specified_by_url=TIMES,
        serialize=_written,
        parse_value=_read(
            _exactly(_DAY, date.fromisoformat), "không phải là ngày, ví dụ 2018-03-08", "not a day"
        ),
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="Một thời điểm có múi giờ, viết 2018-03-08T01:02:03Z.",
        specified_by_url=TIMES,
        serialize=_written,
        parse_value=_read(
            _exactly(_MOMENT, datetime.fromisoformat),
            "không phải là thời điểm, ví dụ 2018-03-08T01:02:03Z",
            "not a moment",
        ),
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="Số thập phân chính xác, viết thành văn bản: “1155.3”.",
        specified_by_url=NUMBERS,
        serialize=_written,
        parse_value=_decimal,
    ),
}
