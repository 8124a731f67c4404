"""The machinery takes as few steps as it can: steps are counted, not measured."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from motor.frameworks import asyncio as motor
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig

from services.kernel.log import arrivals, sequencer, streams
from services.kernel.log.sequencer import Sequencer
from tests.platform.kernel.conftest import Toy, running
from tests.platform.kernel.toy import OpenTally, RaiseTally
from tests.waiting import until

HOUR = 3600


async def test_messages_that_have_arrived_are_taken_together(
    service: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(20):
        await service.do(OpenTally(id=f"t{n}"), f"open {n}")
    config = ConsumerConfig(ack_policy=AckPolicy.NONE, flow_control=True, idle_heartbeat=5)
    subscription = await service.nats.jetstream().subscribe(
        streams.subjects("toy"), stream=streams.name("toy"), manual_ack=True, config=config
    )

    async def arrived() -> bool:
        return subscription.pending_msgs == 20

    async with running(service.sequencer.run()):
        await until(arrived)
    calls: list[Any] = []
    next_msg = Subscription.next_msg

    async def counted(self: Subscription, timeout: float | None = 1.0) -> Msg:
        calls.append(self)
        return await next_msg(self, timeout)

    monkeypatch.setattr(Subscription, "next_msg", counted)
    messages = await arrivals.batch(subscription, 15, within=HOUR)
    messages += await arrivals.batch(subscription, 15, within=HOUR)
    assert len(calls) == 4
    assert [message.metadata.sequence.stream for message in messages] == list(range(1, 21))
    assert (subscription.pending_msgs, subscription.pending_bytes) == (0, 0)
    with pytest.raises(TimeoutError):
        await arrivals.batch(subscription, 1, within=0.01)


async def test_command_takes_a_turn_of_a_thread_for_each_read_and_write_and_one_for_the_rest(
    service: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.do(OpenTally(id="t"), "open")
    turns: list[Any] = []

    class Counting(ThreadPoolExecutor):
        def submit(self, *work: Any, **more: Any) -> Any:
            turns.append(work)
            return super().submit(*work, **more)

    with Counting(1) as threads:
        monkeypatch.setattr(motor, "_EXECUTOR", threads)
        await service.do(RaiseTally(id="t"), "raise")
        monkeypatch.undo()
    # Load the tally, replace it; then answer, event and commit together.
    assert len(turns) == 3


async def test_events_that_come_soon_after_a_round_of_the_sequencer_share_the_next(
    service: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "GATHER", HOUR)
    one = service.sequencer = Sequencer(service.store, service.nats, lease=HOUR, heartbeat=HOUR)
    rounds: list[int] = []
    number = one.number

    async def counted() -> int:
        many = await number()
        rounds.extend([many] if many else [])
        return many

    monkeypatch.setattr(one, "number", counted)
    await service.do(OpenTally(id="t"), "open")

    async def numbered(head: int) -> bool:
        return one.head == head

    async with running(one.run()):
        await until(lambda: numbered(1))
        for n in range(10):
            await service.do(RaiseTally(id="t"), f"raise {n}")
        await asyncio.sleep(0.1)
        assert rounds == [1]
    monkeypatch.setattr(sequencer, "GATHER", 0)
    async with running(one.run()):
        await until(lambda: numbered(11))
    assert rounds == [1, 10]
