"""Days are days in Viet Nam, also between 00:00 and 07:00, when UTC has the day before."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest

from services.kernel import calendar
from services.kernel.calendar import day_of
from services.kernel.caller import Caller, Grant
from services.kernel.messages import Refused, Role
from services.kernel.sheets.messages import JobKind
from services.kernel.sheets.runs import Run
from services.kernel.units import COUNTRY
from tests import ROOT
from tests.platform.kernel.sheets import toy, trees

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


def test_import_goes_by_the_grants_of_the_day_in_viet_nam(monkeypatch: pytest.MonkeyPatch) -> None:
    grant = Grant(role=Role.OFFICER, unit=COUNTRY, since=date(2026, 3, 5))
    caller = msgspec.to_builtins(Caller(id="ann", name="Ann", grants=(grant,)))
    job = {"kind": JobKind.IMPORT, "command": {"file": "f", "check": True}, "caller": caller}
    sheet, kind, nobody = trees.SHEET, toy.JOB, cast(Any, None)
    run = Run(nobody, kind, sheet, job, asyncio.Semaphore(), nobody)
    midnight = datetime(2026, 3, 4, 17, tzinfo=UTC)
    monkeypatch.setattr(calendar, "moment", lambda: midnight - timedelta(seconds=1))
    with pytest.raises(Refused):
        run._asking()
    monkeypatch.setattr(calendar, "moment", lambda: midnight)
    assert run._asking()[1].covers(f"/{COUNTRY}")
