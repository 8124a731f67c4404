"""A person dates acts back to the year before in their own unit, ten years in units below, and files have no limit."""

from datetime import UTC, date, datetime
from typing import Any, cast

import pytest

from services.kernel.backdating import Backdating
from services.kernel.caller import EVERYTHING, OURSELVES, Scope
from services.kernel.config import Settings
from services.kernel.messages import Refused
from services.kernel.mongo.transaction import Transaction

NOW = datetime(2026, 11, 28, 5, tzinfo=UTC)
WARD, PATH = "c", "/vn/p/c"


def dated(on: date, scope: Scope, unit: str = PATH) -> str:
    """The code of the refusal of an act on that day; empty if it is allowed."""
    own, above = (
        Settings.model_fields[name].default for name in ("backdated_years", "backdated_years_above")
    )
    tx = Transaction(cast(Any, None), OURSELVES, scope, NOW, None, backdating=Backdating(own, above))
    try:
        tx.act(on, unit)
    except Refused as error:
        return error.refusal.code
    return ""


@pytest.mark.parametrize(
    ("on", "grants", "code"),
    [
        (date(2025, 1, 1), {WARD}, ""),
        (date(2024, 12, 31), {WARD}, "dated-too-far-back"),
        (date(2024, 12, 31), {WARD, "p"}, ""),
        (date(2016, 1, 1), {"p"}, ""),
        (date(2016, 1, 1), {"vn"}, ""),
        (date(2015, 12, 31), {"vn"}, "dated-too-far-back"),
    ],
)
def test_acts_are_dated_back_as_far_as_the_role_allows(on: date, grants: set[str], code: str) -> None:
    assert dated(on, Scope(frozenset(grants))) == code


def test_refusal_names_the_ways_that_are_left() -> None:
    with pytest.raises(Refused) as refused:
        Backdating(1, 10).check(date(2020, 1, 1), NOW.date(), Scope(frozenset({WARD})), PATH)
    assert refused.value.refusal.fields == ("on",)
    assert "01/01/2025" in refused.value.refusal.vi
    assert all(way in refused.value.refusal.vi for way in ("cấp trên", "tệp danh sách", "đính chính"))


def test_our_own_processes_and_acts_outside_procedures_have_no_limit() -> None:
    assert dated(date(1950, 1, 1), EVERYTHING) == ""
    assert dated(date(1950, 1, 1), Scope(frozenset({WARD})), unit="") == ""
