"""The files, sheets and jobs of one service: its command and query handlers, and its background worker, as tables."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import cast

import msgspec

from services.kernel.inputs import required
from services.kernel.kinds import Noun
from services.kernel.messages import Refused
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import Document
from services.kernel.mongo.repository import new_id, not_found
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Columns, Row, Rows
from services.kernel.sheets import apart, files, jobs, refusals
from services.kernel.sheets.files import FileState
from services.kernel.sheets.messages import (
    FILE,
    LARGEST_FILE,
    LARGEST_PART,
    OPEN,
    CancelJob,
    DiscardFile,
    FileData,
    FileFormat,
    FilePart,
    JobKind,
    JobRow,
    JobRows,
    JobsById,
    JobsPage,
    JobState,
    SheetMessages,
    StartExport,
    StartImport,
    StoreFilePart,
    Template,
)
from services.kernel.sheets.names import file_name
from services.kernel.sheets.sheet import AnySheet
from services.kernel.sheets.worker import Worker
from services.kernel.table import Area, Part, Task, command, query

SHEET = Noun("sheet", "bảng tính", "sheet")
MOST_PARTS = LARGEST_FILE // LARGEST_PART + 1
MOST_FILES, MOST_JOBS = 20, 5
"""Limits for one caller: uploaded files that no job has read; and unfinished jobs. The first is also the number of
files that stay after a job has read them.
"""


class Sheets:
    """The handlers and the worker that a service mounts, as the `area` of its table.

    `path_of`: the path of a unit, by its id; it refuses an unknown one.
    """

    def __init__(
        self,
        messages: SheetMessages,
        *sheets: AnySheet,
        path_of: Callable[[Access, str], Awaitable[str]],
    ) -> None:
        self.messages = messages
        self._path_of = path_of
        self._sheets = {sheet.name: sheet for sheet in sheets}
        self._columns = Columns(JobRow, messages.JOB)
        self._templates: dict[str, bytes] = {}
        """Name of a sheet → its template, made at the first request."""
        self._making = asyncio.Lock()

    @property
    def area(self) -> Area:
        messages, sheets = self.messages, self._sheets.values()
        worker = Part(lambda store, _: self.worker(store))
        return Area(
            messages=cast(ModuleType, messages),
            commands=(
                command(messages.StoreFilePart, self.store_file_part),
                command(messages.DiscardFile, self.discard_file),
                command(messages.CancelJob, self.cancel_job),
                *(command(sheet.imports, partial(self.start_import, sheet)) for sheet in sheets),
                *(command(sheet.exports, partial(self.start_export, sheet)) for sheet in sheets),
            ),
            queries=(
                query(messages.FilePart, self.file_part),
                query(messages.Template, self.template),
                query(messages.JobsPage, self.jobs_page),
                query(messages.JobsById, self.jobs_by_id),
                query(messages.JobRows, self.job_rows),
            ),
            tasks=(Task("sheets", worker.late(lambda running: running.run)),),
            indexes={**files.INDEXES, **jobs.INDEXES},
            unscoped=(
                files.ENDED,
                files.PARTS,
                files.BEGINNINGS,
                jobs.ROWS,
                jobs.WAITING,
                jobs.LEASES,
                jobs.ADDED,
            ),
        )

    def worker(self, store: Store) -> Worker:
        """A worker for the jobs in this database."""
        return Worker(store, self.messages.FILE, self._sheets)

    async def store_file_part(self, command: StoreFilePart, tx: Transaction) -> Row:
        if not self.messages.FILE.names(command.file):
            raise not_found(FILE, command.file)
        name = file_name(required(command.name, "name", longest=200, vi="Tên tệp", en="The file's name"))
        if not 0 <= command.number < MOST_PARTS or len(command.data) > LARGEST_PART:
            raise refusals.too_large(LARGEST_FILE)
        unit = await self._path_of(tx, command.unit)
        tx.scope.require(unit)
        if command.number:
            file = await files.get(tx, command.file, FileState.OPEN)
        elif await files.waiting(tx, MOST_FILES) >= MOST_FILES:
            raise _too_many("files", MOST_FILES, "tệp chưa kiểm tra hay nhập", "files that no job has read")
        else:
            await files.let_go_of_done(tx, MOST_FILES)
            file = await files.begin(tx, command.file, name, unit, uploaded=True)
        file = await files.store_part(tx, file, command.number, command.data)
        if command.last:
            await files.close(tx, file)
        return {"id": command.file}

    async def discard_file(self, command: DiscardFile, tx: Transaction) -> Row:
        await files.discard(tx, await files.get(tx, command.file, FileState.OPEN, FileState.COMPLETE))
        return {"id": command.file}

    async def start_import(self, sheet: AnySheet, command: StartImport, tx: Transaction) -> Row:
        file = await files.get(tx, command.file)
        await files.note_asked(tx, file)
        kind = JobKind.CHECK if command.check else JobKind.IMPORT
        job = {"unit": file["unit"], "name": file["name"], "file": file["_id"]}
        return await self._start(sheet, kind, command, job, tx)

    async def start_export(self, sheet: AnySheet, command: StartExport, tx: Transaction) -> Row:
        unit = await self._path_of(tx, sheet.exported_unit(command))
        tx.scope.require(unit)
        suffix = "csv" if command.format is FileFormat.CSV else "xlsx"
        job = {"unit": unit, "name": f"{sheet.exported_name(command)}.{suffix}"}
        return await self._start(sheet, JobKind.EXPORT, command, job, tx)

    async def _start(
        self,
        sheet: AnySheet,
        kind: JobKind,
        command: StartImport | StartExport,
        about: Document,
        tx: Transaction,
    ) -> Row:
        if await jobs.unfinished(tx, MOST_JOBS) >= MOST_JOBS:
            raise _too_many("jobs", MOST_JOBS, "việc chưa xong", "jobs that are not done")
        job = {
            "_id": new_id(self.messages.JOB),
            "sheet": sheet.name,
            "kind": kind.value,
            "caller": msgspec.to_builtins(tx.caller, builtin_types=()),
            "command": msgspec.to_builtins(command),
            **about,
        }
        return self._columns.whole(await jobs.add(tx, job), tx.sees)

    async def cancel_job(self, command: CancelJob, tx: Transaction) -> Row:
        job = await jobs.get(tx, command.job)
        if job["state"] not in OPEN:
            raise Refused(
                "wrong-state",
                "job",
                vi=f"Việc này đang ở trạng thái “{JobState(job['state']).vi}”, không còn gì để hủy.",
                en=f"The job is {job['state']}; there is nothing left to cancel.",
            )
        ended = {"state": JobState.CANCELLED.value, "open": False, "ended_at": tx.at}
        changed = {**job, **ended, "version": job["version"] + 1}
        await jobs.jobs(tx).replace({"_id": job["_id"], "version": job["version"]}, changed)
        return self._columns.whole(changed, tx.sees)

    async def jobs_page(self, query: JobsPage, access: Access) -> Rows:
        return await pages.page(jobs.jobs(access), self._columns, query)

    async def jobs_by_id(self, query: JobsById, access: Access) -> Rows:
        return await pages.by_keys(jobs.jobs(access), self._columns, query)

    async def job_rows(self, query: JobRows, access: Access) -> Rows:
        return await jobs.rows_page(access, query)

    async def file_part(self, query: FilePart, access: Access) -> FileData | None:
        file = await files.get(access, query.file)
        data = await files.part_of(access, query.file, query.number)
        return None if data is None else FileData(name=file["name"], data=data)

    async def template(self, query: Template, access: Access) -> FileData:
        sheet = self._sheets.get(query.sheet)
        if sheet is None:
            raise not_found(SHEET, query.sheet)
        async with self._making:
            if sheet.name not in self._templates:
                self._templates[sheet.name] = await _template(sheet)
        return FileData(name=f"{sheet.template_file}.xlsx", data=self._templates[sheet.name])


async def _template(sheet: AnySheet) -> bytes:
    with tempfile.TemporaryDirectory(prefix="danvan-") as folder:
        file = Path(folder) / "template.xlsx"
        await apart.make_template(sheet.layout, file)
        return file.read_bytes()


def _too_many(what: str, most: int, vi: str, en: str) -> Refused:
    return Refused(
        f"too-many-{what}", what, vi=f"Bạn đã có {most} {vi}.", en=f"You have {most} {en} already."
    )
