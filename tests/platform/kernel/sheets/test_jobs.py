"""Jobs and files of several callers: each row once, nobody waits for another, and whatever is begun is counted."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from services.kernel.calendar import moment
from services.kernel.messages import Refused
from services.kernel.mongo.driver import PyMongoError
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.sheets import apart, jobs, worker
from services.kernel.sheets.judging import Outcome
from services.kernel.sheets.lines import Line
from services.kernel.sheets.mount import MOST_FILES
from services.kernel.units import COUNTRY
from tests.platform.kernel.sheets import gated, naughty_child, toy
from tests.platform.kernel.sheets.gated import GATE
from tests.platform.kernel.sheets.test_toy import ANN, BOB, InProcess, in_process, listed, toy_servers
from tests.platform.kernel.sheets.trees import Planting, TreesImporter
from tests.waiting import DEADLINE

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROWS = apart.BATCH + 100


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[InProcess, None]:
    async with toy_servers(tmp_path_factory.mktemp("toy")) as settings, in_process(settings) as service:
        yield service


async def planted(service: InProcess, prefix: str) -> Counter[str]:
    found = service.store.db.trees.find({"name": {"$regex": f"^{prefix}"}}, {"name": 1})
    return Counter([tree["name"] async for tree in found])


def meeting() -> type[TreesImporter]:
    """An importer whose first batches of two jobs are both judged before either is written."""
    judged: list[object] = []
    both = asyncio.Event()

    class Meeting(TreesImporter):
        async def judge(self, lines: Sequence[Line], tx: Transaction) -> list[Outcome[Planting]]:
            outcomes = await super().judge(lines, tx)
            if self not in judged:
                judged.append(self)
                if len(judged) == 2:
                    both.set()
                await both.wait()
            return outcomes

    return Meeting


async def test_rows_of_a_file_that_two_jobs_import_at_once_are_added_once(service: InProcess) -> None:
    service.sheet = replace(gated.GATED, importer=meeting().prepare)
    names = [f"twice {number}" for number in range(ROWS)]
    started = [await service.starts(listed(*names), caller) for caller in (ANN, BOB)]
    async with service.working(), service.working():
        ended = [await service.ended(job) for job in started]
    assert await planted(service, "twice") == dict.fromkeys(names, 1)
    assert [job["state"] for job in ended] == ["DONE", "DONE"]
    assert sum(job["counts"]["accepted"] for job in ended) == ROWS
    assert sum(job["counts"]["unchanged"] for job in ended) == ROWS


async def test_other_callers_go_on_while_a_job_stands_still(
    service: InProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TOY_GATE", str(tmp_path / GATE))
    service.sheet = gated.GATED
    still = await service.starts(listed("turn 1", GATE))
    queued = await service.starts(listed("turn 2"))
    quick = await service.starts(listed("turn 3"), BOB)
    async with service.working():
        assert (await service.ended(quick))["state"] == "DONE"
        states = {job["_id"]: job["state"] async for job in service.store.db.jobs.find({"open": True})}
        assert states == {still: "RUNNING", queued: "WAITING"}  # one at a time of each caller
        (tmp_path / GATE).touch()
        assert [(await service.ended(job))["state"] for job in (still, queued)] == ["DONE", "DONE"]


async def test_cancelled_job_stops_while_its_file_is_read(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "CHILD", naughty_child.__name__)
    monkeypatch.setattr(worker, "RENEWED", 0.05)
    service.sheet = replace(gated.GATED, layout=replace(gated.GATED.layout, title="sleeps"))
    reading = asyncio.Event()
    pids: list[int] = []
    create = asyncio.create_subprocess_exec

    async def noting(*argv: Any, **how: Any) -> asyncio.subprocess.Process:
        process = await create(*argv, **how)
        pids.append(process.pid)
        reading.set()
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noting)
    job = await service.starts(listed("cancelled"))
    async with service.working(), asyncio.timeout(DEADLINE):
        await reading.wait()
        await service.does(lambda tx: service.sheets.cancel_job(toy.CancelJob(job=job), tx))
        while _runs(pids[0]):
            await asyncio.sleep(0.02)
    assert (await service.ended(job))["state"] == "CANCELLED"
    assert await planted(service, "cancelled") == {}


def _runs(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


class Hurried(Store):
    """Ends each transaction that writes more than ten rows, as MongoDB ends one that takes too long."""

    async def transaction(self, work: Any, **how: Any) -> Any:
        async def hurried(tx: Transaction) -> Any:
            result = await work(tx)
            if len(tx.events) > 10:
                error = PyMongoError("too long")
                error._add_error_label("TransientTransactionError")
                raise error
            return result

        return await super().transaction(hurried, **{**how, "patience": 0.01})


async def test_batch_that_takes_too_long_is_halved(service: InProcess) -> None:
    names = [f"long {number}" for number in range(35)]
    async with in_process(service.settings, Hurried) as hurried:
        job = await hurried.starts(listed(*names))
        async with hurried.working():
            assert (await hurried.ended(job))["state"] == "DONE"
    assert await planted(service, "long") == dict.fromkeys(names, 1)


async def test_jobs_of_a_worker_that_has_ended_are_free_at_once(service: InProcess) -> None:
    service.sheet = gated.GATED
    job = await service.starts(listed("left 1"))
    taken = await service.store.transaction(lambda tx: jobs.take(tx, "gone"))
    assert taken
    assert taken["_id"] == job
    later = moment() + timedelta(days=1)
    await service.store.db.job_leases.update_one({"_id": job}, {"$set": {"until": later}})
    assert await service.store.transaction(lambda tx: jobs.take(tx, "other")) is None
    async with service.working():
        assert (await service.ended(job))["state"] == "DONE"


def part(file: str, number: int = 0, *, last: bool = False) -> toy.StoreFilePart:
    return toy.StoreFilePart(file=file, unit=COUNTRY, name="a.csv", number=number, data=b"x", last=last)


async def test_files_that_a_caller_begins_at_once_are_counted_and_can_be_given_up(service: InProcess) -> None:
    eve = msgspec.structs.replace(ANN, id="eve")
    begun = [new_id(toy.FILE) for _ in range(MOST_FILES + 5)]

    async def begins(file: str) -> str:
        try:
            await service.does(lambda tx: service.sheets.store_file_part(part(file), tx), eve)
        except Refused as refused:
            return refused.refusal.code
        return "begun"

    outcomes = await asyncio.gather(*map(begins, begun))
    assert Counter(outcomes) == {"begun": MOST_FILES, "too-many-files": 5}
    (first, *_) = [file for file, outcome in zip(begun, outcomes, strict=True) if outcome == "begun"]
    with pytest.raises(Refused):  # it has not been sent whole
        await service.does(lambda tx: service.sheets.file_part(toy.FilePart(file=first, number=0), tx), eve)

    await service.does(lambda tx: service.sheets.discard_file(toy.DiscardFile(file=first), tx), eve)
    assert await service.store.db.file_parts.count_documents({"file": first}) == 0
    with pytest.raises(Refused) as refused:
        await service.does(lambda tx: service.sheets.store_file_part(part(first, 1), tx), eve)
    assert refused.value.refusal.code == "file-not-found"
    assert await begins(new_id(toy.FILE)) == "begun"
