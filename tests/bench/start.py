"""Seconds until the stack is ready, in an empty folder and in a used one, and the part of each phase."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from infra.run.stack import PROCESSES, Stack
from services.kernel.config import Settings
from tests.bench.stage import PORT, out, table

TIMES = 3
IMPORT = """
import time
begun = time.perf_counter(), time.process_time()
import {module}
print(time.perf_counter() - begun[0], time.process_time() - begun[1])
print(open("/proc/self/statm").read().split()[1])
"""


class Timed(Stack):
    """Records when the servers were ready and when the processes were started."""

    servers = 0.0
    provisioned = 0.0

    async def _start_servers(self, undo: AsyncExitStack) -> None:
        await super()._start_servers(undo)
        self.servers = time.perf_counter()

    async def _start_processes(self, settings: Settings, undo: AsyncExitStack) -> None:
        self.provisioned = time.perf_counter()
        await super()._start_processes(settings, undo)


async def measure(
    times: int = TIMES, ways: Sequence[str] = ("cold", "warm"), modules: Mapping[str, str] = PROCESSES
) -> None:
    """`ways`: the starts in one folder, one after another. `modules`: of the processes to import."""
    shown = table(
        "Start until everything is ready, seconds", "", "servers", "provision", "processes", "total"
    )
    took: dict[str, list[tuple[float, ...]]] = {way: [] for way in ways}
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="danvan-bench-") as folder:
            for starts in took.values():
                starts.append(await _start(Path(folder)))
    for name, starts in took.items():
        for number, parts in enumerate(starts, 1):
            shown.add_row(f"{name} {number}", *(f"{part:.2f}" for part in parts))
    out.print(shown)

    imports = table("Importing alone, one after another", "process", "seconds", "CPU seconds", "MB after")
    for name, module in modules.items():
        wall, cpu, resident = zip(*[await _import(module) for _ in range(times)], strict=True)
        imports.add_row(name, f"{median(wall):.2f}", f"{median(cpu):.2f}", f"{median(resident):.0f}")
    out.print(imports)


async def _start(folder: Path) -> tuple[float, float, float, float]:
    begun = time.perf_counter()
    stack = Timed(Settings(var=folder, port=PORT, nats_url=None, mongo_url=None), lambda _: None)
    async with stack:
        ready = time.perf_counter()
    return (
        stack.servers - begun,
        stack.provisioned - stack.servers,
        ready - stack.provisioned,
        ready - begun,
    )


async def _import(module: str) -> tuple[float, float, float]:
    """Seconds, seconds of processor time, and resident MB after the import."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", IMPORT.format(module=module), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    wall, cpu, pages = said.split()
    return float(wall), float(cpu), int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6
