"""`python -m tests.bench [section …] [--seconds s] [--models n] [--tiny]`: measures and prints, and judges nothing.

Without names, all sections run. `--tiny` runs each at its smallest size, on one stack where
they can: a test runs it, and its figures mean nothing.
"""

import argparse
import asyncio
import os
import platform
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import uvloop

from infra.run.stack import PROCESSES
from tests.bench import (
    bombs,
    gateway,
    indexes,
    memory,
    mutations,
    public,
    rebuild,
    scale,
    search,
    sheets,
    start,
    visible,
)
from tests.bench.stage import TOWN, out, sharing

Section = Callable[[], Awaitable[None]]

SECTIONS: Mapping[str, Section] = {
    "mutations": mutations.measure,
    "visible": visible.measure,
    "public": public.measure,
    "memory": memory.measure,
    "sheets": sheets.measure,
    "rebuild": rebuild.measure,
    "gateway": gateway.measure,
    "bombs": bombs.measure,
    "search": search.measure,
    "scale": scale.measure,
    "start": start.measure,
    "indexes": indexes.measure,
}
"""In an order in which one stack can serve all: “search” and “scale” change what the sections before them measure."""
WITHOUT_STAGE = ("start", "indexes")
SHORTEST = 0.05
"""Seconds of load in the tiny sections. Each client does one act at least."""
TINY: Mapping[str, Section] = {
    "mutations": partial(mutations.measure, numbers=(1, 2), rounds=1, seconds=SHORTEST),
    "visible": partial(visible.measure, samples=2),
    "public": partial(public.measure, samples=2, events=1000),
    "gateway": partial(
        gateway.measure,
        gateway.Load(
            clients=(1, 2),
            rounds=1,
            seconds=SHORTEST,
            warming=SHORTEST,
            registrations=4,
            copies=0,
            memoised=(gateway.OURS,),
        ),
    ),
    "rebuild": partial(rebuild.measure, events=200),
    "start": partial(start.measure, times=1, ways=("cold",), modules={"review": PROCESSES["review"]}),
    "memory": partial(memory.measure, clients=2, seconds=SHORTEST),
    "bombs": partial(bombs.measure, times=1, rounds=1, seconds=SHORTEST, drafts=1),
    "search": partial(search.measure, models=100, times=1, drafts=1, unit=TOWN),
    "indexes": partial(indexes.measure, titles=500, rounds=1, changes=2),
    "scale": partial(scale.measure, sizes=(100,), asked=1, warming=0, cache_mb=256, processes=1),
    "sheets": partial(sheets.measure, rows=20, small=5, large=10),
}


def machine() -> str:
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    return (
        f"{os.cpu_count()} cores, {int(total.split()[1]) / 2**20:.1f} GiB, "
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    )


async def main(sections: Mapping[str, Section], *, shared: bool) -> None:
    """`shared`: the sections use one stack where they can."""
    if task := asyncio.current_task():
        # On SIGTERM too, it stops its processes and removes its folder.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    out.print(f"[bold]{machine()}[/bold]")
    async with sharing() if shared else nullcontext():
        for name, measure in sections.items():
            out.print(f"\n[dim]{name}: load average before {os.getloadavg()[0]:.2f}[/dim]")
            await measure()


def wanted(given: argparse.Namespace) -> dict[str, Section]:
    known = dict(TINY if given.tiny else SECTIONS)
    if given.seconds:
        known["gateway"] = partial(gateway.measure, replace(gateway.LOAD, seconds=given.seconds))
    if given.models:
        known["search"] = partial(search.measure, given.models)
        known["indexes"] = partial(indexes.measure, given.models)
        known["scale"] = partial(scale.measure, sorted({*scale.SIZES, given.models}))
    return {name: known[name] for name in given.sections or known}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("sections", nargs="*", metavar="section", help=", ".join(SECTIONS))
    parser.add_argument("--seconds", type=float, help="length of each measurement of “gateway”")
    parser.add_argument(
        "--models",
        type=int,
        help="models in “search” and “indexes”, and in the largest country of “scale”",
    )
    parser.add_argument("--tiny", action="store_true", help="the smallest size: shows only that it runs")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.sections if name not in SECTIONS]:
        sys.exit(f"There is no section {', '.join(unknown)}; the sections are {', '.join(SECTIONS)}.")
    try:
        # The loop that the services run on too: the limit is measured with the same tools.
        asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main(wanted(arguments), shared=arguments.tiny))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
