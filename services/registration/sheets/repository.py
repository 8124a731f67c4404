"""Files in parts, and jobs with their rows, in MongoDB. What nobody fetches goes by itself after some days."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.kernel.messages import Refused
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Documents, Unscoped
from services.kernel.mongo.aggregates import not_found
from services.kernel.mongo.codec import to_document
from services.kernel.mongo.driver import ASCENDING, DESCENDING, Document, Indexes, IndexModel, InsertOne
from services.kernel.mongo.pages import NEWEST
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Columns, Page, Rows
from services.registration.sheets.domain import Outcome
from services.registration.sheets.messages import (
    FILE,
    JOB,
    LARGEST_PART,
    Fate,
    JobRow,
    JobRows,
    JobsPage,
    JobState,
    RowRow,
)
from services.registration.sheets.reading import LARGEST_FILE

FILES, JOBS = "files", "jobs"
PARTS = Unscoped("file_parts", "a part is asked for by its file, and the file was seen")
ROWS = Unscoped("job_rows", "a row is asked for by its job, and the job was seen")
WAITING = Unscoped("jobs", "whoever works takes up what waits, and does it in its asker's name and scope")
UNUSED = timedelta(days=1)
KEPT = timedelta(days=30)
MOST_FILES, MOST_JOBS = 20, 5
"""That a person may have waiting at a time."""
_AFTERWARDS = IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)

INDEXES: Indexes = {
    FILES: [
        IndexModel([("persons", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), NEWEST]),
        _AFTERWARDS,
    ],
    PARTS.name: [IndexModel([("file", ASCENDING), ("number", ASCENDING)], unique=True), _AFTERWARDS],
    JOBS: [
        IndexModel([("persons", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("open", ASCENDING), ("_id", ASCENDING)]),
        _AFTERWARDS,
    ],
    ROWS.name: [
        IndexModel([("job", ASCENDING), ("number", ASCENDING)], unique=True),
        IndexModel([("job", ASCENDING), ("fate", ASCENDING), ("number", ASCENDING)]),
        IndexModel([("digest", ASCENDING), ("number", ASCENDING)]),
        _AFTERWARDS,
    ],
}
COLUMNS = Columns(JobRow, JOB)
ROW_COLUMNS = Columns(RowRow)


def files(access: Access) -> Documents:
    """The caller's own."""
    return access.personal(FILES)


def jobs(access: Access) -> Documents:
    return access.personal(JOBS)


async def file_of(access: Access, file: str) -> Document:
    found = await files(access).find_one({"_id": file})
    if found is None:
        raise not_found(FILE, file)
    return found


async def store_part(tx: Transaction, file: str, number: int, data: bytes) -> None:
    part = {
        "file": file,
        "number": number,
        "by": tx.caller.id,
        "data": data,
        "size": len(data),
        "expires_at": tx.at + UNUSED,
    }
    await tx.unscoped(PARTS).write([InsertOne(part)])


async def close_file(
    tx: Transaction, file: str, name: str, unit: str, *, uploaded: bool, keep: timedelta = UNUSED
) -> Document:
    """The file is there when all its parts are, and all of one hand."""
    digest, size, count = hashlib.sha256(), 0, 0
    async for part in tx.unscoped(PARTS).find({"file": file}, sort=[("file", 1), ("number", 1)]):
        if part["number"] != count or part["by"] != tx.caller.id:
            raise not_found(FILE, file)
        digest.update(part["data"])
        size, count = size + part["size"], count + 1
    if size > LARGEST_FILE:
        raise Refused(
            "file-too-large",
            "file",
            vi=f"Tệp lớn hơn {LARGEST_FILE >> 20} MB.",
            en=f"The file is over {LARGEST_FILE >> 20} MB.",
        )
    document = {
        "_id": file,
        "version": 1,
        "unit": unit,
        "within": unit.strip("/").split("/"),
        "persons": [tx.caller.id],
        "name": name,
        "size": size,
        "parts": count,
        "digest": digest.hexdigest(),
        "uploaded": uploaded,
        "expires_at": tx.at + keep,
    }
    await files(tx).insert(document)
    return document


async def part_of(access: Access, file: str, number: int) -> bytes | None:
    found = await access.unscoped(PARTS).find_one({"file": file, "number": number})
    return bytes(found["data"]) if found else None


async def fetch(access: Access, file: Document, into: Path) -> None:
    with into.open("wb") as stream:
        for number in range(file["parts"]):
            stream.write(await part_of(access, file["_id"], number) or b"")


def cut(data: bytes) -> list[bytes]:
    return [data[start : start + LARGEST_PART] for start in range(0, len(data), LARGEST_PART)] or [b""]


async def add_job(tx: Transaction, job: Document) -> Document:
    document = {
        "version": 1,
        "persons": [tx.caller.id],
        "state": JobState.WAITING.value,
        "open": True,
        "done": 0,
        "row": 0,
        "total": None,
        "counts": dict.fromkeys((fate.value.lower() for fate in Fate), 0),
        "problem_code": "",
        "problem_vi": "",
        "problem_en": "",
        "created_at": tx.at,
        "ended_at": None,
        "result": None,
        "holder": "",
        "until": tx.at,
        "expires_at": tx.at + KEPT,
        **job,
    }
    await jobs(tx).insert(document)
    return document


async def jobs_page(access: Access, query: JobsPage) -> Rows:
    return await pages.page(jobs(access), COLUMNS, query)


async def write_rows(
    tx: Transaction, job: Document, outcomes: Sequence[Outcome], expires_at: datetime
) -> None:
    rows: list[Any] = []
    for outcome in outcomes:
        row = {
            "_id": f"{job['_id']}/{outcome.number}",
            "version": 1,
            "job": job["_id"],
            "number": outcome.number,
            "fate": outcome.fate.value,
            "title": outcome.title,
            "model": outcome.model,
            "problems": [to_document(problem) for problem in outcome.problems],
            "expires_at": expires_at,
        }
        if outcome.made:
            row["digest"] = job["digest"]
        rows.append(InsertOne(row))
    if rows:
        await tx.unscoped(ROWS).write(rows)


async def imported_before(access: Access, digest: str) -> dict[int, str]:
    """Rows of the same file that made a model in an earlier import → the model."""
    found = access.unscoped(ROWS).find({"digest": digest}, {"number": 1, "model": 1})
    return {row["number"]: row["model"] async for row in found}


async def rows_page(access: Access, query: JobRows) -> Rows:
    size = pages.page_size(query)
    if await jobs(access).find_one({"_id": query.job}) is None:
        raise not_found(JOB, query.job)
    backwards = query.first is None
    view = ROW_COLUMNS.view(query, access.sees)
    between: Document = {}
    for how, field, cursor in (("$gt", "after", query.after), ("$lt", "before", query.before)):
        if cursor is not None:
            if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
                raise pages.unknown_cursor(cursor, field)
            between[how] = int(cursor)
    wanted: Document = {"job": query.job}
    order = [("job", ASCENDING)]
    if query.fate:
        wanted["fate"] = query.fate.value
        order.append(("fate", ASCENDING))
    if between:
        wanted["number"] = between
    order.append(("number", DESCENDING if backwards else ASCENDING))
    projection = {**view.projection, "number": 1}
    found = [row async for row in access.unscoped(ROWS).find(wanted, projection, sort=order, limit=size + 1)]
    more = len(found) > size
    del found[size:]
    if backwards:
        found.reverse()
    for row in found:
        view.add(row)
    return view.rows(
        [
            Page(
                [str(row["number"]) for row in found],
                has_next=query.before is not None if backwards else more,
                has_previous=more if backwards else query.after is not None,
            )
        ]
    )


async def told(access: Access, job: str, first: int, last: int) -> dict[int, tuple[str, str]]:
    """Of these rows each one's fate and why, in Vietnamese."""
    wanted = {"job": job, "number": {"$gte": first, "$lte": last}}
    found = access.unscoped(ROWS).find(wanted, {"number": 1, "fate": 1, "problems": 1})
    return {
        row["number"]: (
            Fate(row["fate"]).vi,
            "\n".join(f"{p['cell']}: {p['vi']}" if p["cell"] else p["vi"] for p in row["problems"]),
        )
        async for row in found
    }
