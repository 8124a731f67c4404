"""`python -m tests.gateway.fuzz [number]`: sends generated requests to a stack of its own, and prints the slowest.

Ends with exit code 1 when a reply is wrong, or when a request is too slow in each of three attempts.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.schema import schema
from infra.operate.operator import user_token
from infra.run.stack import Stack
from infra.sample.loader import load_sample
from services.kernel.caller import Caller, Grant
from services.kernel.config import Settings
from services.kernel.messages import Role
from tests.bench.stage import RATES
from tests.conftest import record_town
from tests.gateway.fuzz.requests import requests
from tests.gateway.fuzz.wire import Sent, Wire, problem

LONGEST = 0.25
"""Longest time of a request, in seconds. A slower request is sent twice more, as the machine may be busy."""


@dataclass
class Tally:
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: tuple[float, Sent] = (0.0, Sent())
    too_slow: list[tuple[float, Sent]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return sum(self.statuses.values())


def anew(sent: Sent, blanks: int) -> Sent:
    """The same request, with blanks in its document, so that the gateway does not find it in its cache."""
    return replace(sent, body=sent.body.replace(b'"query":"', b'"query":"' + b" " * blanks, 1))


def fuzz(url: str, tokens: list[str], many: int) -> Tally:
    tally = Tally()
    began = time.monotonic()
    with Wire(url) as wire:

        @settings(max_examples=many, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(st.data())
        def everything(data: st.DataObject) -> None:
            sent = data.draw(requests(schema._schema, tokens))
            reply = wire.send(sent)
            tally.statuses[reply.status] += 1
            tally.seconds += reply.seconds
            if reply.seconds > tally.slowest[0]:
                tally.slowest = reply.seconds, sent
            if reply.seconds > LONGEST:
                least = min(reply.seconds, *(wire.send(anew(sent, blanks)).seconds for blanks in (1, 2)))
                if least > LONGEST:
                    tally.too_slow.append((least, sent))
            if tally.sent % 5_000 == 0:
                print(f"{tally.sent} sent in {time.monotonic() - began:.0f} s", flush=True)
            assert (found := problem(sent, reply)) is None, f"{found}: {sent}\n{reply}"

        try:
            everything()
        except AssertionError as error:
            tally.wrong.append(str(error))
    return tally


async def main(many: int) -> Tally:
    with tempfile.TemporaryDirectory(prefix="danvan-fuzz-") as folder:
        made = Settings(var=Path(folder), port=21000, nats_url=None, mongo_url=None, log_level="WARNING")
        made = made.model_copy(update=dict.fromkeys(RATES, 0))
        async with Stack(made, lambda _: None) as stack:
            located = made.model_copy(update={"nats_url": stack.nats_url, "mongo_url": stack.mongo_url})
            await record_town(located)
            await load_sample(located, lambda: None)
            life = timedelta(hours=10)
            callers = [
                Caller(id=f"fuzz-{r}", name="Fuzz", grants=(Grant(role=r, unit="u437"),)) for r in Role
            ]
            tokens = [*(user_token(located, caller, life) for caller in callers), ""]
            tokens.append(user_token(located, callers[0], timedelta(hours=-1)))
            return await asyncio.to_thread(fuzz, stack.gateway_url, tokens, many)


with suppress(KeyboardInterrupt):
    tally = asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
    statuses = ", ".join(f"{many} × {status or 'hung up'}" for status, many in sorted(tally.statuses.items()))
    print(f"{tally.sent} requests: {statuses}")
    print(
        f"{tally.seconds / max(1, tally.sent) * 1000:.1f} ms on average, the slowest {tally.slowest[0] * 1000:.0f} ms:"
    )
    print(tally.slowest[1])
    for seconds, sent in tally.too_slow:
        print(f"over {LONGEST * 1000:.0f} ms each time, at least {seconds * 1000:.0f} ms: {sent}")
    for told in tally.wrong:
        print(told)
    sys.exit(1 if tally.wrong or tally.too_slow else 0)
