"""Rights on NATS: a table kept by hand, tried user by user on a real server."""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import nats
import nats.errors
import pytest
import pytest_asyncio
from nats.aio.client import Client as Nats
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StreamConfig

from infra.run.embedded import NatsServer
from infra.secure.credentials import make_secrets
from infra.secure.rights import RIGHTS
from services.catalogue import SERVICES, producers
from services.kernel.config import Settings
from services.kernel.credentials import nats_login
from services.kernel.log import streams
from services.kernel.log.feed import Feed
from services.kernel.log.position import Position
from services.kernel.log.pulse import Pulse
from services.kernel.log.replay import Page, replay_subject
from services.kernel.log.streams import Heartbeat, heartbeat_subject
from services.registration.models.messages import AcceptModel, ModelAccepted, ModelsPage
from services.reporting.messages import RebuildCounters, ReportOf
from services.review.messages import DecideReview, ReviewDecided, ReviewsById
from services.supervision.messages import ActivitiesPage, ActivityRecorded, RecordActivity
from tests.conftest import TESTER
from tests.waiting import DEADLINE

pytestmark = pytest.mark.asyncio(loop_scope="module")

USERS = ("gateway", *SERVICES, "operator")
LETTERS = dict(zip("GRVSPO", USERS, strict=True))
"""G gateway, R registration, V review, S supervision, P reporting, O operator."""

UNANNOUNCED = ("event.reporting.counted.v1", "event.gateway.asked.v1")
"""Subjects that no event has: reporting and the gateway announce nothing."""

PUBLISH = {
    # requests
    AcceptModel.subject: "GO",
    DecideReview.subject: "GO",
    RecordActivity.subject: "GO",
    RebuildCounters.subject: "GO",
    ModelsPage.subject: "GO",
    ReviewsById.subject: "GO",
    ActivitiesPage.subject: "GO",
    ReportOf.subject: "GO",
    # each event comes from its own service
    ModelAccepted.subject: "R",
    ReviewDecided.subject: "V",
    ActivityRecorded.subject: "S",
    **dict.fromkeys(UNANNOUNCED, ""),
    "heartbeat.registration": "R",
    "heartbeat.review": "V",
    "heartbeat.supervision": "S",
    "heartbeat.reporting": "",
    "nudge.registration": "R",
    "nudge.review": "V",
    "nudge.supervision": "S",
    "nudge.reporting": "P",
    # a worker looks whether another one lives
    "worker.registration.a": "R",
    "worker.reporting.a": "P",
    # a reader requests missed events from the producer
    "replay.registration": "RVSPO",
    "replay.review": "GVPO",
    "replay.supervision": "PO",
    "replay.reporting": "",
    # a stream is read through a consumer
    "$JS.API.CONSUMER.CREATE.danvan-registration": "RVSPO",
    "$JS.API.CONSUMER.CREATE.danvan-review": "GVPO",
    "$JS.API.CONSUMER.CREATE.danvan-supervision": "PO",
    "$JS.API.CONSUMER.CREATE.danvan-registration.name": "O",
    "$JS.API.CONSUMER.CREATE.danvan-review.name.event.review.>": "O",
    "$JS.API.CONSUMER.DURABLE.CREATE.danvan-review.name": "",
    "$JS.API.CONSUMER.INFO.danvan-registration.name": "RVSPO",
    "$JS.API.CONSUMER.INFO.danvan-review.name": "GVPO",
    "$JS.API.CONSUMER.INFO.danvan-supervision.name": "PO",
    "$JS.API.CONSUMER.DELETE.danvan-review.name": "O",
    "$JS.API.CONSUMER.PAUSE.danvan-review.name": "O",
    "$JS.API.CONSUMER.NAMES.danvan-review": "O",
    "$JS.API.CONSUMER.MSG.NEXT.danvan-review.name": "O",
    "$JS.FC.danvan-registration.consumer.1": "RVSP",
    "$JS.FC.danvan-review.consumer.1": "GVP",
    "$JS.FC.danvan-supervision.consumer.1": "P",
    "$JS.ACK.danvan-review.consumer.1.1.1.1.1": "",
    "$JS.API.DIRECT.GET.danvan-review": "O",
    f"$JS.API.DIRECT.GET.danvan-review.{ReviewDecided.subject}": "O",
    "$JS.API.STREAM.MSG.GET.danvan-registration": "RO",
    "$JS.API.STREAM.MSG.GET.danvan-review": "VO",
    "$JS.API.STREAM.MSG.GET.danvan-supervision": "SO",
    # the operator manages streams; a producer creates its own when it is missing
    "$JS.API.STREAM.CREATE.danvan-registration": "RO",
    "$JS.API.STREAM.CREATE.danvan-review": "VO",
    "$JS.API.STREAM.CREATE.danvan-supervision": "SO",
    "$JS.API.STREAM.CREATE.danvan-reporting": "",
    "$JS.API.STREAM.CREATE.another": "",
    "$JS.API.STREAM.INFO.danvan-registration": "RVSPO",
    "$JS.API.STREAM.INFO.danvan-review": "GVPO",
    "$JS.API.STREAM.INFO.danvan-supervision": "SPO",
    "$JS.API.STREAM.UPDATE.danvan-registration": "O",
    "$JS.API.STREAM.UPDATE.danvan-review": "O",
    "$JS.API.STREAM.DELETE.danvan-review": "O",
    "$JS.API.STREAM.PURGE.danvan-review": "O",
    "$JS.API.STREAM.MSG.DELETE.danvan-review": "O",
    "$JS.API.STREAM.SNAPSHOT.danvan-review": "O",
    "$JS.API.STREAM.RESTORE.danvan-review": "O",
    "$JS.API.STREAM.DELETE.another": "",
    "$JS.API.ACCOUNT.PURGE.$G": "",
    "$SYS.REQ.SERVER.PING": "",
    # review fills its public stream, which is in another account; the operator looks after its subscribers
    "danvan.review.v1.recognised": "V",
    "danvan.registration.v1.accepted": "",
    "JS.public.API.STREAM.CREATE.danvan-review-v1": "VO",
    "JS.public.API.STREAM.INFO.danvan-review-v1": "VO",
    "JS.public.API.STREAM.MSG.GET.danvan-review-v1": "VO",
    "JS.public.API.STREAM.DELETE.danvan-review-v1": "O",
    "JS.public.API.STREAM.UPDATE.danvan-review-v1": "",
    "JS.public.API.CONSUMER.CREATE.danvan-review-v1.name": "",
    "JS.public.API.CONSUMER.MSG.NEXT.danvan-review-v1.name": "",
    "JS.public.API.CONSUMER.NAMES.danvan-review-v1": "O",
    "JS.public.API.CONSUMER.INFO.danvan-review-v1.name": "O",
    "JS.public.API.CONSUMER.DELETE.danvan-review-v1.name": "O",
    "danvan.ping.1": "O",
    # a user replies to requests only
    "_INBOX_gateway.x.y": "",
    "_INBOX_review.x.y": "",
    "_INBOX.x.y": "",
    "anything": "",
}

SUBSCRIBE = {
    "command.registration.>": "R",
    AcceptModel.subject: "R",
    "command.review.>": "V",
    "command.supervision.>": "S",
    "command.reporting.>": "P",
    "command.*.*": "",
    ModelsPage.subject: "R",
    ReviewsById.subject: "V",
    ActivitiesPage.subject: "S",
    ReportOf.subject: "P",
    "query.>": "",
    "event.registration.>": "O",
    "event.review.>": "O",
    "event.supervision.>": "O",
    "event.>": "",
    "heartbeat.registration": "RVSPO",
    "heartbeat.review": "GVPO",
    "heartbeat.supervision": "PO",
    "heartbeat.*": "",
    "nudge.registration": "R",
    "nudge.review": "V",
    "nudge.supervision": "S",
    "nudge.reporting": "P",
    "replay.registration": "R",
    "replay.review": "V",
    "replay.supervision": "S",
    "replay.reporting": "",
    "_INBOX_gateway.>": "G",
    "_INBOX_registration.>": "R",
    "_INBOX_review.>": "V",
    "_INBOX_supervision.>": "S",
    "_INBOX_reporting.>": "P",
    "_INBOX_operator.>": "O",
    "_INBOX.>": "",
    "_INBOX_gateway.*.x": "G",
    "$JS.API.>": "",
    "$JS.EVENT.>": "",
    "$SYS.>": "",
    ">": "",
}


@dataclass(frozen=True)
class Tried:
    """A connection and the denials that the server has sent to it."""

    nats: Nats
    denied: list[str]

    async def settled(self) -> list[str]:
        # The server sends a denial before its reply to the next ping. Two pings, since the driver sends the first one
        # ahead of messages that it still holds.
        await self.nats.flush()
        await self.nats.flush()
        return self.denied


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory, secrets: Path) -> AsyncGenerator[Settings, None]:
    made = NatsServer(tmp_path_factory.mktemp("nats"), secrets)
    made.start()
    yield Settings(nats_url=made.url, secrets=secrets)
    made.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def users(server: Settings) -> AsyncGenerator[dict[str, Tried], None]:
    made: dict[str, Tried] = {}
    for user in (*USERS, TESTER):
        denied: list[str] = []

        async def note(error: Exception, to: list[str] = denied) -> None:
            to.append(str(error))

        login = nats_login(server, user)
        made[user] = Tried(await nats.connect(server.nats, **login, error_cb=note), denied)
    for producer in producers():
        await streams.ensure(made[TESTER].nats.jetstream(), producer)
    yield made
    for tried in made.values():
        await tried.nats.close()


def _pairs(table: dict[str, str]) -> list[Any]:
    return [
        pytest.param(subject, {LETTERS[letter] for letter in letters}, id=subject)
        for subject, letters in table.items()
    ]


async def test_table_has_every_user() -> None:
    assert set(USERS) == set(RIGHTS)


async def test_each_subject_in_the_table_belongs_to_a_message() -> None:
    """A right to a subject without a message would prove nothing."""
    known: set[str] = set()
    for table in SERVICES.values():
        known |= {row.type.subject for row in table.commands} | {row.type.subject for row in table.queries}
        known |= {type_.subject for type_ in table.announces}
    named = [
        subject for subject in (*PUBLISH, *SUBSCRIBE) if re.match(r"(command|query|event)\.[^*>]+$", subject)
    ]
    assert set(named) - known == set(UNANNOUNCED)


@pytest.mark.parametrize(("subject", "allowed"), _pairs(PUBLISH))
async def test_only_these_users_publish(users: dict[str, Tried], subject: str, allowed: set[str]) -> None:
    found = set()
    for user in USERS:
        tried = users[user]
        before = len(tried.denied)
        # The server's own interfaces ignore a request without a valid body and a reply subject.
        await tried.nats.publish(subject, b"{")
        if len(await tried.settled()) == before:
            found.add(user)
        else:
            assert "permissions violation for publish" in tried.denied[-1].lower()
    assert found == allowed


@pytest.mark.parametrize(("subject", "allowed"), _pairs(SUBSCRIBE))
async def test_only_these_users_subscribe(users: dict[str, Tried], subject: str, allowed: set[str]) -> None:
    found = set()
    for user in USERS:
        tried = users[user]
        before = len(tried.denied)
        subscription = await tried.nats.subscribe(subject)
        if len(await tried.settled()) == before:
            found.add(user)
        else:
            assert "permissions violation for subscription" in tried.denied[-1].lower()
        await subscription.unsubscribe()
    assert found == allowed


async def test_user_without_its_key_is_not_let_in(server: Settings, tmp_path: Path) -> None:
    make_secrets(tmp_path)
    for stranger in (Settings(nats_url=server.nats, secrets=tmp_path), Settings(nats_url=server.nats)):
        said: list[str] = []

        async def note(error: Exception, to: list[str] = said) -> None:
            to.append(str(error))

        connection = Nats()
        login = nats_login(stranger, "operator")
        with pytest.raises(nats.errors.Error):
            await connection.connect(stranger.nats, **login, error_cb=note, allow_reconnect=False)
        await connection.close()
        # The server sends the reason and closes the connection; the driver may notice either first.
        assert any(why in line for line in said for why in ("Authorization Violation", "reset by peer"))


async def test_reply_reaches_only_the_sender_of_the_request(users: dict[str, Tried]) -> None:
    review, gateway = users["review"], users["gateway"]

    async def answer(message: Any) -> None:
        await message.respond(b"yes")

    serving = await review.nats.subscribe("query.review.anything", cb=answer)
    await review.settled()
    denied = len(gateway.denied)
    reply = await gateway.nats.request("query.review.anything", b"", timeout=DEADLINE)
    assert reply.data == b"yes"
    assert reply.subject.startswith("_INBOX_gateway.")
    assert len(gateway.denied) == denied
    await serving.unsubscribe()


async def test_request_is_answered_once(users: dict[str, Tried]) -> None:
    review, gateway = users["review"], users["gateway"]
    inbox = gateway.nats.new_inbox()
    heard = await gateway.nats.subscribe(inbox)

    async def twice(message: Any) -> None:
        await message.respond(b"yes")
        await message.respond(b"no")

    serving = await review.nats.subscribe("query.review.anything", cb=twice)
    await review.settled()
    before = len(review.denied)
    await gateway.nats.publish("query.review.anything", b"", reply=inbox)
    assert (await heard.next_msg(timeout=DEADLINE)).data == b"yes"
    async with asyncio.timeout(DEADLINE):
        while len(await review.settled()) == before:
            await asyncio.sleep(0.01)
    assert heard.pending_msgs == 0
    await serving.unsubscribe()
    await heard.unsubscribe()


async def test_reader_reads_the_streams_of_its_table_and_no_other(users: dict[str, Tried]) -> None:
    registration = users["registration"].nats.jetstream()
    length = (await registration.publish("event.registration.happened.v1", b"{}")).seq
    reader = users["review"].nats.jetstream(timeout=DEADLINE)
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.NONE,
        mem_storage=True,
        flow_control=True,
        idle_heartbeat=5,
    )
    subscription = await reader.subscribe(
        "event.registration.>", stream="danvan-registration", config=config, manual_ack=True
    )
    for _ in range(length):
        await subscription.next_msg(timeout=DEADLINE)
    assert (await subscription.consumer_info()).num_pending == 0
    await subscription.unsubscribe()
    with pytest.raises(nats.errors.TimeoutError):  # a denied request is not answered
        await (
            users["review"]
            .nats.jetstream(timeout=1)
            .subscribe("event.supervision.>", stream="danvan-supervision", config=ConsumerConfig())
        )


async def test_feed_needs_no_other_rights(users: dict[str, Tried]) -> None:
    before = len(users["gateway"].denied)
    page, beat = Page(0, "", []), Heartbeat(0)

    async def answer(message: Any) -> None:
        await users["review"].nats.publish(heartbeat_subject("review"), msgspec.json.encode(beat))
        await message.respond(msgspec.json.encode(page))

    answers = await users["review"].nats.subscribe(replay_subject("review"), cb=answer)
    await users["review"].nats.flush()
    js = users[TESTER].nats.jetstream()
    async with Pulse(users["gateway"].nats, "review") as pulse:
        batches = Feed(pulse, Position()).batches()
        async with asyncio.timeout(DEADLINE):
            while not await js.consumers_info(streams.name("review")):
                assert await anext(batches) == []
        await batches.aclose()
    await answers.unsubscribe()
    assert len(await users["gateway"].settled()) == before


async def test_consumer_carries_no_event_into_another_stream(users: dict[str, Tried]) -> None:
    """A reader that creates a consumer chooses the subject that events are delivered to."""
    tester = users[TESTER].nats.jetstream()
    await users["review"].nats.jetstream().publish("event.review.happened.v1", b"{}")
    before = await streams.last(tester, "registration")
    forged = ConsumerConfig(
        deliver_subject="event.registration.forged.v1",
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.NONE,
        inactive_threshold=30,
    )
    made = await users["gateway"].nats.jetstream().add_consumer("danvan-review", forged)
    found = await tester.consumer_info("danvan-review", made.name)
    assert found.delivered
    assert found.delivered.stream_seq == 0
    assert await streams.last(tester, "registration") == before
    await tester.delete_consumer("danvan-review", made.name)


async def test_producer_cannot_change_its_stream(users: dict[str, Tried]) -> None:
    """With other subjects in its stream, a producer would read messages to other services."""
    review = users["review"].nats
    bent = StreamConfig(name="danvan-review", subjects=["event.review.>", "command.registration.>"])
    with pytest.raises(nats.errors.TimeoutError):
        await review.jetstream(timeout=1).update_stream(bent)
    with pytest.raises(nats.js.errors.BadRequestError, match="already in use"):
        await review.jetstream(timeout=DEADLINE).add_stream(bent)


async def test_producer_creates_its_missing_stream(users: dict[str, Tried]) -> None:
    await users["operator"].nats.jetstream().delete_stream("danvan-supervision")
    js = users["supervision"].nats.jetstream()
    await streams.make(js, "supervision")
    await streams.make(js, "supervision")
    assert await streams.last(js, "supervision") == 0
