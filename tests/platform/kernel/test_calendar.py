"""Days are days in Viet Nam, also between 00:00 and 07:00, when UTC has the day before."""

import re
from datetime import UTC, date, datetime

from services.kernel.calendar import day_of
from tests import ROOT

OF_A_MOMENT = re.compile(r"moment\(\)\s*\.date\(|now\([^)]*\)\s*\.date\(|date\.today\(|utcnow\(|\bat\.date\(")
IN_VIETNAM = {"infra/country/making.py"}
"""Moments there are in Viet Nam's time."""


def test_night_belongs_to_the_new_day() -> None:
    assert day_of(datetime(2026, 3, 4, 17, tzinfo=UTC)) == date(2026, 3, 5)
    assert day_of(datetime(2026, 3, 4, 16, 59, tzinfo=UTC)) == date(2026, 3, 4)


def test_no_day_is_taken_of_a_moment_but_by_the_calendar() -> None:
    files = [file for folder in ("services", "gateway", "infra") for file in (ROOT / folder).rglob("*.py")]
    wrong = {str(file.relative_to(ROOT)) for file in files if OF_A_MOMENT.search(file.read_text())}
    assert wrong <= IN_VIETNAM
