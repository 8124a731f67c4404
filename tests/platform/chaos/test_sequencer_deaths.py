"""A sequencer dies or stands still at any step between commit and acknowledgement; the next one finishes."""

import pytest

from services.kernel.log import streams
from services.kernel.log.copying import PAGE
from tests.platform.chaos.conftest import Producer, Run
from tests.platform.chaos.happenings import PRODUCER, VERSIONS, commit, working
from tests.waiting import until

THINGS = 60
ALL = THINGS * VERSIONS
assert PAGE < ALL, "several pages"


@pytest.mark.parametrize(
    ("step", "numbered", "appended"),
    [
        ("BeforeNumbering", 0, 0),
        ("WhileNumbering", 0, 0),
        ("BeforePublishing", PAGE, 0),
        ("HalfPublished", PAGE, PAGE // 2),
        ("AllPublished", PAGE, PAGE),
        ("TailRead", ALL, ALL),
    ],
)
async def test_sequencer_killed_at_any_step_loses_no_event_and_appends_none_twice(
    producer: Producer, run: Run, step: str, numbered: int, appended: int
) -> None:
    await commit(producer.store, THINGS)
    async with run("sequencer_process", step) as doomed:
        assert await doomed.died()
    # Numbering goes on beside the appending.
    assert await producer.numbered() >= numbered
    assert await producer.in_stream() == appended
    await commit(producer.store, 3, prefix="after")
    async with working(producer.sequencer().run()):
        await producer.until_copied()
    assert await producer.numbered() == ALL + 3 * VERSIONS


async def test_stream_is_filled_by_the_next_sequencer_when_its_creator_is_killed(
    producer: Producer, run: Run
) -> None:
    await commit(producer.store, THINGS)
    async with working(producer.sequencer().run()):
        await producer.until_copied()
    await producer.nats.jetstream().delete_stream(streams.name(PRODUCER))
    async with run("sequencer_process", "StreamMadeAnew") as doomed:
        assert await doomed.died()
    async with working(producer.sequencer().run()):
        await producer.until_copied()
    assert await producer.in_stream() == ALL


async def test_nats_refuses_events_of_a_sequencer_that_stood_still_past_its_lease(
    producer: Producer, run: Run
) -> None:
    await commit(producer.store, THINGS)
    async with run("sequencer_process", "StopsHalfPublished") as stale:
        await stale.stopped()
        assert await producer.in_stream() == PAGE // 2
        async with working(producer.sequencer().run()):
            await producer.until_copied()
            stale.go_on()
            while not (await stale.says()).startswith("append refused"):
                pass
            await commit(producer.store, 3, prefix="after")
            await producer.until_copied()
    assert await producer.in_stream() == ALL + 3 * VERSIONS


async def test_sequencer_that_stood_still_past_its_lease_numbers_no_event(
    producer: Producer, run: Run
) -> None:
    async with run("sequencer_process", "StopsBeforeNumbering") as stale:
        await stale.stopped()
        fresh = producer.sequencer()
        await until(fresh.hold)
        await commit(producer.store, 1)
        stale.go_on()
        assert await stale.says() == "lease lost"
        assert await producer.pending() == VERSIONS
        async with working(fresh.run()):
            await producer.until_copied()


async def test_sequencer_that_lost_its_lease_while_reading_the_tail_reports_no_problem(
    producer: Producer,
) -> None:
    stale, fresh = producer.sequencer(), producer.sequencer()
    assert await stale.hold()
    await until(fresh.hold)
    await commit(producer.store, 1)
    await fresh.work()
    await fresh.copy.fill()
    await stale.copy.fill()  # as if it had stood still right after taking the lease
    assert stale.copy.agrees
    assert stale.copy.problem is None
    await producer.until_copied()
