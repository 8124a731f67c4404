"""A reader takes fewer events at once after each transaction that did not commit, also if its lease was lost."""

import asyncio

import pytest

from services.kernel.log.cursor import LostCursor
from services.kernel.log.pace import STEPS, Pace
from services.kernel.mongo.driver import PyMongoError


@pytest.mark.parametrize("failure", [PyMongoError, LostCursor, asyncio.CancelledError, TimeoutError])
def test_batch_that_fails_is_halved_down_to_one_event(failure: type[BaseException]) -> None:
    pace = Pace(200)
    sizes = []
    for _ in range(9):
        with pytest.raises(failure), pace.one():
            raise failure("late")
        sizes.append(pace.size)
    assert sizes == [100, 50, 25, 12, 6, 3, 1, 1, 1]


def test_most_transactions_commit_when_only_small_batches_have_time() -> None:
    pace, passed, failed = Pace(200), 0, 0
    for _ in range(60):
        try:
            with pace.one():
                if pace.size > 60:
                    raise LostCursor("it lasted too long")
                passed += 1
        except LostCursor:
            failed += 1
    assert passed > failed
    for _ in range(STEPS):
        with pace.one():
            pass
    assert pace.size == 200
