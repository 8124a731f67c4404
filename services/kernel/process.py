"""Tasks that are started again when they fail, and a watchdog that ends a process whose event loop hangs."""

import asyncio
import faulthandler
import os
import resource
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from services.kernel import telemetry


def keep_private() -> None:
    """From now on this process and its children create files and folders that only their owner can read."""
    os.umask(0o077)


def raise_open_files() -> None:
    """Raises the limit of open files to the highest that the system allows: usually from 1,024 to much more.

    Children inherit it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS has a lower limit than it says
        if soft != hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Watchdog:
    """Ends a process whose event loop hangs, so that its supervisor starts it again.

    It is a thread: a loop that hangs answers no health route either.
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
    """Starts `work` again whenever it fails, after pauses that grow to 5 s."""
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
    """Cancels the tasks until all are done: `wait_for`, which nats-py uses, sometimes ignores one cancellation.

    When it is cancelled itself, it first ends the tasks.
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
