"""Public events: from the decision to a subscriber outside, and reading them all, beside NATS alone."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import nats
from nats.aio.client import Client as Nats
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from infra.operate import subscribers
from infra.operate.positions import settled
from infra.run.embedded import NatsServer
from infra.secure.credentials import SUBSCRIBERS, add_subscriber, make_secrets
from services.kernel.calendar import moment
from services.kernel.config import Settings
from services.kernel.credentials import NATS_SEED, OPERATOR_USER, nats_login
from services.kernel.log import streams
from services.kernel.messages import Role
from services.kernel.messaging import client
from services.kernel.process import end
from services.kernel.public import cloudevents, stream
from services.kernel.public.published import Published
from services.review.messages import ReviewDecided
from tests.bench.stage import DAY, Http, Stage, ms, out, quantile, stage, table

SAMPLES = 50
EVENTS = 20_000
AT_ONCE = 500
NAME = "bench"
SERVICE = "review"
REVIEW = "query Review($id: ID!) { node(id: $id) { ... on Model { review { id } } } }"


async def measure(samples: int = SAMPLES, events: int = EVENTS) -> None:
    """`samples`: decisions. `events`: public events to read."""
    async with stage() as made:
        await _latency(made, samples)
    with TemporaryDirectory(prefix="danvan-bench-") as folder:
        await _replay(Path(folder), events)


async def _latency(made: Stage, samples: int) -> None:
    heard: asyncio.Queue[float] = asyncio.Queue()
    decided, waited, bare = list[float](), list[float](), list[float]()
    async with _outside(made) as outside:
        await outside.jetstream().pull_subscribe("", durable=NAME, stream=stream.name(SERVICE))
        listening = asyncio.create_task(_listen(outside, heard))
        officer, appraiser = made.person(Role.OFFICER), made.person(Role.APPRAISER)
        for _ in range(samples):
            model = await made.draft(officer)
            await officer.do("submitModel", made.key(), model=model, on=DAY)
            await appraiser.do("acceptModel", made.key(), model=model, on=DAY)
            await officer.do("beginModel", made.key(), model=model, on=DAY)
            await settled(made.settings)
            review = await _review_of(appraiser, model)
            while not heard.empty():
                heard.get_nowait()
            begun = time.perf_counter()
            await appraiser.do(
                "decideReview", made.key(), review=review, verdict="RECOGNISED", reason="x", on=DAY
            )
            answered = time.perf_counter()
            decided.append(answered - begun)
            waited.append(await heard.get() - answered)
            bare.append(await _round_trip(made))
        await end([listening])
    shown = table(
        f"From the answer of decideReview, idle, {samples} samples", "", "p50 ms", "p99 ms", "worst ms"
    )
    for name, took in (
        ("the mutation itself", decided),
        ("answer → subscriber outside", waited),
        ("a message through NATS alone", bare),
    ):
        shown.add_row(name, ms(quantile(took, 0.5)), ms(quantile(took, 0.99)), ms(max(took)))
    out.print(shown)


@asynccontextmanager
async def _outside(made: Stage) -> AsyncGenerator[Nats, None]:
    await subscribers.add(made.settings, NAME)
    key = str(subscribers.key_of(made.settings, NAME))
    connection = await nats.connect(made.settings.nats, nkeys_seed=key)
    yield connection
    await connection.close()
    await subscribers.remove(made.settings, NAME)


async def _listen(outside: Nats, heard: "asyncio.Queue[float]") -> None:
    pulling = await outside.jetstream().pull_subscribe_bind(NAME, stream=stream.name(SERVICE))
    while True:
        try:
            for message in await pulling.fetch(1, timeout=5):
                if message.subject.endswith(".recognised"):
                    heard.put_nowait(time.perf_counter())
                await message.ack()
        except TimeoutError:
            continue


async def _round_trip(made: Stage) -> float:
    """Seconds of a message from one connection to another."""
    login = nats_login(made.settings, SERVICE)
    here, there = [await nats.connect(made.settings.nats, **login) for _ in range(2)]
    arriving = await there.subscribe(streams.nudge_subject(SERVICE))
    await there.flush()
    begun = time.perf_counter()
    await here.publish(streams.nudge_subject(SERVICE))
    await arriving.next_msg(timeout=5)
    took = time.perf_counter() - begun
    for connection in (here, there):
        await connection.close()
    return took


async def _review_of(appraiser: Http, model: str) -> str:
    return str((await appraiser.ask(REVIEW, {"id": model}))["node"]["review"]["id"])


async def _replay(folder: Path, events: int) -> None:
    """Both streams have the same messages. A subscriber reads the public one through its own account."""
    secrets = folder / "secrets"
    make_secrets(secrets)
    add_subscriber(secrets, NAME, 1)
    make_secrets(secrets)
    server = NatsServer(folder / "nats", secrets)
    server.start()
    try:
        settings = Settings(nats_url=server.url, secrets=secrets)
        review = await client.connect(settings, SERVICE)
        await streams.make(review.jetstream(), SERVICE)
        js = stream.reached(review)
        await stream.last(js, SERVICE)
        for start in range(0, events, AT_ONCE):
            some = [_event(number) for number in range(start, min(start + AT_ONCE, events))]
            await asyncio.gather(*(_publish(js, event.type, event) for event in some))
            inside = review.jetstream()
            await asyncio.gather(*(_publish(inside, ReviewDecided.subject, event) for event in some))
        outside = await nats.connect(server.url, nkeys_seed=str(secrets / SUBSCRIBERS / NAME / NATS_SEED))
        operator = await client.connect(settings, OPERATOR_USER)
        shown = table(
            f"Reading {events:,} events, {AT_ONCE} in a request", "", "events a second", "of NATS alone"
        )
        alone = await _rate(operator, streams.name(SERVICE), events)
        public = await _rate(outside, stream.name(SERVICE), events)
        shown.add_row("a subscriber outside", f"{public:,.0f}", f"{public / alone:.2f} ×")
        shown.add_row("the same bytes within one account", f"{alone:,.0f}", "")
        out.print(shown)
        for connection in (review, outside, operator):
            await connection.close()
    finally:
        server.stop()


def _event(number: int) -> Published:
    return Published(
        id=number + 1,
        event=uuid4().hex[:24],
        type="danvan.review.v1.recognised",
        subject=f"review_{number:024}",
        at=moment(),
        trace=None,
        data={"review": f"review_{number:024}", "model": f"model_{number:024}", "on": DAY, "year": 2018},
    )


async def _publish(js: JetStreamContext, subject: str, event: Published) -> None:
    await js.publish(
        subject, cloudevents.body(event), headers=cloudevents.headers(event, SERVICE), timeout=60
    )


async def _rate(connection: Nats, name: str, events: int) -> float:
    config = ConsumerConfig(ack_policy=AckPolicy.NONE)
    pulling = await connection.jetstream().pull_subscribe("", durable=NAME, stream=name, config=config)
    begun, read = time.perf_counter(), 0
    while read < events:
        read += len(await pulling.fetch(AT_ONCE, timeout=30))
    return events / (time.perf_counter() - begun)
