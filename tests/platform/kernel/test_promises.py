"""The promises of the kernel, on real servers. The names of the tests begin with the number of the promise.

I1: a success answer means that the change is committed. I2: one key has one effect and one reply. I3: a change and its
events are written together or not at all. I4: versions and numbers have no gaps. I5: a stream can be rebuilt from its
log. I6: effects and cursor are written together. I7: after a failed event, only its own aggregate waits.
"""

import asyncio
import contextlib
import json
from functools import partial
from typing import Any

import msgspec
import nats.errors
import nats.js.errors
import pytest

from services.kernel.calendar import moment
from services.kernel.caller import LIFE, Caller, Scope, binding, reading
from services.kernel.config import Settings
from services.kernel.log import pages, streams
from services.kernel.log.replay import Replay
from services.kernel.messages import Refused
from services.kernel.messaging import client
from services.kernel.messaging.client import CALLER, KEY, Reply
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import DuplicateKeyError, UpdateOne
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import COUNTRY
from tests.conftest import TESTER
from tests.platform.kernel import toy
from tests.platform.kernel.conftest import ANN, Toy, running
from tests.platform.kernel.toy import CountTallies, OpenTally, RaiseTally
from tests.waiting import until
from tests.watch import watching


async def test_i1_success_means_committed_with_majority_and_journaled(
    settings: Settings,
) -> None:
    with watching() as watch:
        connection = await client.connect(settings, TESTER)
        toys = Toy(settings, connection)
        await toys.store.provision({})
        watch.commands.clear()
        assert (await toys.do(OpenTally(id="t"), "k")).refusal is None
    commits = [command for name, command in watch.commands if name == "commitTransaction"]
    assert [commit["writeConcern"] for commit in commits] == [{"w": "majority", "j": True}]
    # The command wrote nothing outside that transaction.
    writes = [command for name, command in watch.commands if name in ("insert", "update", "findAndModify")]
    assert writes
    assert all("txnNumber" in write and write.get("autocommit") is False for write in writes)
    toys.store.close()
    await connection.close()


async def test_i2_one_key_has_one_effect_and_one_answer(service: Toy) -> None:
    await service.do(OpenTally(id="t"), "open")
    answers = await asyncio.gather(*(service.do(RaiseTally(id="t"), "raise") for _ in range(20)))
    assert len({str(answer.answer) for answer in answers}) == 1
    tally = await service.store.db.tallies.find_one({"_id": "t"})
    assert tally is not None
    assert tally["value"] == 1
    assert [event["version"] for event in await service.log()].count(2) == 1


async def test_i2_key_used_again_with_other_content_is_refused(service: Toy) -> None:
    await service.do(OpenTally(id="a"), "k")
    reply = await service.do(OpenTally(id="b"), "k")
    assert reply.refusal is not None
    assert reply.refusal.code == "key-reused"
    assert await service.store.db.tallies.count_documents({}) == 1


async def test_i2_refusal_is_kept_as_the_reply_of_its_key(service: Toy) -> None:
    await service.do(OpenTally(id="t"), "open")
    first = await service.do(RaiseTally(id="t", most=0), "k")
    assert first.refusal is not None
    assert first.refusal.code == "tally-full"
    assert (await service.do(RaiseTally(id="t", most=0), "k")).refusal == first.refusal
    other = await service.do(RaiseTally(id="t", most=5), "k")
    assert other.refusal is not None
    assert other.refusal.code == "key-reused"


async def test_i2_keys_belong_to_their_caller(service: Toy) -> None:
    bob = Caller(id="bob", name="Bob", grants=ANN.grants)
    await service.do(OpenTally(id="a"), "k")
    assert (await service.do(OpenTally(id="b"), "k", bob)).refusal is None


async def test_i3_failed_transaction_leaves_neither_change_nor_event(service: Toy) -> None:
    await service.do(OpenTally(id="t"), "open")

    async def fails(tx: Transaction) -> None:
        await toy.raise_tally(RaiseTally(id="t"), tx)
        raise RuntimeError("after the change")

    with pytest.raises(RuntimeError):
        await service.store.transaction(fails)
    tally = await service.store.db.tallies.find_one({"_id": "t"})
    assert tally is not None
    assert (tally["version"], len(await service.log())) == (1, 1)


async def test_i3_many_records_are_added_with_all_their_events(service: Toy) -> None:
    async def work(tx: Transaction) -> None:
        await toy.Tallies(tx).add_many(toy.tally(f"t{n}", 1 + n % 3) for n in range(1000))

    await service.store.transaction(work)
    assert await service.store.db.tallies.count_documents({"within": COUNTRY}) == 1000
    await service.sequencer.work()
    log = await service.log()
    assert [event["seq"] for event in log] == list(range(1, 2000))
    for n in (0, 1, 2, 998):
        events = [event["version"] for event in log if event["key"] == f"t{n}"]
        assert events == list(range(1, 2 + n % 3))
    # Commands can change records that were added in bulk.
    again: Any = (await service.do(RaiseTally(id="t2"), "raise")).answer
    assert (again["version"], again["value"]) == (4, 3)


@pytest.mark.parametrize("wrong", ["out of scope", "there already", "an event is missing"])
async def test_i3_all_of_many_records_are_added_or_none(service: Toy, wrong: str) -> None:
    await service.do(OpenTally(id="there"), "open")
    bad = {
        "out of scope": toy.tally("t", 1, f"/{COUNTRY}/u2"),
        "there already": toy.tally("there", 1, f"/{COUNTRY}/u1"),
        "an event is missing": (toy.tally("t", 2, f"/{COUNTRY}/u1")[0], toy.tally("t", 2)[1][1:]),
    }[wrong]

    async def work(tx: Transaction) -> None:
        await toy.Tallies(tx).add_many([*(toy.tally(f"t{n}", 2, f"/{COUNTRY}/u1") for n in range(9)), bad])

    with pytest.raises((Refused, DuplicateKeyError, ValueError)):
        await service.store.transaction(work, scope=Scope(frozenset({"u1"})))
    assert await service.store.db.tallies.count_documents({}) == 1
    assert len(await service.log()) == 1


async def test_i3_event_never_changes_except_for_its_number(service: Toy) -> None:
    await service.do(OpenTally(id="t"), "open")
    (before,) = await service.log()
    await service.sequencer.work()
    (after,) = await service.log()
    assert (before.pop("seq"), after.pop("seq")) == (0, 1)
    assert before == after


async def test_i4_versions_and_sequence_are_dense_and_agree_under_concurrent_writers(service: Toy) -> None:
    names = [f"t{n}" for n in range(5)]
    async with running(service.sequencer.run()):
        await asyncio.gather(*(service.do(OpenTally(id=name), f"open {name}") for name in names))
        raises = [service.settled(RaiseTally(id=name), f"{name} {n}") for n in range(20) for name in names]
        answers = await asyncio.gather(*raises)
        assert all(answer.refusal is None for answer in answers)

        async def numbered() -> bool:
            return await service.store.db.log.count_documents({"seq": 0}) == 0

        await until(numbered)
    log = await service.log()
    assert [event["seq"] for event in log] == list(range(1, 5 * 21 + 1))
    for name in names:
        assert [event["version"] for event in log if event["key"] == name] == list(range(1, 22))


async def test_i5_deleted_stream_is_rebuilt_and_readers_miss_no_event(service: Toy) -> None:
    async def there() -> bool:
        with contextlib.suppress(nats.js.errors.NotFoundError):
            return await streams.last(service.nats.jetstream(), "toy") > 0
        return False

    inbox = service.inbox()
    async with running(service.sequencer.run(), inbox.run(service.nats)):
        await service.do(OpenTally(id="t"), "open")
        for n in range(30):
            if n in (5, 10):
                await until(there)
                await service.nats.jetstream().delete_stream(streams.name("toy"))
            await service.do(RaiseTally(id="t", most=12), f"raise {n}")
        await service.do(OpenTally(id="u"), "open u")

        async def whole() -> bool:
            with contextlib.suppress(nats.errors.Error, nats.js.errors.Error):
                return [e.id for e in await service.stream()] == [e["_id"] for e in await service.log()]
            return False

        async def heard() -> bool:
            return sum((await service.copies()).values()) == len(await service.log())

        await until(whole)
        await until(heard)
    assert await service.copies() == {"t": 13, "u": 1}


async def test_i6_cursor_moves_in_the_transaction_of_the_effects(service: Toy) -> None:
    async def fails(heard: Any, tx: Transaction) -> None:
        await toy.copy(heard, tx)
        raise ConnectionResetError("the process dies here")

    await service.do(OpenTally(id="t"), "open")
    await service.sequencer.work()
    _, events = await service.store.after(0, 100)
    inbox = service.inbox(fails)
    assert await inbox._cursor.hold()
    with pytest.raises(ConnectionResetError):
        await inbox._in_one(events)
    assert (await service.copies(), await service.cursor()) == ({}, 0)
    await inbox._cursor.release()

    async with running(service.sequencer.run()):
        for _ in range(3):  # each repetition has no further effect
            async with running(service.inbox().run(service.nats)):
                await until(partial(service.has_passed, 1))
    assert (await service.copies(), await service.cursor()) == ({"t": 1}, 1)


async def test_i7_failed_event_is_parked_and_blocks_only_its_aggregate(service: Toy) -> None:
    await service.do(OpenTally(id="bad"), "open bad")
    await service.do(OpenTally(id="good"), "open good")
    for n in range(15):
        await service.do(RaiseTally(id="bad"), f"bad {n}")
        await service.do(RaiseTally(id="good", most=12), f"good {n}")
    async with running(service.sequencer.run()):
        async with running(service.inbox().run(service.nats)):
            await until(partial(service.has_passed, len(await service.log())))

        assert await service.copies() == {"bad": 13, "good": 13}
        parked = await service.parked()
        assert [json.loads(document["event"])["data"]["to"] for document in parked] == [13, 14, 15]
        assert "thirteen cannot be copied" in parked[0]["error"]

        # The same program fails again: the events stay parked, in order. A corrected program applies them.
        await service.do(OpenTally(id="later"), "open later")
        async with running(service.inbox().run(service.nats)):
            await until(partial(service.has_passed, len(await service.log())))
        assert await service.parked() == parked

        async def mended(heard: Any, tx: Transaction) -> None:
            for one in heard:
                again = UpdateOne({"_id": one.event.key}, {"$inc": {"heard": 1}}, upsert=True)
                await tx.unscoped(toy.COPIES).write([again])

        async def none_is_parked() -> bool:
            return not await service.parked()

        async with running(service.inbox(mended).run(service.nats)):
            await until(none_is_parked)
    assert await service.copies() == {"bad": 16, "good": 13, "later": 1}


@pytest.mark.parametrize("other", ["subject", "body", "key"])
async def test_caller_token_is_refused_for_another_request(service: Toy, other: str) -> None:
    body = msgspec.json.encode(OpenTally(id="mine"))
    theirs = msgspec.json.encode(OpenTally(id="theirs"))
    bound = binding(
        RaiseTally.subject if other == "subject" else OpenTally.subject,
        theirs if other == "body" else body,
        "another" if other == "key" else "k",
    )
    headers = {CALLER: service._sign.sign(ANN, moment(), LIFE, **bound), KEY: "k"}
    reply = msgspec.json.decode(
        await service.desk.command(OpenTally, toy.open_tally, body, headers), type=Reply
    )
    assert reply.refusal is not None
    assert reply.refusal.code == "unauthenticated"
    assert await service.log() == []


@pytest.mark.parametrize("size", [100, 4_100_000])
async def test_answer_larger_than_a_message_is_refused(service: Toy, size: int) -> None:
    async def long(_: CountTallies, access: Access) -> str:
        return "x" * size

    body = msgspec.json.encode(CountTallies())
    token = service._sign.sign(ANN, moment(), LIFE, **reading("toy"))
    raw = await service.desk.query(CountTallies, long, body, {CALLER: token})
    reply = msgspec.json.decode(raw, type=Reply)
    if size < 4_000_000:
        assert reply.answer == "x" * size
    else:
        assert reply.refusal is not None
        assert reply.refusal.code == "answer-too-large"


@pytest.mark.parametrize("junk", [b"", b"[]", b'{"after": "x"}', b"\xff"])
async def test_malformed_request_for_a_page_is_answered_with_nothing(service: Toy, junk: bytes) -> None:
    await service.do(OpenTally(id="t"), "open")
    assert await pages.answer(service.store, junk) == b""
    assert await pages.answer(service.store, msgspec.json.encode(Replay(0))) != b""
