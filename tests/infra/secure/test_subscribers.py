"""Each external system reads the public stream through its own consumer, and reaches nothing else."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from nats.aio.client import Client as Nats
from nats.js.api import ConsumerConfig, DeliverPolicy

from infra.operate import subscribers
from infra.run.embedded import NatsServer
from infra.secure.accounts import PLACES
from services.kernel.config import Settings
from services.kernel.log import streams
from services.kernel.messaging import client
from services.kernel.process import end
from services.kernel.public import stream
from tests.waiting import DEADLINE, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

STREAM = "danvan-review-v1"
TOLD = [f"danvan.review.v1.{name}" for name in ("opened", "recognised", "nominated")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory, secrets: Path) -> AsyncGenerator[Settings, None]:
    """A server that follows its users, as in a stack, with three events in the public stream and one inside."""
    folder = tmp_path_factory.mktemp("subscribers")
    own = Path(shutil.copytree(secrets, folder / "secrets"))
    server = NatsServer(folder / "nats", own)
    server.start()
    settings = Settings(nats_url=server.url, secrets=own)
    following = asyncio.create_task(_follow(server))
    review = await client.connect(settings, "review")
    js = stream.reached(review)
    await stream.last(js, "review")
    for subject in TOLD:
        await js.publish(subject, b"{}")
    await streams.make(review.jetstream(), "review")
    await review.jetstream().publish("event.review.review-opened.v1", b"{}")
    for name in ("printer", "warehouse"):
        assert await subscribers.add(settings, name)
    yield settings
    await review.close()
    await end([following])
    server.stop()


async def _follow(server: NatsServer) -> None:
    while True:
        server.follow_users()
        await asyncio.sleep(0.05)


@dataclass
class Tried:
    nats: Nats
    denied: list[str] = field(default_factory=list)


@asynccontextmanager
async def entered(settings: Settings, name: str) -> AsyncGenerator[Tried, None]:
    """A standard client with the subscriber's key, and no other option."""
    tried = Tried(Nats())

    async def note(error: Exception) -> None:
        tried.denied.append(str(error))

    seed = str(subscribers.key_of(settings, name))
    await tried.nats.connect(settings.nats, nkeys_seed=seed, error_cb=note)
    yield tried
    await tried.nats.close()


async def test_subscriber_reads_confirms_and_replays(system: Settings) -> None:
    async with entered(system, "printer") as printer:
        js = printer.nats.jetstream(timeout=DEADLINE)
        assert await js.find_stream_name_by_subject("danvan.review.v1.>") == STREAM
        assert (await js.stream_info(STREAM)).state.last_seq == 3
        pulling = await js.pull_subscribe("danvan.review.v1.>", durable="printer")
        messages = await pulling.fetch(3, timeout=DEADLINE)
        assert [message.subject for message in messages] == TOLD
        for message in messages:
            await message.ack_sync()
        (one,) = [one for one in await subscribers.found(system) if one.name == "printer"]
        assert one.sentence == "printer: review: read up to event 3, 0 wait"

        await js.delete_consumer(STREAM, "printer")
        again = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=2)
        pulling = await js.pull_subscribe("", durable="printer", stream=STREAM, config=again)
        assert [m.subject for m in await pulling.fetch(2, timeout=DEADLINE)] == TOLD[1:]
        assert printer.denied == []


REQUESTS = [
    # an internal stream, another's consumer, and the stream itself
    *(
        "STREAM.INFO.danvan-review",
        "CONSUMER.CREATE.danvan-review",
        "CONSUMER.CREATE.danvan-review.warehouse",
    ),
    *(f"CONSUMER.{verb}.{STREAM}.printer" for verb in ("CREATE", "INFO", "MSG.NEXT", "DELETE", "PAUSE")),
    *(f"CONSUMER.{verb}.{STREAM}" for verb in ("CREATE", "NAMES", "LIST")),
    *(
        f"STREAM.{verb}.{STREAM}"
        for verb in ("CREATE", "UPDATE", "DELETE", "PURGE", "SNAPSHOT", "MSG.DELETE")
    ),
    *("STREAM.CREATE.mine", "STREAM.LIST", "ACCOUNT.PURGE.PUBLIC"),
]
SUBJECTS = [
    *(f"$JS.API.{request}" for request in REQUESTS),
    *("command.review.decide-review", "query.review.reviews-by-id", "event.review.review-opened.v1"),
    *("danvan.review.v1.opened", "danvan.ping.1", "JS.public.API.STREAM.INFO.danvan-review-v1", "_INBOX.x.y"),
    f"$JS.ACK.{STREAM}.printer.1.1.1.1.0",
]


async def test_subscriber_sends_nothing_but_requests_for_its_own_consumer(system: Settings) -> None:
    async with entered(system, "warehouse") as warehouse:
        for number, subject in enumerate(SUBJECTS, 1):
            await warehouse.nats.publish(subject, b"{}")
            await warehouse.nats.flush()
            await warehouse.nats.flush()
            assert len(warehouse.denied) == number, subject
        inside = await client.connect(system, "review")
        assert (await stream.reached(inside).stream_info(STREAM)).state.last_seq == 3
        await inside.close()


async def test_subscriber_sees_no_inbox_of_others_and_nothing_inside(system: Settings) -> None:
    async with entered(system, "printer") as printer, entered(system, "warehouse") as warehouse:
        overheard = await warehouse.nats.subscribe("_INBOX.>")
        await warehouse.nats.flush()
        js = printer.nats.jetstream(timeout=DEADLINE)
        await js.stream_info(STREAM)
        await warehouse.nats.flush()
        assert overheard.pending_msgs == 0
        for subject in (">", "event.>", "command.>", "danvan.review.v1.>", "danvan.ping.>", "heartbeat.>"):
            before = len(warehouse.denied)
            await warehouse.nats.subscribe(subject)
            await warehouse.nats.flush()
            await warehouse.nats.flush()
            assert len(warehouse.denied) == before + 1, subject


async def test_test_event_reaches_only_the_named_subscriber(system: Settings) -> None:
    async with entered(system, "printer") as printer, entered(system, "warehouse") as warehouse:
        heard = [await one.nats.subscribe("danvan.review.v1.ping") for one in (printer, warehouse)]
        for one in (printer, warehouse):
            await one.nats.flush()
        await subscribers.send_test(system, "printer")
        await subscribers.send_test(system, "warehouse")
        events = [await one.next_msg(timeout=DEADLINE) for one in heard]
        assert [(event.headers or {})["ce-subject"] for event in events] == ["printer", "warehouse"]
        assert [one.pending_msgs for one in heard] == [0, 0]


async def test_removed_subscriber_is_shut_out_at_once_and_others_stay(system: Settings) -> None:
    assert await subscribers.add(system, "news-site")
    async with entered(system, "news-site") as site, entered(system, "printer") as printer:
        await site.nats.jetstream().pull_subscribe("", durable="news-site", stream=STREAM)
        assert await subscribers.remove(system, "news-site")

        async def shut_out() -> bool:
            return not site.nats.is_connected

        await until(shut_out)
        assert (await printer.nats.jetstream(timeout=DEADLINE).stream_info(STREAM)).state.consumer_count == 1
    with pytest.raises(subscribers.NoSubscriber, match="There is no subscriber news-site"):
        await subscribers.remove(system, "news-site")


@pytest.mark.parametrize("name", ["", "a", "Printer", "a.b", "a b", "a*", "7up", "x" * 32])
async def test_name_that_cannot_be_a_part_of_a_subject_is_refused(system: Settings, name: str) -> None:
    with pytest.raises(subscribers.NoSubscriber, match="cannot be the name of a subscriber"):
        await subscribers.add(system, name)


async def test_name_and_place_are_given_once(system: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(subscribers.NoSubscriber, match="There is a subscriber printer already"):
        await subscribers.add(system, "printer")
    monkeypatch.setattr(subscribers, "PLACES", PLACES[:2])
    with pytest.raises(subscribers.NoSubscriber, match="There are 2 subscribers already"):
        await subscribers.add(system, "third")
