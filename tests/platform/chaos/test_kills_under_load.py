"""Each process and server is killed once under load: every acknowledged change exists once and is counted."""

import asyncio
import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from decimal import Decimal

import pytest
import pytest_asyncio

from infra.operate import report_view
from infra.operate.operator import rebuild
from infra.operate.positions import settled
from infra.operate.recount import recount
from infra.run.embedded import EmbeddedServer
from services.catalogue import SERVICES, producers
from services.kernel.log import streams
from services.kernel.public import stream
from tests.platform.chaos.drill import restore_and_settle
from tests.platform.chaos.full_disk import full_disk
from tests.platform.chaos.load import TOWN
from tests.platform.chaos.town import (
    Town,
    living,
    log_is_dense_and_stream_its_copy,
    outsiders_heard_each_event_once,
)
from tests.waiting import DEADLINE, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEFORE = 20
AFTER = 40
"""Number of successes before the kill, and again after the restart."""
PROVINCE = "u42"
RESTORED: list[Sequence[str]] = [
    ("registration",),
    ("review",),
    ("supervision",),
    ("reporting",),
    ("registration", "review"),
    tuple(SERVICES),
]
"""The services whose databases are restored together."""
MORE = pytest.mark.skipif("CHAOS_ROUNDS" not in os.environ, reason="`make chaos` does it")
AGAIN = 20
"""Number of mutations that are repeated at the end."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Town, None]:
    async with living(tmp_path_factory.mktemp("chaos")) as made:
        yield made


Kill = Callable[[Town], Awaitable[None]]


def _process(name: str) -> Kill:
    async def kill(town: Town) -> None:
        running = town.stack.processes[name]
        pid = running.pid
        assert pid
        os.kill(pid, signal.SIGKILL)

        async def again() -> bool:
            return running.pid not in (None, pid) and await running.is_ready()

        await until(again)

    return kill


async def _kill_reporting_in_a_rebuild(town: Town) -> None:
    """Right after the request, or while the counters are being built: another process goes on."""
    before = (await town.watch.positions()).cursors.keys()
    await rebuild(town.settings)
    await _process("reporting")(town)

    async def rebuilt() -> bool:
        found = await town.watch.positions()
        return found.cursors.keys() != before and found.rebuilds == ["rebuild of the counters: none"]

    await until(rebuilt)


async def _kill_nats(town: Town) -> None:
    await _kill_server(town.stack.nats)


async def _kill_mongo(town: Town) -> None:
    await _kill_server(town.stack.mongo)


async def _kill_server(server: EmbeddedServer | None) -> None:
    assert server
    pid = server.pid
    assert pid
    os.kill(pid, signal.SIGKILL)

    async def again() -> bool:
        return server.alive and server.pid != pid

    await until(again)


async def _delete_streams(town: Town) -> None:
    for producer in producers():
        await town.nats.jetstream().delete_stream(streams.name(producer))
    await stream.reached(town.nats).delete_stream(stream.name("review"))


async def _wipe_jetstream(town: Town) -> None:
    nats = town.stack.nats
    assert nats
    assert nats.pid
    os.kill(nats.pid, signal.SIGSTOP)  # so that it is not started again before its store is gone
    shutil.rmtree(nats.folder / "jetstream")
    await _kill_server(nats)


async def _fill_disk_of_nats(town: Town) -> None:
    """The supervisor notices that the server refuses messages, and restarts it."""
    nats = town.stack.nats
    assert nats
    pid = nats.pid
    with full_disk(pid, nats.folder):

        async def again() -> bool:
            return nats.alive and nats.pid != pid

        await until(again)


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(_process("registration"), id="registration", marks=MORE),
        pytest.param(_process("registration-readers"), id="registration-readers", marks=MORE),
        pytest.param(_process("review"), id="review"),
        pytest.param(_process("supervision"), id="supervision", marks=MORE),
        pytest.param(_process("reporting"), id="reporting", marks=MORE),
        pytest.param(_process("gateway"), id="gateway", marks=MORE),
        pytest.param(_kill_nats, id="nats-server"),
        pytest.param(_kill_mongo, id="mongod"),
        pytest.param(_delete_streams, id="every-stream"),
        pytest.param(_wipe_jetstream, id="jetstream-store", marks=MORE),
        pytest.param(_fill_disk_of_nats, id="full-disk-of-nats", marks=MORE),
        pytest.param(_kill_reporting_in_a_rebuild, id="reporting-in-a-rebuild", marks=MORE),
    ],
)
async def test_kill_under_load_loses_no_change_and_counts_none_twice(town: Town, kill: Kill) -> None:
    load = town.load
    known = len(load.done)
    async with load.running():
        await load.more(BEFORE)
        await kill(town)
        await load.more(AFTER)
    async with asyncio.timeout(DEADLINE):
        await settled(town.settings)  # through new connections

    await _documents_are_what_was_acknowledged(town)
    await _sending_again_changes_nothing(town, known)
    for producer in producers():
        await log_is_dense_and_stream_its_copy(town, producer)
    await outsiders_heard_each_event_once(town)
    assert (await recount(town.settings)).differences == []
    await _report_adds_up(town)


async def _documents_are_what_was_acknowledged(town: Town) -> None:
    load = town.load
    models = {model["_id"]: model for model in await town.all("registration", "models")}
    assert sorted(models) == sorted(done.id for done in load.of("draftModel"))
    assert {(model["state"], model["version"]) for model in models.values()} == {("IMPLEMENTING", 5)}
    given = {key: [part["amount"] for part in model["contributions"]] for key, model in models.items()}
    assert given == {done.id: [Decimal(done.input["amount"])] for done in load.of("recordContribution")}

    reviews = {review["_id"]: review for review in await town.all("review", "reviews")}
    assert sorted(review["model"] for review in reviews.values()) == sorted(models)
    verdicts = {key: review["verdict"] for key, review in reviews.items()}
    assert verdicts == {done.input["review"]: done.input["verdict"] for done in load.of("decideReview")}
    assert {review["version"] for review in reviews.values()} == {3}

    activities = [activity["_id"] for activity in await town.all("supervision", "activities")]
    assert sorted(activities) == sorted(done.id for done in load.of("recordActivity"))


async def _sending_again_changes_nothing(town: Town, since: int) -> None:
    """Repeats mutations: each key gets its first answer."""
    for done in random.sample(town.load.done[since:], AGAIN):
        assert await town.load.send(done) == done.id


async def _report_adds_up(town: Town) -> None:
    graphql, load = town.load.graphql, town.load
    token = graphql.token("reporter")

    async def ask(query: str, **variables: str) -> object:
        return await graphql.ask(query, token, **variables)

    report = await report_view.ask_report(ask, TOWN, "2018")
    verdicts = Counter(done.input["verdict"] for done in load.of("decideReview"))
    expected = {
        "REGISTERED": Decimal(len(load.of("acceptModel"))),
        "RECOGNISED": Decimal(verdicts["RECOGNISED"]),
        "NOT_MET": Decimal(verdicts["NOT_MET"]),
        "LAND_M2": sum(Decimal(done.input["amount"]) for done in load.of("recordContribution")),
        "SUPERVISION_ACTIVITY": Decimal(len(load.of("recordActivity"))),
    }
    assert {measure: report_view.total(report, measure) for measure in expected} == expected
    assert report_view.differences(report, {}) == []
    assert report["complete"]


@MORE
@pytest.mark.parametrize("services", RESTORED, ids="-".join)
async def test_restored_databases_are_settled_under_load(town: Town, services: Sequence[str]) -> None:
    await restore_and_settle(town, services)
