"""Does the jobs of one service in the background, in the name and scope of the caller who started each.

The rows of a batch and the job's place in the file are written in one transaction. A worker that takes over after a
crash continues after the last row written. A file is read to its end before the first row is written, so a damaged
file leaves nothing behind.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from nats.aio.client import Client as Nats

from services.kernel import telemetry
from services.kernel.calendar import moment, today
from services.kernel.caller import Caller, Scope
from services.kernel.kinds import Kind
from services.kernel.log.streams import nudge_subject
from services.kernel.messages import Refusal, Refused
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import Document, PyMongoError
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.process import end
from services.kernel.sheets import files, jobs, values, writing
from services.kernel.sheets.columns import Column, Layout
from services.kernel.sheets.jobs import LEASE, Lost
from services.kernel.sheets.judging import Outcome, imported_before
from services.kernel.sheets.lines import Line
from services.kernel.sheets.messages import Fate, FileFormat, JobKind, JobState
from services.kernel.sheets.reading import opened
from services.kernel.sheets.sheet import AnySheet, Importer

BATCH = 500
"""Rows written in one transaction, and records exported at a time."""
GLANCE = 0.5
"""Seconds between two looks for a waiting job."""
LONGEST_TITLE = 200
FATE, REASON = "Kết quả", "Lý do"


class Worker:
    """Does one job at a time, of any of these sheets. `kind`: of the files that it creates."""

    def __init__(self, store: Store, kind: Kind, sheets: Mapping[str, AnySheet]) -> None:
        self._store = store
        self._kind = kind
        self._sheets = sheets
        self._name = secrets.token_hex(12)

    async def run(self, nats: Nats) -> None:
        while True:
            job = await self._store.transaction(lambda tx: jobs.take(tx, self._name))
            if job is None:
                await asyncio.sleep(GLANCE)
                continue
            renewing = asyncio.create_task(self._renew(job))
            try:
                await self._do(job, nats)
            finally:
                await end([renewing])

    async def _renew(self, job: Document) -> None:
        """Renews the lease while the job runs, however long a step of it takes."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                await self._store.transaction(lambda tx: jobs.renew(tx, job))
            except Lost:
                return  # the next batch finds out the same, and stops
            except PyMongoError:
                telemetry.log.exception("lease not renewed", job=job["_id"])

    async def _do(self, job: Document, nats: Nats) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="danvan-") as folder:
                run = _Run(self._store, self._kind, self._sheets[job["sheet"]], job)
                await self._end(job, JobState.DONE, result=await run.result(Path(folder), nats))
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

        with suppress(Lost):
            await self._store.transaction(work)


class _Run:
    """One job that this worker holds."""

    def __init__(self, store: Store, kind: Kind, sheet: AnySheet, job: Document) -> None:
        self._store, self._kind, self._sheet, self._job = store, kind, sheet, job
        type_ = sheet.exports if job["kind"] == JobKind.EXPORT else sheet.imports
        self._roles = type_.roles
        self._command = msgspec.convert(job["command"], type_)

    async def result(self, folder: Path, nats: Nats) -> str:
        """Does the job. Returns the id of the result file."""
        if self._job["kind"] == JobKind.EXPORT:
            return await self._export(folder)
        return await self._import(folder, nats)

    def _asking(self) -> tuple[Caller, Scope]:
        """The caller who started the job, with their present scope. A caller who has lost the role is refused."""
        caller = msgspec.convert(self._job["caller"], Caller)
        return caller, caller.scope(self._roles, today())

    def _reading(self) -> Access:
        return self._store.reading(*self._asking(), moment())

    async def _import(self, folder: Path, nats: Nats) -> str:
        job, layout = self._job, self._sheet.layout
        access = self._reading()
        file = folder / "file"
        await files.fetch(access, await files.get(access, job["file"]), file)
        await self._note({"total": await asyncio.to_thread(_number_of_rows, file, layout)})
        importer = await self._sheet.importer(self._command, job["unit"], access)
        earlier = await jobs.imported_before(access, job) if job["kind"] == JobKind.IMPORT else {}
        async with _InThread(opened(file, layout)) as table:
            lines = table.lines()
            row = int(job["row"])
            while batch := await asyncio.to_thread(_next, lines, row):
                await self._batch(batch, importer, earlier)
                row = batch[-1].number
                with suppress(Exception):  # the sequencer finds new events without a nudge, only later
                    await nats.publish(nudge_subject(self._store.service))
        result = folder / "result.xlsx"
        await self._write_result(access, file, result)
        return await self._keep(result, f"{Path(job['name']).stem}-ket-qua.xlsx")

    async def _batch(self, lines: list[Line], importer: Importer[Any], earlier: Mapping[int, str]) -> None:
        last = lines[-1].number

        async def work(tx: Transaction) -> None:
            if (await jobs.held(tx, self._job))["row"] >= last:
                return  # committed by an attempt whose answer was lost
            fresh = [line for line in lines if line.number not in earlier]
            outcomes = dict(
                zip([line.number for line in fresh], await importer.judge(fresh, tx), strict=True)
            )
            if self._job["kind"] == JobKind.IMPORT:
                await importer.write(list(outcomes.values()), tx)
            rows = [(line.number, self._told(line, outcomes, earlier)) for line in lines]
            await jobs.write_rows(tx, self._job, rows, tx.at + jobs.KEPT)
            counts = {f"counts.{fate.lower()}": sum(one.fate is fate for _, one in rows) for fate in Fate}
            await jobs.change(tx, self._job, {"row": last}, {"done": len(lines), **counts})

        caller, scope = self._asking()
        await self._store.transaction(work, caller=caller, scope=scope)

    def _told(
        self, line: Line, outcomes: Mapping[int, Outcome[Any]], earlier: Mapping[int, str]
    ) -> Outcome[Any]:
        """The outcome to record. A check adds no record, so it names none."""
        outcome = outcomes.get(line.number) or imported_before(earlier[line.number])
        written = self._job["kind"] == JobKind.IMPORT
        title = line.text(self._sheet.layout.named_by)[:LONGEST_TITLE] or outcome.title
        new = outcome.new and written
        record = outcome.record if written or not outcome.new else None
        return Outcome(outcome.fate, record, new, title, outcome.problems)

    async def _export(self, folder: Path) -> str:
        job, layout = self._job, self._sheet.layout
        exporter = self._sheet.exporter(self._command, self._reading())
        await self._note({"total": await exporter.count(), "done": 0})
        file = folder / job["name"]
        writer = (
            writing.comma_separated(file, layout.headings)
            if self._command.format is FileFormat.CSV
            else writing.workbook(file, layout.title, layout.headings, layout.widths)
        )
        done = 0
        async with _InThread(writer) as sheet:
            async for records in exporter.batches(BATCH):
                rows = [[record.get(column.key) for column in layout.columns] for record in records]
                await asyncio.to_thread(_write_rows, sheet, rows)
                done += len(rows)
                await self._note({"done": done})
        return await self._keep(file, job["name"])

    async def _keep(self, file: Path, name: str) -> str:
        caller, scope = self._asking()
        return await files.keep(
            self._store, self._kind, file, name, self._job["unit"], caller=caller, scope=scope
        )

    async def _write_result(self, access: Access, file: Path, into: Path) -> None:
        """Writes the columns that were read, with the fate of each row and the reasons beside it."""
        layout = self._sheet.layout
        async with _InThread(opened(file, layout)) as table:
            columns = [column for column in layout.columns if column.key in table.letters]
            headings = [*(column.heading for column in columns), FATE, REASON]
            widths = [*(column.width for column in columns), 24, 80]
            async with _InThread(writing.workbook(into, layout.title, headings, widths)) as result:
                lines = table.lines()
                row = 0
                while batch := await asyncio.to_thread(_next, lines, row):
                    reasons = await jobs.reasons(access, self._job["_id"], batch[0].number, batch[-1].number)
                    rows = [_with_reason(line, columns, reasons) for line in batch]
                    await asyncio.to_thread(_write_rows, result, rows)
                    row = batch[-1].number

    async def _note(self, changed: Document) -> None:
        await self._store.transaction(lambda tx: jobs.change(tx, self._job, changed))


class _InThread:
    """Enters and leaves a context of files in a thread: either may take seconds."""

    def __init__(self, context: AbstractContextManager[Any]) -> None:
        self._context = context

    async def __aenter__(self) -> Any:
        return await asyncio.to_thread(self._context.__enter__)

    async def __aexit__(self, *error: Any) -> bool | None:
        return await asyncio.to_thread(self._context.__exit__, *error)


def _number_of_rows(file: Path, layout: Layout) -> int:
    with opened(file, layout) as table:
        return sum(1 for _ in table.lines())


def _next(lines: Iterator[Line], after: int) -> list[Line]:
    return list(islice((line for line in lines if line.number > after), BATCH))


def _with_reason(line: Line, columns: list[Column], reasons: Mapping[int, tuple[str, str]]) -> list[Any]:
    fate, why = reasons.get(line.number, ("", ""))
    cells = [_as_read(line.cells.get(column.key)) for column in columns]
    return [*cells, fate, f"Dòng {line.number}. {why}" if why else ""]


def _as_read(value: Any) -> Any:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return values.text(value)


def _write_rows(sheet: writing.Writer, rows: list[list[Any]]) -> None:
    for row in rows:
        sheet.write(row)
