"""What registration does about files and sheets: one function per message; the work itself is `worker.py`'s."""

import asyncio
import tempfile
from pathlib import Path

import msgspec

from services.directory.units import Directory
from services.kernel.inputs import required
from services.kernel.messages import Refused
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import new_id, not_found
from services.kernel.mongo.driver import Document
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.kernel.units import COUNTRY
from services.registration.sheets import repository, writing
from services.registration.sheets.messages import (
    FILE,
    JOB,
    LARGEST_PART,
    CancelJob,
    FileFormat,
    FilePart,
    JobKind,
    JobRows,
    JobsById,
    JobsPage,
    JobState,
    Part,
    StartExport,
    StartImport,
    StoreFilePart,
    Template,
)
from services.registration.sheets.reading import LARGEST_FILE
from services.registration.sheets.repository import COLUMNS, MOST_FILES, MOST_JOBS, files, jobs

MOST_PARTS = LARGEST_FILE // LARGEST_PART + 1
OPEN = {JobState.WAITING, JobState.RUNNING}


async def store_file_part(command: StoreFilePart, tx: Transaction) -> Row:
    if not FILE.names(command.file):
        raise not_found(FILE, command.file)
    name = required(command.name, "name", longest=200, vi="Tên tệp", en="The file's name")
    if not 0 <= command.number < MOST_PARTS or len(command.data) > LARGEST_PART:
        raise Refused(
            "file-too-large",
            "file",
            vi=f"Tệp lớn hơn {LARGEST_FILE >> 20} MB.",
            en=f"The file is over {LARGEST_FILE >> 20} MB.",
        )
    unit = (await Directory(tx).get(command.unit)).spells[-1].path
    tx.scope.require(unit)
    await repository.store_part(tx, command.file, command.number, command.data)
    if command.last:
        held = [one async for one in files(tx).find({"uploaded": True}, {"_id": 1}, limit=MOST_FILES)]
        if len(held) >= MOST_FILES:
            raise _too_many("files", MOST_FILES, "tệp chưa hết hạn", "files that have not expired")
        await repository.close_file(tx, command.file, name, unit, uploaded=True)
    return {"id": command.file}


async def start_import(command: StartImport, tx: Transaction) -> Row:
    file = await repository.file_of(tx, command.file)
    kind = JobKind.CHECK if command.check else JobKind.IMPORT
    return await _start(
        tx,
        {
            "kind": kind.value,
            "unit": file["unit"],
            "within": file["within"],
            "name": file["name"],
            "file": file["_id"],
            "digest": file["digest"],
            "submit": command.submit,
        },
    )


async def start_export(command: StartExport, tx: Transaction) -> Row:
    unit = (await Directory(tx).get(command.filter.unit or COUNTRY)).spells[-1].path
    tx.scope.require(unit)
    suffix = "csv" if command.format is FileFormat.CSV else "xlsx"
    return await _start(
        tx,
        {
            "kind": JobKind.EXPORT.value,
            "unit": unit,
            "within": unit.strip("/").split("/"),
            "name": f"mo-hinh.{suffix}",
            "filter": msgspec.to_builtins(command.filter),
            "format": command.format.value,
        },
    )


async def _start(tx: Transaction, job: Document) -> Row:
    waiting = [one async for one in jobs(tx).find({"open": True}, {"_id": 1}, limit=MOST_JOBS)]
    if len(waiting) >= MOST_JOBS:
        raise _too_many("jobs", MOST_JOBS, "việc chưa xong", "jobs that are not done")
    document = await repository.add_job(
        tx, {"_id": new_id(JOB), "caller": msgspec.to_builtins(tx.caller, builtin_types=()), **job}
    )
    return COLUMNS.whole(document, tx.sees)


async def cancel_job(command: CancelJob, tx: Transaction) -> Row:
    job = await jobs(tx).find_one({"_id": command.job})
    if job is None:
        raise not_found(JOB, command.job)
    if job["state"] not in OPEN:
        raise Refused(
            "wrong-state",
            "job",
            vi=f"Việc này đang ở trạng thái “{JobState(job['state']).vi}”, không còn gì để hủy.",
            en=f"The job is {job['state']}; there is nothing left to cancel.",
        )
    changed = {
        **job,
        "state": JobState.CANCELLED.value,
        "open": False,
        "ended_at": tx.at,
        "version": job["version"] + 1,
    }
    await jobs(tx).replace({"_id": job["_id"], "version": job["version"]}, changed)
    return COLUMNS.whole(changed, tx.sees)


async def jobs_page(query: JobsPage, access: Access) -> Rows:
    return await repository.jobs_page(access, query)


async def jobs_by_id(query: JobsById, access: Access) -> Rows:
    return await pages.by_keys(jobs(access), COLUMNS, query)


async def job_rows(query: JobRows, access: Access) -> Rows:
    return await repository.rows_page(access, query)


async def file_part(query: FilePart, access: Access) -> Part | None:
    file = await repository.file_of(access, query.file)
    data = await repository.part_of(access, query.file, query.number)
    return None if data is None else Part(name=file["name"], data=data)


async def template(_: Template, access: Access) -> Part:
    return Part(name="mau-dang-ky-mo-hinh.xlsx", data=await asyncio.to_thread(_template))


def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.xlsx"
        writing.template(file)
        return file.read_bytes()


def _too_many(what: str, most: int, vi: str, en: str) -> Refused:
    return Refused(
        f"too-many-{what}", what, vi=f"Bạn đã có {most} {vi}.", en=f"You have {most} {en} already."
    )
