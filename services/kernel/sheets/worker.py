"""Does the jobs of one service in the background, several at a time and one at a time of each caller.

The rows of a batch and the job's place in the file are written in one transaction. A worker that takes over after a
crash continues after the last row written. A file is read to its end before the first row is written, so a damaged
file leaves nothing behind.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from nats.aio.client import Client as Nats

from services.kernel import telemetry
from services.kernel.kinds import Kind
from services.kernel.messages import Refusal, Refused
from services.kernel.mongo.driver import Document, PyMongoError
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end
from services.kernel.sheets import alive, files, jobs
from services.kernel.sheets.jobs import RENEWED, Lost
from services.kernel.sheets.messages import JobState
from services.kernel.sheets.runs import Run
from services.kernel.sheets.sheet import AnySheet

GLANCE = 0.5
"""Seconds between two looks for a waiting job."""
MOST_RUNNING = 20
"""Jobs that a worker holds at a time. Their batches alternate."""
MOST_CHILDREN = 2
"""Child processes of a worker: files that are read or written at a time."""


class Worker:
    """Does jobs of any of these sheets. `kind`: of the files that it creates."""

    def __init__(self, store: Store, kind: Kind, sheets: Mapping[str, AnySheet]) -> None:
        self._store = store
        self._kind = kind
        self._sheets = sheets

    async def run(self, nats: Nats) -> None:
        name = secrets.token_hex(12)
        children = asyncio.Semaphore(MOST_CHILDREN)
        answering = await alive.answers(nats, self._store.service, name)
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                job = await self._next(name, nats) if len(running) < MOST_RUNNING else None
                if job:
                    running.add(asyncio.create_task(self._hold(job, children, nats)))
                elif running:
                    await asyncio.wait(running, timeout=GLANCE, return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.sleep(GLANCE)
                running = {task for task in running if not task.done()}
        finally:
            await end(running)
            with suppress(Exception):  # of a connection that has ended
                await answering.unsubscribe()

    async def _next(self, name: str, nats: Nats) -> Document | None:
        """A job to do, also of a worker that has ended."""
        for other in await jobs.holders(self._store.ours()) - {name}:
            if await alive.has_ended(nats, self._store.service, other):
                telemetry.log.warning("a worker has ended, its jobs are taken over", worker=other)
                await self._store.transaction(lambda tx, other=other: jobs.release(tx, other))  # type: ignore[misc]
        return await self._store.transaction(lambda tx: jobs.take(tx, name))

    async def _hold(self, job: Document, children: asyncio.Semaphore, nats: Nats) -> None:
        """Does the job while its lease is renewed. When the lease is lost, the work stops, its child process too."""
        work = asyncio.create_task(self._do(job, children, nats))
        renewing = asyncio.create_task(self._renew(job))
        try:
            await asyncio.wait([work, renewing], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end([work, renewing])
        if not work.cancelled() and (error := work.exception()):
            telemetry.log.error("job not ended", job=job["_id"], exc_info=error)

    async def _renew(self, job: Document) -> None:
        """Renews the lease until it is lost: the job was cancelled, or another worker has it."""
        while True:
            await asyncio.sleep(RENEWED)
            try:
                await self._store.transaction(lambda tx: jobs.renew(tx, job))
            except Lost:
                return
            except PyMongoError:
                telemetry.log.exception("lease not renewed", job=job["_id"])

    async def _do(self, job: Document, children: asyncio.Semaphore, nats: Nats) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="danvan-") as folder:
                run = Run(self._store, self._kind, self._sheets[job["sheet"]], job, children, nats)
                await self._end(job, JobState.DONE, result=await run.result(Path(folder)))
        except Lost:
            return
        except Refused as refused:
            await self._end(job, JobState.FAILED, refused.refusal)
        except Exception:
            telemetry.log.exception("job failed", job=job["_id"])
            broken = Refusal(
                code="job-broken",
                fields=(),
                vi="Lỗi hệ thống khi làm việc này; những dòng đã ghi vẫn được giữ. Xin báo cho người vận hành.",
                en="Internal error in this job; rows that were written stay. Please tell the operator.",
            )
            await self._end(job, JobState.FAILED, broken)

    async def _end(
        self, job: Document, state: JobState, why: Refusal | None = None, result: str | None = None
    ) -> None:
        async def work(tx: Transaction) -> None:
            ended: Document = {"state": state.value, "open": False, "ended_at": tx.at, "result": result}
            if why:
                ended |= {"problem_code": why.code, "problem_vi": why.vi, "problem_en": why.en}
            await jobs.change(tx, job, ended)
            if file := job.get("file"):
                await files.note_done(tx, file)

        with suppress(Lost):
            await self._store.transaction(work)
