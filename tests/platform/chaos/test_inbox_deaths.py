"""A reader dies between effects and cursor, before its commit or right after it: each event takes effect once."""

import asyncio
from dataclasses import replace

from services.kernel.log.feed import BATCH
from tests.platform.chaos.conftest import Producer, Reader, Run
from tests.platform.chaos.copies import ids_in_log
from tests.platform.chaos.happenings import VERSIONS, commit, working

THINGS = 420
assert 2 * BATCH < THINGS * VERSIONS, "it dies in the midst"


async def test_event_takes_effect_once_whenever_its_reader_is_killed(
    producer: Producer, reader: Reader, run: Run
) -> None:
    await commit(producer.store, THINGS)
    async with working(producer.sequencer().run()):
        await producer.until_copied()
        log = await ids_in_log(producer.store.db)

        async def killed(step: str, *, batches: int) -> None:
            async with run("inbox_process", step) as doomed:
                assert await doomed.died(), step
            mine = replace(reader, name=step)
            before = await mine.heard()
            assert await mine.batches() == batches, step
            assert before == log[: await mine.cursor()], step
            async with working(mine.listen()):
                await mine.until_heard(len(log))
            assert await mine.heard() == log, step

        # All at once: the open transaction of a killed process locks its documents for some seconds.
        await asyncio.gather(
            killed("BeforeCursor", batches=1),
            killed("BeforeCommit", batches=1),
            killed("AfterCommit", batches=2),
        )
