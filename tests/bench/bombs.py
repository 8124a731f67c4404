"""Cost of refusing each hostile request, and the waiting time of other callers meanwhile."""

import asyncio
import gc
import itertools
import time
from contextlib import suppress
from statistics import median
from typing import Any

from starlette.types import Message

from gateway.callers.delegating import Delegating
from gateway.callers.identity import Identity
from gateway.engine.query_cache import query_cache
from gateway.operations import Operations
from gateway.transport.http import Http
from services.kernel import telemetry
from services.kernel.caller import Tokens
from services.kernel.messages import Role
from services.kernel.messaging import client
from services.kernel.messaging.client import Client
from tests.bench.stage import Http as Connection
from tests.bench.stage import Stage, limited, ms, out, quantile, stage, table
from tests.gateway.corpus import Bomb, bombs

TIMES = 5
READERS = 8
BOMBERS = 4
ROUNDS = 3
SECONDS = 4.0
DRAFTS = 50
"""Models that are drafted before each measurement: a page."""
LOOKING = 0.05
"""Seconds between two requests of a reader."""
PAGE = "{ models(first: 50) { edges { node { id title owner { name } unit { name } review { id } } } } }"


async def measure(
    times: int = TIMES, rounds: int = ROUNDS, seconds: float = SECONDS, drafts: int = DRAFTS
) -> None:
    async with stage() as unlimited:
        await _refusing(unlimited, times)
        await _draft(unlimited, drafts)
        await _waiting(unlimited, "without limits", rounds, seconds)
        async with limited(unlimited) as made:
            await _draft(made, drafts)
            await _waiting(made, "with the default limits", rounds, seconds)


async def _refusing(made: Stage, times: int) -> None:
    """Processor time from the first byte to the last, in this process and without a network."""
    operations = Operations(made.settings)
    operations.nats = await client.connect(made.settings, "gateway")
    tokens = Tokens.from_file("gateway", made.settings.secrets_of("gateway") / "caller.private.json")
    operations.client = Delegating(Client(operations.nats, tokens, timeout=5))
    app = Http(made.settings, Identity(made.settings), operations)
    token = made.token(Role.OFFICER)
    telemetry.start("bench", made.settings.model_copy(update={"log_level": "ERROR"}))
    gc.collect()
    gc.freeze()  # as the gateway does
    shown = table(f"Cost of refusing, median of {times}", "request", "code", "kB", "ms of CPU")
    spent = [(await _thrown(app, bomb, token, times), bomb) for bomb in bombs()]
    for seconds, bomb in sorted(spent, key=lambda pair: -pair[0]):
        shown.add_row(bomb.name, bomb.code, f"{len(bomb.body) / 1024:.1f}", ms(seconds))
    out.print(shown)
    await operations.nats.close()


async def _thrown(app: Http, bomb: Bomb, token: str, times: int) -> float:
    headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode())]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": headers[:1] if bomb.anonymous else headers,
        "client": ("127.0.0.1", 0),
    }
    spent = []
    for _ in range(times):
        query_cache.cache_clear()  # as if the document were new
        began = time.process_time()
        await app(scope, _body(bomb.body), _swallow)
        spent.append(time.process_time() - began)
    return median(spent)


def _body(content: bytes) -> Any:
    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive


async def _swallow(_: Message) -> None: ...


async def _draft(made: Stage, models: int) -> None:
    officer = made.person(Role.OFFICER)
    for _ in range(models):
        await made.draft(officer)
    officer.close()


async def _waiting(made: Stage, under: str, rounds: int, seconds: float) -> None:
    """Rounds with and without bombs alternate, so that other load on the machine affects both."""
    shown = table(
        f"A page of 50 for {READERS} readers while {BOMBERS} others throw bombs, {under}",
        *("", "pages/s", "p50 ms", "p99 ms", "bombs/s"),
    )
    waits: dict[bool, list[float]] = {False: [], True: []}
    thrown = 0
    await _round(made, seconds, bombed=False)  # warms up
    # The first round uses up the budget of the callers. Later rounds run at the rate of the limits.
    first, at_first = await _round(made, seconds, bombed=True)
    for _ in range(rounds):
        for bombed in (False, True):
            found, more = await _round(made, seconds, bombed=bombed)
            waits[bombed] += found
            thrown += more
    for what, found, bombs_, lasted in (
        ("without", waits[False], 0, rounds * seconds),
        ("with bombs, at first", first, at_first, seconds),
        ("with bombs, from then on", waits[True], thrown, rounds * seconds),
    ):
        shown.add_row(
            what,
            f"{len(found) / lasted:.0f}",
            ms(quantile(found, 0.5)),
            ms(quantile(found, 0.99)),
            f"{bombs_ / lasted:.0f}" if bombs_ else "",
        )
    out.print(shown)


async def _round(made: Stage, seconds: float, *, bombed: bool) -> tuple[list[float], int]:
    until = time.monotonic() + seconds
    waits: list[float] = []
    readers = [made.person(Role.LEADER, f"reader-{number}") for number in range(READERS)]
    bombers = [made.person(Role.OFFICER, f"bomber-{number}") for number in range(BOMBERS)] if bombed else []
    counted = await asyncio.gather(
        *(_read(reader, place, until, waits) for place, reader in enumerate(readers)),
        *(_throw(bomber, until) for bomber in bombers),
    )
    for connection in (*readers, *bombers):
        connection.close()
    return waits, sum(counted)


async def _read(reader: Connection, place: int, until: float, waits: list[float]) -> int:
    await asyncio.sleep(LOOKING * place / READERS)  # readers in step would wait for each other
    while (began := time.monotonic()) < until:
        await reader.ask(PAGE, {})
        waits.append(time.monotonic() - began)
        await asyncio.sleep(LOOKING)
    return 0


async def _throw(bomber: Connection, until: float) -> int:
    thrown = 0
    for number, bomb in zip(itertools.count(), itertools.cycle(bombs()), strict=False):
        if time.monotonic() >= until:
            break
        # Each text is new to the gateway's cache of documents.
        body = bomb.body.replace(b"{", b"{" + b" " * (number % 97), 1)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await bomber.send(body)
        thrown += 1
    return thrown
