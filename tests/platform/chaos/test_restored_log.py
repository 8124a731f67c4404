"""A log that is older than its stream, as after a restore: the sequencer stops, reports it, and changes nothing."""

from services.kernel.log import streams
from tests.platform.chaos.conftest import Producer, serving
from tests.platform.chaos.copies import ids_in_stream
from tests.platform.chaos.happenings import PRODUCER, VERSIONS, commit, working
from tests.waiting import until

THINGS = 3
ALL = THINGS * VERSIONS
OLD = ALL - 7


async def _restore_older_copy(producer: Producer) -> None:
    await producer.store.db.log.delete_many({"seq": {"$gt": OLD}})
    await producer.store.db.sequencer.update_one({"_id": "head"}, {"$set": {"head": OLD}})


async def _with_a_stream_beyond_its_log(producer: Producer) -> dict[int, str]:
    await commit(producer.store, THINGS)
    async with working(producer.sequencer().run()):
        await producer.until_copied()
    await _restore_older_copy(producer)
    return await ids_in_stream(producer.nats, PRODUCER)


async def test_sequencer_stops_when_its_stream_is_longer_than_its_log(
    producer: Producer,
) -> None:
    before = await _with_a_stream_beyond_its_log(producer)
    sequencer = producer.sequencer()
    await until(sequencer.hold)
    for round_ in range(3):
        # More than were lost: numbered, they would reach beyond the stream's end.
        await commit(producer.store, 1, prefix=f"new {round_} ")
        await sequencer.work()
    assert sequencer.problem
    assert f"ends at {ALL}, the log at {OLD}" in sequencer.problem
    assert await ids_in_stream(producer.nats, PRODUCER) == before
    assert await producer.pending() == 3 * VERSIONS


async def test_readiness_shows_a_stream_that_is_not_a_copy_of_the_log_until_it_is_deleted(
    producer: Producer,
) -> None:
    before = await _with_a_stream_beyond_its_log(producer)
    await commit(producer.store, 1, prefix="new")
    async with serving(producer.settings) as service:

        async def says_so() -> bool:
            answer = await service.readiness()
            return answer.status_code == 503 and f"ends at {ALL}" in answer.json()["trouble"]["stream"]

        async def is_ready() -> bool:
            return (await service.readiness()).status_code == 200

        await until(says_so)
        assert await ids_in_stream(producer.nats, PRODUCER) == before
        await producer.nats.jetstream().delete_stream(streams.name(PRODUCER))
        await until(is_ready)
        await producer.until_copied()
    assert await producer.numbered() == OLD + VERSIONS


async def test_stream_whose_last_event_differs_from_the_log_is_left_alone(
    producer: Producer,
) -> None:
    before = await _with_a_stream_beyond_its_log(producer)
    await commit(producer.store, 2, prefix="new")
    sequencer = producer.sequencer()
    await until(sequencer.hold)
    await sequencer.number()  # as if the two had never been compared: the log grows beyond the stream
    await sequencer.work()
    assert sequencer.problem
    assert f"number {ALL} is another event" in sequencer.problem
    assert await ids_in_stream(producer.nats, PRODUCER) == before
