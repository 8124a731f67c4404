"""`python -m tests.bench [section …] [--seconds s]`: measures and prints, never judges; without names, everything."""

import argparse
import asyncio
import os
import platform
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

import uvloop

from tests.bench import bombs, gateway, memory, mutations, rebuild, scale, search, sheets, start, visible
from tests.bench.stage import out

SECTIONS: Mapping[str, Callable[[], Awaitable[None]]] = {
    "mutations": mutations.measure,
    "visible": visible.measure,
    "gateway": gateway.measure,
    "rebuild": rebuild.measure,
    "start": start.measure,
    "memory": memory.measure,
    "bombs": bombs.measure,
    "search": search.measure,
    "scale": scale.measure,
    "sheets": sheets.measure,
}


def machine() -> str:
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    return (
        f"{os.cpu_count()} cores, {int(total.split()[1]) / 2**20:.1f} GiB, "
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    )


async def main(sections: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
    if task := asyncio.current_task():
        # Ended like this too, it stops what it has started and removes its folder.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    out.print(f"[bold]{machine()}[/bold]")
    for name, measure in sections.items():
        out.print(f"\n[dim]{name}: load average before {os.getloadavg()[0]:.2f}[/dim]")
        await measure()


parser = argparse.ArgumentParser(prog="python -m tests.bench")
parser.add_argument("sections", nargs="*", metavar="section", help=", ".join(SECTIONS))
parser.add_argument("--seconds", type=float, default=2.0, help="that each measurement of “gateway” lasts")
parser.add_argument(
    "--models", type=int, help="in the largest country of “scale”, and among which “search” searches"
)
given = parser.parse_args()
if unknown := [name for name in given.sections if name not in SECTIONS]:
    sys.exit(f"There is no section {', '.join(unknown)}; the sections are {', '.join(SECTIONS)}.")
wanted = {name: SECTIONS[name] for name in given.sections or SECTIONS}
if "gateway" in wanted:
    wanted["gateway"] = partial(gateway.measure, given.seconds)
if given.models and "search" in wanted:
    wanted["search"] = partial(search.measure, given.models)
if given.models and "scale" in wanted:
    wanted["scale"] = partial(scale.measure, given.models)
try:
    # The loop that the services run on too: the limit is measured with the same tools.
    asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main(wanted))
except (KeyboardInterrupt, asyncio.CancelledError):
    sys.exit(130)
