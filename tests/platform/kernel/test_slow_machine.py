"""Work that outlasts a lease or a transaction goes on, however slow the machine is."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Any

import pytest
from nats.aio.client import Client as Nats

from infra.run.embedded import MongoServer, NatsServer
from infra.run.ports import LOOPBACK
from services.kernel.config import Settings
from services.kernel.log import copying, sequencer
from services.kernel.log.inbox import Heard, Inbox
from services.kernel.log.sequencer import Sequencer
from services.kernel.messaging import client
from services.kernel.mongo.driver import UpdateOne
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from tests.conftest import TESTER
from tests.databases import TOY
from tests.platform.kernel import toy
from tests.platform.kernel.conftest import Toy, running
from tests.platform.kernel.gate import Gate
from tests.platform.kernel.toy import OpenTally, TallyRaised
from tests.waiting import DEADLINE, until

MILLISECOND = 0.001


@contextlib.asynccontextmanager
async def connected(settings: Settings, gate: Gate) -> AsyncGenerator[Nats, None]:
    """A connection to NATS through a gate."""
    async with gate.listening() as port:
        through = settings.model_copy(update={"nats_url": f"nats://127.0.0.1:{port}"})
        connection = await client.connect(through, TESTER)
        try:
            yield connection
        finally:
            gate.open()
            await connection.close()


async def test_connection_to_a_slow_database_is_not_given_up(mongo: MongoServer, settings: Settings) -> None:
    gate = Gate(mongo.port)
    gate.shut()
    async with gate.listening() as port:
        through = f"mongodb://{LOOPBACK}:{port}/?directConnection=true"
        store = Store(settings.model_copy(update={"mongo_url": through}), TOY)
        reading = asyncio.create_task(store.transaction(number_of_copies, patience=DEADLINE))
        await asyncio.sleep(3)
        assert gate.accepted == 1
        gate.open()
        assert await reading == 0
        store.close()


async def number_of_copies(tx: Transaction) -> int:
    return await tx.unscoped(toy.COPIES).count({})


async def open_tallies(service: Toy, number: int, prefix: str = "t") -> None:
    async def work(tx: Transaction) -> None:
        await toy.Tallies(tx).add_many(toy.tally(f"{prefix}{n}", 1) for n in range(number))

    await service.store.transaction(work)


async def numbered(holder: Sequencer, number: int) -> bool:
    return holder.head == number


async def appended(service: Toy, number: int) -> bool:
    """Whether the stream is a copy of the log and holds so many events."""
    log = [event["_id"] for event in await service.log()]
    return len(log) == number and [event.id for event in await service.stream()] == log


async def test_backlog_is_appended_though_each_page_outlasts_the_lease(service: Toy) -> None:
    await open_tallies(service, 1100)
    holder = Sequencer(service.store, service.nats, lease=MILLISECOND, heartbeat=0.2)
    await holder.work()
    await holder.copy.fill()
    assert await appended(service, 1100)


async def test_two_sequencers_append_a_backlog_though_each_page_outlasts_their_leases(service: Toy) -> None:
    await open_tallies(service, 1100)
    two = [Sequencer(service.store, service.nats, lease=MILLISECOND, heartbeat=0.2) for _ in range(2)]

    async with running(*(each.run() for each in two)):
        await until(lambda: appended(service, 1100))
    assert [event["seq"] for event in await service.log()] == list(range(1, 1101))


async def test_lease_is_renewed_while_acknowledgements_are_outstanding(
    service: Toy, settings: Settings, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "SILENCE", 60)
    gate = Gate(nats_server.port)

    async def lease() -> Any:
        found = await service.store.db.sequencer.find_one({"_id": sequencer.HEAD})
        assert found
        return found["until"]

    async with connected(settings, gate) as connection:
        holder = Sequencer(service.store, connection, lease=0.1, heartbeat=60)
        await holder.work()
        await holder.copy.fill()
        await service.do(OpenTally(id="t"), "open")
        gate.shut()
        async with running(holder.run()):
            await until(lambda: numbered(holder, 1))
            for _ in range(3):
                before = await lease()

                async def renewed(before: Any = before) -> bool:
                    return bool(await lease() > before)

                await until(renewed)
            gate.open()
            await until(lambda: appended(service, 1))


async def test_sequencer_goes_on_after_a_silence_of_the_stream(
    service: Toy, settings: Settings, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(nats_server.port)
    async with connected(settings, gate) as connection:
        holder = Sequencer(service.store, connection, lease=1, heartbeat=60)
        await holder.work()
        await holder.copy.fill()
        await open_tallies(service, 10)
        gate.shut()
        with monkeypatch.context() as patch:
            patch.setattr(copying, "SILENCE", 0.1)
            await holder.work()
            with pytest.raises(TimeoutError):
                await holder.copy.fill()
        gate.open()
        await service.do(OpenTally(id="last"), "open")
        async with running(holder.run()):
            await until(lambda: appended(service, 11))


async def test_batch_that_outlasts_a_transaction_is_applied_in_smaller_ones(
    service: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = partial(service.store.transaction, patience=0)
    monkeypatch.setattr(service.store, "transaction", once)
    sizes: list[int] = []

    async def slow(heard: Sequence[Heard], tx: Transaction) -> None:
        sizes.append(len(heard))
        if len(heard) > 2:  # MongoDB aborts it, as it does with a transaction that lasts too long
            assert tx.session
            await service.store.db.client.admin.command("killSessions", [tx.session.session_id])
        for one in heard:
            write = UpdateOne({"_id": one.event.key}, {"$inc": {"heard": 1}}, upsert=True)
            await tx.unscoped(toy.COPIES).write([write])

    await open_tallies(service, 16)
    await service.sequencer.work()
    types = {TallyRaised.subject: TallyRaised}
    inbox = Inbox(service.store, "toy", types, slow, name="copy", limit=16)

    async def passed() -> bool:
        return await service.cursor() == 16

    async with running(inbox.run(service.nats)):
        await until(passed)
    assert await service.copies() == {f"t{n}": 1 for n in range(16)}
    assert sizes[:4] == [16, 8, 4, 2]
    assert await service.store.db.parked.count_documents({}) == 0
