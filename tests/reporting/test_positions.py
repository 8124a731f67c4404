"""How far a report says that events are counted: never further than its snapshot, and never “all” without news."""

from datetime import date, datetime

import msgspec
import pytest

from services.kernel.calendar import VIETNAM
from services.reporting.domain import (
    Known,
    StoredCursor,
    can_concern,
    missing,
    position,
    span_of,
    state_of,
    unfinished,
)
from services.reporting.messages import PeriodState

READER = "counters-1/review"


def cursor(seq: int, parked: int = 0) -> StoredCursor:
    return StoredCursor(id=READER, seq=seq, parked=parked)


def test_events_without_effect_count_when_the_cursor_is_where_this_process_left_it() -> None:
    known = Known(reader=READER, stored=5, position=8, head=8)
    assert position("review", cursor(5), known).applied == 8
    assert position("review", cursor(9), known).applied == 9


def test_memory_counts_for_nothing_when_the_cursor_went_back_or_is_of_another_generation() -> None:
    went_back = Known(reader=READER, stored=5, position=8, head=8)
    assert missing([position("review", cursor(3), went_back)]) == (
        "review: còn 5 sự kiện chưa đếm, 0 sự kiện chờ xử lý",
    )
    older = Known(reader="counters-0/review", stored=5, position=8, head=8)
    assert position("review", cursor(5), older).applied == 5


def test_report_without_news_of_a_producer_says_since_when() -> None:
    since = datetime(2026, 11, 28, 8, 1, 2, tzinfo=VIETNAM)
    silent = position("review", cursor(5), Known(reader=READER, stored=5, position=5, silent_since=since))
    assert (silent.head, silent.silent_since) == (None, since)
    assert missing([silent]) == (
        "review: không có tin từ 08:01:02 ngày 28/11/2026, không rõ còn bao nhiêu sự kiện chưa đếm, "
        "0 sự kiện chờ xử lý",
    )


def test_report_says_that_the_log_is_another_one() -> None:
    other = position("review", cursor(5, parked=2), Known(reader=READER, stored=5, position=5))
    assert missing([other]) == (
        "review: nhật ký không khớp với các sự kiện đã đếm, cần người vận hành xử lý, 2 sự kiện chờ xử lý",
    )


@pytest.mark.parametrize(
    ("today", "state", "day"),
    [
        (date(2025, 12, 31), PeriodState.FUTURE, None),
        (date(2026, 1, 1), PeriodState.UNDER_WAY, date(2026, 1, 1)),
        (date(2026, 6, 30), PeriodState.UNDER_WAY, date(2026, 6, 30)),
        (date(2026, 7, 1), PeriodState.OVER, date(2026, 6, 30)),
    ],
)
def test_report_of_a_period_that_is_not_over_says_so(
    today: date, state: PeriodState, day: date | None
) -> None:
    assert state_of(*span_of("2026-H1"), today) == (state, day)
    reasons = unfinished("2026-H1", state, today)
    assert len(reasons) == (state is not PeriodState.OVER)
    assert f"{today:%d/%m/%Y}" in "".join(reasons) or state is not PeriodState.UNDER_WAY


def test_event_that_was_set_aside_concerns_its_unit_and_those_above() -> None:
    concerned = [unit for unit in ("vn", "p", "c", "c2", "q") if can_concern(unit, {"unit": "/vn/p/c"})]
    assert concerned == ["vn", "p", "c"]
    assert all(can_concern("q", {"unit": unreadable}) for unreadable in (None, "", 3))
    assert can_concern("q", {})


def test_event_that_moves_facts_concerns_both_units() -> None:
    handed_over = {"unit": "/vn/p/new", "made_under": "/vn/p/old", "homes": [{"path": "/vn/p/new"}]}
    struck = {"unit": "/vn/p/c", "struck": [{"unit": "/vn/p/c"}], "counted": [{"unit": "/vn/q/d"}]}
    assert all(can_concern(unit, handed_over) for unit in ("old", "new", "p"))
    assert all(can_concern(unit, struck) for unit in ("c", "d", "q"))
    assert not can_concern("q", handed_over)


def test_report_does_not_wait_for_events_of_other_units() -> None:
    behind = position("review", cursor(5), Known(reader=READER, stored=5, position=5, head=9))
    for here, complete in ((None, False), (1, False), (0, True)):
        assert (missing([msgspec.structs.replace(behind, waiting_here=here)]) == ()) is complete


def test_report_is_complete_when_every_event_is_counted_and_none_is_parked() -> None:
    known = Known(reader=READER, stored=5, position=5, head=5)
    assert missing([position("review", cursor(5), known)]) == ()
    assert missing([position("review", cursor(5, parked=1), known)]) != ()
