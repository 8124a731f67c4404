"""A log that is older than its stream, as after a restore: the stream is left alone, and numbering goes on."""

import msgspec

from services.kernel.log import streams
from services.kernel.log.streams import Heartbeat, heartbeat_subject
from tests.platform.chaos.conftest import Producer, serving
from tests.platform.chaos.copies import ids_in_log, ids_in_stream
from tests.platform.chaos.happenings import PRODUCER, VERSIONS, commit, working
from tests.waiting import DEADLINE, until

THINGS = 3
ALL = THINGS * VERSIONS
OLD = ALL - 7


async def _restore_older_copy(producer: Producer) -> None:
    await producer.store.db.log.delete_many({"seq": {"$gt": OLD}})
    last = await producer.store.event_at(OLD)
    await producer.store.db.sequencer.update_one({"_id": "head"}, {"$set": {"head": OLD, "event": last}})


async def _with_a_stream_beyond_its_log(producer: Producer) -> dict[int, str]:
    await commit(producer.store, THINGS)
    async with working(producer.sequencer().run()):
        await producer.until_copied()
    await _restore_older_copy(producer)
    return await ids_in_stream(producer.nats, PRODUCER)


async def test_restored_log_goes_on_and_its_longer_stream_is_left_alone(producer: Producer) -> None:
    before = await _with_a_stream_beyond_its_log(producer)
    beats = await producer.nats.subscribe(heartbeat_subject(PRODUCER))
    await commit(producer.store, 2, prefix="new")
    sequencer = producer.sequencer()
    async with working(sequencer.run()):
        head = OLD + 2 * VERSIONS
        while True:
            beat = msgspec.json.decode((await beats.next_msg(DEADLINE)).data, type=Heartbeat)
            if beat.last == head and not beat.stream_agrees:
                break
    assert beat.problem
    assert beat.event == (await ids_in_log(producer.store.db))[-1]
    assert await ids_in_stream(producer.nats, PRODUCER) == before


async def test_stream_beyond_the_end_of_the_log_is_named(producer: Producer) -> None:
    await _with_a_stream_beyond_its_log(producer)
    sequencer = producer.sequencer()
    await until(sequencer.hold)
    await sequencer.copy.fill()
    assert f"ends at {ALL}, the log at {OLD}" in (sequencer.copy.problem or "")


async def test_readiness_shows_a_stream_that_is_not_a_copy_of_the_log_until_it_is_deleted(
    producer: Producer,
) -> None:
    before = await _with_a_stream_beyond_its_log(producer)
    await commit(producer.store, 1, prefix="new")  # the log grows beyond the stream
    async with serving(producer.settings) as service:

        async def says_so() -> bool:
            answer = await service.readiness()
            return answer.status_code == 503 and f"number {ALL} is" in answer.json()["trouble"].get(
                "stream", ""
            )

        async def is_ready() -> bool:
            return (await service.readiness()).status_code == 200

        await until(says_so)
        assert await ids_in_stream(producer.nats, PRODUCER) == before
        await producer.nats.jetstream().delete_stream(streams.name(PRODUCER))
        await until(is_ready)
        await producer.until_copied()
    assert await producer.numbered() == OLD + VERSIONS
