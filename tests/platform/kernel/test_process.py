"""The watchdog, and tasks that are started again and ended."""

import asyncio
import contextlib
import subprocess
import sys

from services.kernel.process import end, keep_running
from tests.waiting import DEADLINE

STANDSTILL = """
import asyncio, time
from services.kernel.process import Watchdog

async def main():
    watching = asyncio.create_task(Watchdog(0.5).run())
    await asyncio.sleep(0.1)
    time.sleep(60)

asyncio.run(main())
"""


def test_process_ends_and_shows_its_stacks_when_its_event_loop_hangs() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STANDSTILL], capture_output=True, text=True, timeout=DEADLINE
    )
    assert ended.returncode == 70
    assert "stood still" in ended.stderr
    assert "in main" in ended.stderr


async def test_failed_task_is_started_again() -> None:
    runs = 0
    enough = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            enough.set()
        raise RuntimeError("once more")

    task = asyncio.create_task(keep_running("work", work))
    async with asyncio.timeout(DEADLINE):
        await enough.wait()
    assert not task.done()
    await end([task])
    assert runs >= 3


async def test_child_tasks_are_ended_even_when_their_end_is_cancelled() -> None:
    async def stubborn() -> None:
        for _ in range(3):  # ignores three cancellations
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    child = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    parent = asyncio.create_task(end([child]))
    await asyncio.sleep(0)
    await end([parent])
    assert child.done()
    assert parent.cancelled()
