"""A reader that is declared in one table, and nowhere else, has its rights, its lag in status, and is waited for."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
import pytest_asyncio

from infra.operate.positions import positions, settled
from infra.operate.settling import Settling
from infra.run.embedded import MongoServer, NatsServer
from infra.run.provision import provision
from infra.secure.credentials import OUR_MONGO_KEY, make_secrets
from infra.secure.rights import nats_rights
from services.catalogue import SERVICES
from services.kernel.calendar import moment
from services.kernel.config import Settings
from services.kernel.log.inbox import each
from services.kernel.log.sequencer import Sequencer
from services.kernel.log.settling import replacing
from services.kernel.messages import Event
from services.kernel.messaging import client
from services.kernel.mongo.access import Unscoped
from services.kernel.mongo.driver import UpdateOne
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end
from services.kernel.service import serve
from services.kernel.table import Area, Table, single
from services.movement.words import Field, Level, SubjectKind
from services.review.messages import ReviewDecided, Verdict
from tests.replays import replaying
from tests.review.contract.telling import restore_told, telling

HEARD = Unscoped("heard", "only this test reads it")


async def note(event: ReviewDecided, tx: Transaction) -> None:
    await tx.unscoped(HEARD).write([UpdateOne({"_id": event.key}, {"$set": {"at": tx.at}}, upsert=True)])


NOTES: Mapping[type[Event], Callable[..., Awaitable[None]]] = {ReviewDecided: note}
LISTENER = Table(
    "listener",
    Area(
        messages=ModuleType("nothing"),
        subscriptions=(single(NOTES, settle=replacing(HEARD, handler=each(NOTES))),),
    ),
)
CATALOGUE = {
    "registration": SERVICES["registration"],
    "review": SERVICES["review"],
    "listener": LISTENER,
}


@pytest_asyncio.fixture
async def system(mongo: MongoServer, secrets: Path, tmp_path: Path) -> AsyncGenerator[Settings, None]:
    """Servers whose users, streams and indexes derive from the catalogue."""
    own = tmp_path / "secrets"
    make_secrets(own, nats_rights(CATALOGUE), CATALOGUE)
    (own / OUR_MONGO_KEY).write_text((secrets / OUR_MONGO_KEY).read_text())
    server = NatsServer(tmp_path / "nats", own)
    server.start()
    settings = Settings(
        nats_url=server.url,
        mongo_url=mongo.url,
        mongo_prefix="listening",
        var=tmp_path,
        secrets=own,
        heartbeat=0.2,
        lease=1.0,
        watchdog=3600,
    )
    await provision(settings, users=True, services=CATALOGUE)
    yield settings
    server.stop()


@asynccontextmanager
async def _review(settings: Settings) -> AsyncGenerator[Store, None]:
    """Review without its handlers: its log, its sequencer, and the publisher of its public events."""
    store = Store(settings, "review")
    connection = await client.connect(settings, "review")
    sequencer = Sequencer(store, connection, lease=settings.lease, heartbeat=settings.heartbeat)
    await replaying(connection, store)
    task = asyncio.create_task(sequencer.run())
    async with telling(store, connection):
        yield store
    await end([task])
    await connection.close()
    store.close()


def _decided(number: int) -> ReviewDecided:
    return ReviewDecided(
        key=f"review_{number:024}",
        version=1,
        at=moment(),
        unit="/vn",
        model="model_1",
        title="Một mô hình",
        field=Field.ECONOMY,
        subject_kind=SubjectKind.COLLECTIVE,
        level=Level.COMMUNE,
        on=date(2018, 3, 8),
        verdict=Verdict.RECOGNISED,
        reason="",
    )


async def _log(events: list[ReviewDecided], tx: Transaction) -> None:
    for event in events:
        tx.log(event)


async def _restore(store: Store, head: int) -> None:
    """Takes the log back to an earlier moment, as a restored database does."""
    earlier = {"head": head, "event": await store.event_at(head)}
    await store.db.log.delete_many({"seq": {"$gt": head}})
    await store.db.sequencer.update_one({"_id": "head"}, {"$set": earlier})
    await restore_told(store, head)


async def _settle(settings: Settings) -> list[str]:
    """The sentences that the command prints."""
    said: list[str] = []
    await Settling(settings, said.append, lambda done, total: None, CATALOGUE).run()
    return said


async def test_subscription_in_a_table_is_all_that_a_reader_needs(system: Settings) -> None:
    async with _review(system) as review:
        await review.transaction(partial(_log, [_decided(number) for number in range(3)]))
        while not (before := await positions(system, CATALOGUE)).heads["review"]:
            await asyncio.sleep(0.01)
        assert before.lag("listener/review") == 3
        assert not before.settled

        # Without rights to the stream and to its database, which derive from the table, it would stay behind.
        async with serve(LISTENER, system).start_lifespan_context():
            await review.transaction(partial(_log, [_decided(3)]))
            after = await settled(system, CATALOGUE)
            assert after.sentence("listener/review").startswith(
                "listener/review: passed 4, behind 0, read by "
            )
            assert await _settle(system) == [
                "All streams and readers agree with the logs. Nothing was changed."
            ]
            await _restore(review, 3)
            await review.transaction(partial(_log, [_decided(4), _decided(5)]))
            while (stray := await positions(system, CATALOGUE)).heads["review"] < 5 or not stray.strays:
                await asyncio.sleep(0.01)
            assert "passed 4, behind unknown: " in stray.sentence("listener/review")
            assert "run `danvan settle`" in stray.sentence("listener/review")
            assert not stray.settled
            assert await _settle(system) == [
                "The stream of review is deleted, review fills it again: number 4 is another event in the stream than "
                "in the log.",
                "listener/review has read events that the log of review does not have.",
                "listener/review: compared with all 5 events, 1 records corrected; goes on from there.",
                "All streams and readers agree with the logs now.",
            ]
            await review.transaction(partial(_log, [_decided(6)]))
            await settled(system, CATALOGUE)
        assert "no process reads" in (await positions(system, CATALOGUE)).sentence("listener/review")
    store = Store(system, "listener")
    try:
        heard = [document["_id"] async for document in store.db.heard.find().sort("_id", 1)]
        assert heard == [_decided(number).key for number in (0, 1, 2, 4, 5, 6)]
    finally:
        store.close()


def test_reader_that_is_not_in_the_table_has_no_rights() -> None:
    silent = Table("listener", Area(messages=ModuleType("nothing")))
    rights = nats_rights({**SERVICES, "listener": silent})["listener"]
    heard = nats_rights(CATALOGUE)["listener"]
    assert "$JS.API.CONSUMER.CREATE.danvan-review" in heard.publish
    assert not any("danvan-review" in subject for subject in rights.publish)


@pytest.mark.parametrize(
    ("service", "cursors"),
    [
        (
            "registration",
            {"lookalikes/registration", "formality/registration", "formality-corrections/registration"},
        ),
        ("review", {"review/registration", "units/registration", "public/review"}),
        ("supervision", {"supervision/registration"}),
        (
            "reporting",
            {
                "reporting/registration",
                "counters-1/registration",
                "counters-1/review",
                "counters-1/supervision",
            },
        ),
    ],
)
async def test_every_reader_of_the_product_is_in_its_table(
    settings: Settings, service: str, cursors: set[str]
) -> None:
    store = Store(settings, service)
    try:
        assert set((await SERVICES[service].cursors(store.ours())).used) == cursors
    finally:
        store.close()
