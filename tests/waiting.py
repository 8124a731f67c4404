"""Waits for a condition that must become true, however slow the machine is."""

import asyncio
from collections.abc import Awaitable, Callable

DEADLINE = 300.0
"""Seconds after which a test fails. No test measures time with it."""


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await condition():
            await asyncio.sleep(0.02)
