"""What keeps a process honest: tasks that are run again when they fail, and an end when nothing runs any more."""

import asyncio
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from services.kernel import telemetry


class Watchdog:
    """Ends a process whose event loop stands still, so that whoever runs it can start it anew.

    A thread, because what it watches for is a loop that runs nothing any more, health routes included.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._beat = time.monotonic()
        self._watching = False

    async def run(self) -> None:
        if not self._watching:
            self._watching = True
            threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(min(1.0, self._patience / 4))

    def _watch(self) -> None:
        while time.monotonic() - self._beat < self._patience:
            time.sleep(min(1.0, self._patience / 4))
        sys.stderr.write(f"the event loop has stood still for {self._patience} s\n")
        faulthandler.dump_traceback()
        os._exit(70)


async def keep_running(name: str, work: Callable[[], Awaitable[None]]) -> None:
    pause = 0.1
    while True:
        begun = time.monotonic()
        try:
            with telemetry.unrecorded():
                await work()
        except Exception:
            telemetry.log.exception("task failed, starts again", task=name)
        pause = 0.1 if time.monotonic() - begun > 30 else min(pause * 2, 5.0)
        await asyncio.sleep(pause)


async def end(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancels until all are done: `wait_for`, which nats-py stands on, sometimes passes over one cancellation.

    Being cancelled itself it ends them all the same: who has made tasks leaves none behind.
    """
    left = {task for task in tasks if not task.done()}
    cancelled: asyncio.CancelledError | None = None
    while left:
        for task in left:
            task.cancel()
        try:
            _, left = await asyncio.wait(left, timeout=0.5)
        except asyncio.CancelledError as error:
            cancelled = error
            left = {task for task in left if not task.done()}
    if cancelled:
        raise cancelled
