"""The desk: requests that arrive again while they are handled, and clocks that differ."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from services.kernel.calendar import moment
from services.kernel.caller import LIFE, MOST_SKEW, binding
from services.kernel.messages import Refused
from services.kernel.messaging.client import CALLER, KEY, Reply
from services.kernel.mongo.transaction import Transaction
from tests.platform.kernel import toy
from tests.platform.kernel.conftest import ANN, Toy
from tests.platform.kernel.toy import OpenTally, RaiseTally


@pytest.mark.parametrize("outcome", ["answer", "refusal", "failure"])
async def test_request_that_arrives_again_while_it_is_handled_is_handled_once(
    service: Toy, outcome: str
) -> None:
    begun, go_on, runs = asyncio.Event(), asyncio.Event(), 0

    async def slow(command: OpenTally, tx: Transaction) -> Any:
        nonlocal runs
        runs += 1
        begun.set()
        await go_on.wait()
        if outcome == "refusal":
            raise Refused("tally-full", vi="Đã đầy.", en="It is full.")
        if outcome == "failure":
            raise RuntimeError("something broke")
        return await toy.open_tally(command, tx)

    body = msgspec.json.encode(OpenTally(id="t"))
    token = service._sign.sign(ANN, moment(), LIFE, **binding(OpenTally.subject, body, "k"))

    async def ask() -> Reply[Any]:
        reply = await service.desk.command(OpenTally, slow, body, {CALLER: token, KEY: "k"})
        return msgspec.json.decode(reply, type=Reply)

    asking = [asyncio.create_task(ask()) for _ in range(5)]
    await begun.wait()
    go_on.set()
    replies = await asyncio.gather(*asking)
    assert runs == 1
    assert {getattr(reply, outcome) is not None for reply in replies} == {True}
    assert service.desk._running == {}


@pytest.mark.parametrize("seconds", [3600, -3600, 10**9])
async def test_clock_that_is_off_is_named_and_nobody_is_refused(service: Toy, seconds: int) -> None:
    away = timedelta(seconds=seconds)
    reply = await service.do(OpenTally(id="t"), "open", signed=moment() - away)
    assert (reply.refusal, reply.again) == (None, True)
    assert reply.failure
    assert "the gateway's" in (service.desk.problem or "")
    assert ("ahead" if seconds > 0 else "behind") in (service.desk.problem or "")
    assert await service.store.db.answers.count_documents({}) == 0
    assert (await service.do(OpenTally(id="t"), "open")).answer
    assert service.desk.problem is None


async def test_replies_are_kept_for_the_promised_time(service: Toy) -> None:
    before = moment()
    await service.do(OpenTally(id="t"), "open")
    await service.do(RaiseTally(id="t", most=0), "refused")
    until = {one["_id"]["key"]: one["until"] async for one in service.store.db.answers.find()}
    assert timedelta(days=30) <= until["open"] - before < timedelta(days=31)
    assert timedelta(days=1) <= until["refused"] - before < timedelta(days=2)
    indexes = await service.store.db.answers.index_information()
    assert [one["expireAfterSeconds"] for one in indexes.values() if one["key"] == [("until", 1)]] == [0]


async def test_clocks_may_differ_by_some_seconds(service: Toy) -> None:
    await service.do(OpenTally(id="t"), "open")
    for n, away in enumerate((MOST_SKEW / 2, -MOST_SKEW / 2)):
        assert (await service.do(RaiseTally(id="t"), f"raise {n}", signed=moment() - away)).answer


def outcomes(replies: list[Reply[Any]]) -> list[Any]:
    """Each reply's refusal code, or the tally's new value."""
    return [one.refusal.code if one.refusal else (one.answer or {})["value"] for one in replies]


async def test_commands_of_a_batch_share_a_transaction(service: Toy) -> None:
    for name in ("a", "b"):
        await service.do(OpenTally(id=name), f"open {name}")
    commands = {f"raise {name}": RaiseTally(id=name) for name in ("a", "b")}
    foreseen = await service.do_each(commands, preview=True)
    assert outcomes(foreseen) == [1, 1]
    assert len(await service.log()) == 2

    replies = await service.do_each(commands)
    assert outcomes(replies) == [1, 1]
    raised = [event["recorded_at"] for event in await service.log() if event["version"] == 2]
    assert len(raised) == 2
    assert len(set(raised)) == 1
    # The same request has the same replies, as a batch and one by one, and no further effect.
    assert await service.do_each(commands) == replies
    assert await service.do(commands["raise a"], "raise a") == replies[0]
    assert len(await service.log()) == 4


async def test_each_command_of_a_batch_has_its_own_outcome(service: Toy) -> None:
    for name in ("a", "full", "c"):
        await service.do(OpenTally(id=name), f"open {name}")
    commands = {
        "raise a": RaiseTally(id="a"),
        "raise full": RaiseTally(id="full", most=0),
        "raise none": RaiseTally(id="none"),
        "raise c": RaiseTally(id="c"),
    }

    expected = [1, "tally-full", "tally-not-found", 1]
    assert outcomes(await service.do_each(commands, preview=True)) == expected
    assert len(await service.log()) == 3
    # One of them was done before, in a request that was cut off: it is not done again.
    await service.do(commands["raise a"], "raise a")
    assert outcomes(await service.do_each(commands)) == expected
    assert outcomes(await service.do_each(commands)) == expected
    assert {event["key"]: event["version"] for event in await service.log()} == {"a": 2, "full": 1, "c": 2}

    # A key that was used for another command refuses that command and no other.
    replies = await service.do_each({"raise a": RaiseTally(id="c"), "raise c again": RaiseTally(id="c")})
    assert outcomes(replies) == ["key-reused", 2]
