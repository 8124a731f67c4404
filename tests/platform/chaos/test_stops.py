"""A producer that cannot go on says so, and stops only what it must."""

from collections.abc import Callable

import httpx
import msgspec
import pytest
from nats.aio.subscription import Subscription

from infra.run.embedded import NatsServer
from services.kernel.config import Settings
from services.kernel.log import backlog, copying
from services.kernel.log.backlog import Backlog
from services.kernel.log.streams import Heartbeat, heartbeat_subject
from services.kernel.service import Service, serve
from services.kernel.table import Work
from services.registration.app import TABLE
from tests.platform.chaos.conftest import Producer, Reader
from tests.platform.chaos.copies import ids_in_log
from tests.platform.chaos.full_disk import full_disk
from tests.platform.chaos.happenings import PRODUCER, VERSIONS, commit, working
from tests.waiting import DEADLINE, until

THINGS = 60
BEFORE = THINGS * VERSIONS
ALL = 2 * BEFORE


async def _heartbeat(beats: Subscription, has: Callable[[Heartbeat], bool]) -> Heartbeat:
    while True:
        beat = msgspec.json.decode((await beats.next_msg(DEADLINE)).data, type=Heartbeat)
        if has(beat):
            return beat


async def test_full_disk_of_nats_holds_up_neither_numbers_nor_readers(
    producer: Producer, reader: Reader, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "SILENCE", 0.5)
    beats = await producer.nats.subscribe(heartbeat_subject(PRODUCER))
    await commit(producer.store, THINGS)
    sequencer = producer.sequencer()
    async with working(sequencer.run(), reader.listen()):
        await producer.until_copied()
        with full_disk(nats_server.pid, nats_server.folder):
            await commit(producer.store, THINGS, prefix="later ")
            await reader.until_heard(ALL)
            beat = await _heartbeat(beats, lambda beat: beat.last == ALL and beat.problem is not None)
            assert beat.stream_agrees
            assert beat.stalled is None
            assert await producer.in_stream() < ALL
        nats_server.stop()
        nats_server.start()
        await producer.until_copied()
        await _heartbeat(beats, lambda beat: beat.problem is None)
    assert await reader.heard() == await ids_in_log(producer.store.db)


async def test_process_of_answers_reports_events_that_no_process_numbers(
    producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "PATIENCE", 0.5)
    app = serve(TABLE, producer.settings.model_copy(update={"watchdog": 3600}), Work.ANSWERS)
    async with (
        app.start_lifespan_context(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://answers") as http,
    ):
        await commit(producer.store, 1)

        async def is_in_trouble() -> bool:
            return (await http.get("/readyz")).status_code == 503

        async def is_ready() -> bool:
            return (await http.get("/readyz")).status_code == 200

        await until(is_in_trouble)
        state = (await http.get("/readyz")).json()
        assert state["unnumbered"] == VERSIONS
        assert f"{VERSIONS} events wait for a number, the oldest since 20" in state["trouble"]["numbering"]
        assert "no process numbers events" in state["trouble"]["numbering"]
        async with working(producer.sequencer().run()):
            await until(is_ready)
        assert (await http.get("/readyz")).json()["unnumbered"] == 0


async def test_sequencer_without_progress_is_reported(
    producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "PATIENCE", 0.5)
    await commit(producer.store, 1)
    assert await producer.sequencer().hold()  # and stands still
    waiting = Backlog(producer.store, heartbeat=0.1)
    async with working(waiting.run()):

        async def stalls() -> bool:
            return waiting.since is not None

        await until(stalls)
    assert f"{VERSIONS} events" in (waiting.problem or "")


async def test_readiness_of_a_process_that_is_starting_or_ending_is_no_error(settings: Settings) -> None:
    service = Service(TABLE, settings, Work.ALL)
    transport = httpx.ASGITransport(service.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://starting") as http:
        answer = await http.get("/readyz")
    service.store.close()
    assert answer.status_code == 503
    assert answer.json()["trouble"]["nats"] == "not connected"
