"""Memory of each process after the start and after a load of mutations."""

from pathlib import Path

from infra.operate.positions import settled
from infra.run.stack import Stack
from tests.bench.mutations import Measured, at_once, through_graphql
from tests.bench.stage import out, stage, table

CLIENTS = 64
SECONDS = 15.0
FIGURES = ("Rss", "Pss")


async def measure(clients: int = CLIENTS, seconds: float = SECONDS) -> None:
    loaded = Measured()
    async with stage() as made:
        before = resident(made.stack)
        async with through_graphql(made) as mutation:
            await at_once(clients, seconds, mutation, loaded)
        await settled(made.settings)
        after = resident(made.stack)
    shown = table(
        f"Resident memory, MB; the load: {len(loaded.took):,} mutations of {clients} clients",
        *("process", "RSS at start", "PSS at start", "RSS after load", "PSS after load"),
    )
    for name in before:
        shown.add_row(name, *(f"{value:.0f}" for value in (*before[name], *after[name])))
    out.print(shown)


def resident(stack: Stack) -> dict[str, list[float]]:
    """RSS and PSS of each process in MB (10⁶ bytes). PSS divides shared pages among the processes that share them."""
    found = {}
    for name, running in stack.processes.items():
        lines = Path(f"/proc/{running.pid}/smaps_rollup").read_text().splitlines()[1:]
        kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        found[name] = [kilobytes[figure] * 1024 / 1e6 for figure in FIGURES]
    return found
