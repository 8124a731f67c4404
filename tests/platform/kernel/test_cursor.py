"""If several processes have the same reader, one of them reads, in the order of the log. Another can take over."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import pytest

from services.kernel.calendar import moment
from services.kernel.config import Settings
from services.kernel.log import inbox, pulse, streams
from services.kernel.log.cursor import Cursor, LostCursor
from services.kernel.log.inbox import Heard
from services.kernel.log.position import Position
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from tests.platform.kernel import toy
from tests.platform.kernel.conftest import Toy, running
from tests.platform.kernel.test_slow_machine import open_tallies
from tests.platform.kernel.toy import OpenTally, RaiseTally
from tests.waiting import DEADLINE, until
from tests.watch import watching

LONG = 3600.0
"""A lease, in seconds, that does not run out during a test."""


class Copies:
    """A handler that counts the events that it gets."""

    def __init__(self) -> None:
        self.heard = 0

    async def __call__(self, heard: Sequence[Heard], tx: Transaction) -> None:
        self.heard += len(heard)
        await toy.copy(heard, tx)


async def test_two_processes_of_one_reader_do_the_work_once(service: Toy, settings: Settings) -> None:
    copies = [Copies(), Copies()]
    with watching() as watch:
        stores = [Store(settings.model_copy(update={"lease": LONG}), "toy") for _ in copies]
    two = [service.inbox(copy, store) for copy, store in zip(copies, stores, strict=True)]
    async with running(service.sequencer.run(), *(one.run(service.nats) for one in two)):
        for n in range(5):
            await open_tallies(service, 20, f"{n} ")
            await until(partial(service.has_passed, 20 * (n + 1)))
    for store in stores:
        store.close()
    assert sorted(copy.heard for copy in copies) == [0, 100]
    assert [name for name, _ in watch.commands if name == "abortTransaction"] == []
    assert await service.copies() == {f"{n} {m}": 1 for n in range(5) for m in range(20)}


async def test_reader_that_stops_hands_over_at_once(service: Toy) -> None:
    service.store.lease = LONG
    async with running(service.sequencer.run()):
        for n in range(3):
            await service.do(OpenTally(id=f"t{n}"), f"open {n}")
            async with running(service.inbox().run(service.nats)):
                await until(partial(service.has_passed, n + 1))


async def test_reader_takes_over_when_the_lease_of_a_dead_reader_has_run_out(service: Toy) -> None:
    dead = Cursor(service.store, "copy/toy")
    assert await dead.hold()
    await service.do(OpenTally(id="t"), "open")
    standby = service.inbox()
    async with running(service.sequencer.run(), standby.run(service.nats)):

        async def stands_by() -> bool:
            return standby.standby

        await until(stands_by)
        await until(partial(service.has_passed, 1))
        assert not standby.standby
    assert await service.copies() == {"t": 1}


async def test_frozen_reader_changes_nothing_after_another_has_taken_over(service: Toy) -> None:
    service.store.lease = LONG
    await service.do(OpenTally(id="t"), "open")
    frozen = asyncio.Event()

    async def freeze(heard: Sequence[Heard], tx: Transaction) -> None:
        # MongoDB ends the transaction of a frozen process, and its lease runs out.
        assert tx.session
        await service.store.db.client.admin.command("killSessions", [tx.session.session_id])
        lapsed = {"$set": {"until": datetime.fromtimestamp(0, UTC)}}
        await service.store.db.cursors.update_one({"_id": "copy/toy"}, lapsed)
        frozen.set()
        await until(partial(service.has_passed, 1))
        await toy.copy(heard, tx)

    former = service.inbox(freeze)

    async def stands_by() -> bool:
        return former.standby

    async with running(service.sequencer.run(), former.run(service.nats)):
        await frozen.wait()
        async with running(service.inbox().run(service.nats)):
            await until(stands_by)
            assert await service.has_passed(1)
    assert await service.copies() == {"t": 1}


@pytest.mark.parametrize("left", [2, 0], ids=["back", "gone"])
async def test_reader_begins_again_at_a_cursor_that_went_back(service: Toy, left: int) -> None:
    """The cursor goes back when the reader's own database is restored, with its copies."""
    await service.do(OpenTally(id="t"), "open")
    for n in range(4):
        await service.do(RaiseTally(id="t"), f"raise {n}")
    async with running(service.sequencer.run(), service.inbox().run(service.nats)):
        await until(partial(service.has_passed, 5))
        (_, events) = await service.store.after(0, left)
        await service.store.db.copies.update_one({"_id": "t"}, {"$set": {"heard": left}})
        if left:
            back = {"seq": left, "event": events[-1].id}
            await service.store.db.cursors.update_one({"_id": "copy/toy"}, {"$set": back})
        else:
            await service.store.db.cursors.delete_one({"_id": "copy/toy"})
        await until(partial(service.has_passed, 5))
        await service.do(RaiseTally(id="t"), "once more")
        await until(partial(service.has_passed, 6))
    assert await service.copies() == {"t": 6}
    assert await service.parked() == []


async def test_lease_is_kept_while_a_transaction_outlasts_it(service: Toy) -> None:
    service.store.lease = 0.1
    await service.do(OpenTally(id="t"), "open")
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(heard: Sequence[Heard], tx: Transaction) -> None:
        entered.set()
        await go_on.wait()
        await toy.copy(heard, tx)

    other = Copies()
    standby = service.inbox(other)
    async with running(service.sequencer.run(), service.inbox(slow).run(service.nats)):
        await entered.wait()
        async with running(standby.run(service.nats)):
            await asyncio.sleep(0.3)  # longer than the lease
            go_on.set()
            await until(partial(service.has_passed, 1))
    assert (await service.copies(), other.heard) == ({"t": 1}, 0)


async def test_batch_costs_no_write_for_the_lease(settings: Settings) -> None:
    with watching() as watch:
        store = Store(settings.model_copy(update={"lease": LONG}), "toy")
        cursor = Cursor(store, "copy/toy")
        await cursor.hold()
        watch.commands.clear()

        async def work(tx: Transaction) -> None:
            await cursor.move(Position(1, "e"), tx)

        await store.transaction(work)
        cursor.moved(Position(1, "e"))
        commands = [name for name, _ in watch.commands]
        store.close()
    assert commands == ["findAndModify", "commitTransaction"]


async def test_cursor_that_is_elsewhere_is_not_moved(service: Toy) -> None:
    one = Cursor(service.store, "copy/toy")
    assert await one.hold()
    await service.store.db.cursors.update_one({"_id": "copy/toy"}, {"$set": {"seq": 7, "event": "x"}})
    with pytest.raises(LostCursor, match="it is at 7, not at 0"):
        await one.move(Position(1, "e"))


async def test_reader_ahead_of_a_restored_log_changes_nothing_until_it_is_settled(
    service: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "ASK_AGAIN", 0.1)
    await open_tallies(service, 6)
    reader = service.inbox()
    standby = service.inbox()

    async def in_trouble() -> bool:
        return bool(reader.problem and standby.problem)

    async with running(reader.run(service.nats), standby.run(service.nats)):
        async with running(service.sequencer.run()):
            await until(partial(service.has_passed, 6))
        await service.restore(4)
        async with running(service.new_sequencer().run()):
            await until(in_trouble)
            # The log grows past the cursor, and its stream is made anew.
            await service.nats.jetstream().delete_stream(streams.name("toy"))
            await open_tallies(service, 5, "new ")
            await until(partial(service.is_copied, 9))
            before = await service.copies()
            assert (reader.lag, standby.lag) == (None, None)
            assert reader.unknown_since is not None
            assert await in_trouble()
            assert (await service.cursor(), len(before)) == (6, 6)
            # The reader's copies and its cursor are deleted together, so it reads again from the first event.
            await service.store.db.copies.delete_many({})
            await service.store.db.cursors.delete_one({"_id": "copy/toy"})
            await until(partial(service.has_passed, 9))

            async def well() -> bool:
                return reader.problem is None and standby.problem is None and reader.lag == standby.lag == 0

            await until(well)
    assert await service.copies() == {f"t{n}": 1 for n in range(4)} | {f"new {n}": 1 for n in range(5)}


async def test_lag_is_unknown_while_the_producer_is_silent(
    service: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "SHORTEST_SILENCE", 0.5)
    monkeypatch.setattr(pulse, "MISSED", 1)
    reader = service.inbox()

    async def known() -> bool:
        return reader.lag == 0 and reader.unknown_since is None

    async def unknown() -> bool:
        return reader.lag is None and reader.unknown_since is not None

    assert await unknown()
    async with running(reader.run(service.nats)):
        for _ in range(2):
            async with running(service.sequencer.run()):
                await until(known)
            await until(unknown)
            assert reader.unknown_since < moment()  # type: ignore[operator]
            assert reader.problem is None


async def test_lag_is_unknown_from_the_first_heartbeat_after_a_restore_on(service: Toy) -> None:
    await open_tallies(service, 5, "")
    reader = service.inbox()
    async with running(reader.run(service.nats)):
        async with running(service.sequencer.run()):

            async def knows() -> bool:
                return reader.lag == 0 and reader.position == 5

            await until(knows)
        await service.restore(2)
        seen = set()
        async with running(service.new_sequencer().run()), asyncio.timeout(DEADLINE):
            while not reader.problem:
                assert reader._pulse
                seen.add((reader._pulse.head, reader.lag))
                await asyncio.sleep(0.001)
    assert seen <= {(5, 0), (5, None), (2, None)}
