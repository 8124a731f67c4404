"""`python -m tests.bench [section …]`: measures and prints, never judges; without names, everything."""

import asyncio
import os
import platform
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import uvloop

from tests.bench import memory, mutations, rebuild, start, visible
from tests.bench.stage import out

SECTIONS: Mapping[str, Callable[[], Awaitable[None]]] = {
    "mutations": mutations.measure,
    "visible": visible.measure,
    "rebuild": rebuild.measure,
    "start": start.measure,
    "memory": memory.measure,
}


def machine() -> str:
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    return (
        f"{os.cpu_count()} cores, {int(total.split()[1]) / 2**20:.1f} GiB, "
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    )


async def main(names: list[str]) -> None:
    if task := asyncio.current_task():
        # Ended like this too, it stops what it has started and removes its folder.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    out.print(f"[bold]{machine()}[/bold]")
    for name in names:
        out.print(f"\n[dim]{name}: load average before {os.getloadavg()[0]:.2f}[/dim]")
        await SECTIONS[name]()


wanted = sys.argv[1:] or list(SECTIONS)
if unknown := [name for name in wanted if name not in SECTIONS]:
    sys.exit(f"There is no section {', '.join(unknown)}; the sections are {', '.join(SECTIONS)}.")
try:
    # The loop that the services run on too: the limit is measured with the same tools.
    asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main(wanted))
except (KeyboardInterrupt, asyncio.CancelledError):
    sys.exit(130)
