"""Who may say and hear what on NATS: a table kept by hand, tried user by user on a real server."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from tests.conftest import TESTER

pytestmark = pytest.mark.asyncio(loop_scope="module")

USERS = ("gateway", *SERVICES, "operator")
LETTERS = dict(zip("GRVSPO", USERS, strict=True))
"""G gateway, R registration, V review, S supervision, P reporting, O operator."""

PUBLISH = {
    # who asks, and what
    "command.registration.accept-model": "GO",
    "command.review.decide-review": "GO",
    "command.supervision.record-session": "GO",
    "command.reporting.rebuild-counters": "GO",
    "query.registration.models-page": "GO",
    "query.review.reviews-by-id": "GO",
    "query.supervision.sessions-page": "GO",
    "query.reporting.report-of": "GO",
    # what happened says only who did it
    "event.registration.model-accepted.v1": "R",
    "event.review.review-decided.v1": "V",
    "event.supervision.session-recorded.v1": "S",
    "event.reporting.counted.v1": "",
    "event.gateway.asked.v1": "",
    "heartbeat.registration": "R",
    "heartbeat.review": "V",
    "heartbeat.supervision": "S",
    "heartbeat.reporting": "",
    "nudge.registration": "R",
    "nudge.review": "V",
    "nudge.supervision": "S",
    "nudge.reporting": "P",
    # what was missed is asked for by who reads it
    "replay.registration": "RVSPO",
    "replay.review": "GPO",
    "replay.supervision": "PO",
    "replay.reporting": "",
    # reading a stream is making a consumer of it
    "$JS.API.CONSUMER.CREATE.danvan-registration": "RVSPO",
    "$JS.API.CONSUMER.CREATE.danvan-review": "GPO",
    "$JS.API.CONSUMER.CREATE.danvan-supervision": "PO",
    "$JS.API.CONSUMER.CREATE.danvan-registration.name": "O",
    "$JS.API.CONSUMER.CREATE.danvan-review.name.event.review.>": "O",
    "$JS.API.CONSUMER.DURABLE.CREATE.danvan-review.name": "",
    "$JS.API.CONSUMER.INFO.danvan-registration.name": "RVSPO",
    "$JS.API.CONSUMER.INFO.danvan-review.name": "GPO",
    "$JS.API.CONSUMER.INFO.danvan-supervision.name": "PO",
    "$JS.API.CONSUMER.DELETE.danvan-review.name": "O",
    "$JS.API.CONSUMER.PAUSE.danvan-review.name": "O",
    "$JS.API.CONSUMER.NAMES.danvan-review": "O",
    "$JS.API.CONSUMER.MSG.NEXT.danvan-review.name": "O",
    "$JS.FC.danvan-registration.consumer.1": "RVSP",
    "$JS.FC.danvan-review.consumer.1": "GP",
    "$JS.FC.danvan-supervision.consumer.1": "P",
    "$JS.ACK.danvan-review.consumer.1.1.1.1.1": "",
    "$JS.API.DIRECT.GET.danvan-review": "O",
    "$JS.API.DIRECT.GET.danvan-review.event.review.review-decided.v1": "O",
    "$JS.API.STREAM.MSG.GET.danvan-registration": "RO",
    "$JS.API.STREAM.MSG.GET.danvan-review": "VO",
    "$JS.API.STREAM.MSG.GET.danvan-supervision": "SO",
    # streams are looked after by the operator; a producer makes its own anew when it is gone
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
    # nobody speaks into an inbox unasked
    "_INBOX_gateway.x.y": "",
    "_INBOX_review.x.y": "",
    "_INBOX.x.y": "",
    "anything": "",
}

SUBSCRIBE = {
    "command.registration.>": "R",
    "command.registration.accept-model": "R",
    "command.review.>": "V",
    "command.supervision.>": "S",
    "command.reporting.>": "P",
    "command.*.*": "",
    "query.registration.models-page": "R",
    "query.review.reviews-by-id": "V",
    "query.supervision.sessions-page": "S",
    "query.reporting.report-of": "P",
    "query.>": "",
    "event.registration.>": "O",
    "event.review.>": "O",
    "event.supervision.>": "O",
    "event.>": "",
    "heartbeat.registration": "RVSPO",
    "heartbeat.review": "GPO",
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
    """A connection, and what the server has denied to it."""

    nats: Nats
    denied: list[str]

    async def settled(self) -> list[str]:
        # A denial is sent before the answer to the ping that comes after what was denied: which is the second one,
        # since the driver sends the first ahead of what it still has to send.
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


async def test_the_table_tells_of_every_user() -> None:
    assert set(USERS) == set(RIGHTS)


@pytest.mark.parametrize(("subject", "allowed"), _pairs(PUBLISH))
async def test_publishing(users: dict[str, Tried], subject: str, allowed: set[str]) -> None:
    found = set()
    for user in USERS:
        tried = users[user]
        before = len(tried.denied)
        # Without a body and a reply subject none of the server's own interfaces does anything that matters.
        await tried.nats.publish(subject, b"{")
        if len(await tried.settled()) == before:
            found.add(user)
        else:
            assert "permissions violation for publish" in tried.denied[-1].lower()
    assert found == allowed


@pytest.mark.parametrize(("subject", "allowed"), _pairs(SUBSCRIBE))
async def test_subscribing(users: dict[str, Tried], subject: str, allowed: set[str]) -> None:
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


async def test_who_shows_no_key_or_a_foreign_one_does_not_come_in(server: Settings, tmp_path: Path) -> None:
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
        # The server says why and hangs up; which of the two is noticed first is a matter of luck.
        assert any(why in line for line in said for why in ("Authorization Violation", "reset by peer"))


async def test_an_asker_gets_its_answer_and_nobody_else_hears_it(users: dict[str, Tried]) -> None:
    review, gateway = users["review"], users["gateway"]

    async def answer(message: Any) -> None:
        await message.respond(b"yes")

    serving = await review.nats.subscribe("query.review.anything", cb=answer)
    await review.settled()
    denied = len(gateway.denied)
    reply = await gateway.nats.request("query.review.anything", b"", timeout=5)
    assert reply.data == b"yes"
    assert reply.subject.startswith("_INBOX_gateway.")
    assert len(gateway.denied) == denied
    await serving.unsubscribe()


async def test_a_question_is_answered_once(users: dict[str, Tried]) -> None:
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
    assert (await heard.next_msg(timeout=5)).data == b"yes"
    async with asyncio.timeout(5):
        while len(await review.settled()) == before:
            await asyncio.sleep(0.01)
    assert heard.pending_msgs == 0
    await serving.unsubscribe()
    await heard.unsubscribe()


async def test_a_reader_reads_what_it_hears_of_and_nothing_else(users: dict[str, Tried]) -> None:
    registration = users["registration"].nats.jetstream()
    length = (await registration.publish("event.registration.happened.v1", b"{}")).seq
    reader = users["review"].nats.jetstream(timeout=1)
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
        await subscription.next_msg(timeout=5)
    assert (await subscription.consumer_info()).num_pending == 0
    await subscription.unsubscribe()
    with pytest.raises(nats.errors.TimeoutError):  # it is how a denial looks
        await reader.subscribe("event.supervision.>", stream="danvan-supervision", config=ConsumerConfig())


async def test_a_feed_does_with_its_rights(users: dict[str, Tried]) -> None:
    before = len(users["gateway"].denied)
    last = await streams.last(users["gateway"].nats.jetstream(), "review")
    batches = Feed(users["gateway"].nats, "review", last).batches()
    async with asyncio.timeout(10):
        assert await anext(batches) == []
    await batches.aclose()
    assert len(await users["gateway"].settled()) == before


async def test_a_consumer_carries_no_event_into_anothers_stream(users: dict[str, Tried]) -> None:
    """Making consumers is the one right of a reader in which it says itself where something goes."""
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


async def test_a_producer_does_not_bend_its_stream(users: dict[str, Tried]) -> None:
    """A stream takes in what its settings say: with others, its producer would read what is said to others."""
    review = users["review"].nats.jetstream(timeout=1)
    bent = StreamConfig(name="danvan-review", subjects=["event.review.>", "command.registration.>"])
    with pytest.raises(nats.errors.TimeoutError):
        await review.update_stream(bent)
    with pytest.raises(nats.js.errors.BadRequestError, match="already in use"):
        await review.add_stream(bent)


async def test_a_producer_makes_its_stream_anew_when_it_is_gone(users: dict[str, Tried]) -> None:
    await users["operator"].nats.jetstream().delete_stream("danvan-supervision")
    js = users["supervision"].nats.jetstream()
    await streams.make(js, "supervision")
    await streams.make(js, "supervision")
    assert await streams.last(js, "supervision") == 0
