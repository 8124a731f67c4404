"""Time from the answer of `acceptModel` until the report shows its figure, on an idle system."""

import asyncio
import time

from nats.aio.msg import Msg

from services.kernel.credentials import OPERATOR_USER
from services.kernel.messages import Role
from services.kernel.messaging import client
from services.registration.models.messages import ModelAccepted
from tests.bench.stage import DAY, TOWN, Http, ms, out, quantile, stage, table

SAMPLES = 50
REPORT = """
query Report($unit: ID!) {
  report(unit: $unit, period: "2018") { ... on Report { figures { measure total } } }
}
"""


async def measure(samples: int = SAMPLES) -> None:
    accepted: list[float] = []
    streamed: list[float] = []
    seen: list[float] = []
    polls: list[float] = []
    async with stage() as made:
        officer, appraiser, reporter = [
            made.person(role) for role in (Role.OFFICER, Role.APPRAISER, Role.REPORTER)
        ]
        arrivals: asyncio.Queue[float] = asyncio.Queue()

        async def on_event(_: Msg) -> None:
            arrivals.put_nowait(time.perf_counter())

        listener = await client.connect(made.settings, OPERATOR_USER)
        await listener.subscribe(ModelAccepted.subject, cb=on_event)
        known = await _registered(reporter)
        for _ in range(samples):
            model = await made.draft(officer)
            await officer.do("submitModel", made.key(), model=model, on=DAY)
            await asyncio.sleep(0.3)
            asked = time.perf_counter()
            await appraiser.do("acceptModel", made.key(), model=model, on=DAY)
            answered = time.perf_counter()
            while (found := await _poll(reporter, polls)) == known:
                pass
            seen.append(time.perf_counter() - answered)
            known = found
            accepted.append(answered - asked)
            streamed.append(await arrivals.get() - answered)
        await listener.close()
    shown = table(
        f"From the answer of acceptModel, idle, {samples} samples", "", "p50 ms", "p99 ms", "worst ms"
    )
    for name, took in (
        ("the mutation itself", accepted),
        ("answer → event on the stream", streamed),
        ("answer → counter in the report", seen),
        ("one look at the report (the resolution)", polls),
    ):
        shown.add_row(name, ms(quantile(took, 0.5)), ms(quantile(took, 0.99)), ms(max(took)))
    out.print(shown)


async def _poll(reporter: Http, polls: list[float]) -> int:
    begun = time.perf_counter()
    found = await _registered(reporter)
    polls.append(time.perf_counter() - begun)
    return found


async def _registered(reporter: Http) -> int:
    figures = (await reporter.ask(REPORT, {"unit": TOWN}))["report"]["figures"]
    return int(next(figure["total"] for figure in figures if figure["measure"] == "REGISTERED"))
