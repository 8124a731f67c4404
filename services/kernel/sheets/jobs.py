"""Jobs, their leases and their rows, in MongoDB. A job and its rows expire by themselves."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from services.kernel.mongo import pages
from services.kernel.mongo.access import Access, Documents, Unscoped
from services.kernel.mongo.codec import to_document
from services.kernel.mongo.driver import (
    ASCENDING,
    DESCENDING,
    Document,
    Indexes,
    IndexModel,
    InsertOne,
    UpdateOne,
)
from services.kernel.mongo.pages import NEWEST
from services.kernel.mongo.repository import not_found
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Columns, Page, Rows
from services.kernel.sheets.files import AFTER_EXPIRY
from services.kernel.sheets.judging import Outcome
from services.kernel.sheets.messages import JOB, Fate, JobRows, JobState, RowRow
from services.kernel.units import UnitPath

COLLECTION = "jobs"
ROWS = Unscoped("job_rows", "a row is read by the id of its job, which the caller has read before")
WAITING = Unscoped(
    "jobs", "a worker takes the job of any caller, and does it in the name and scope of that caller"
)
LEASES = Unscoped("job_leases", "the end of a lease says nothing about any unit")
ADDED = Unscoped("added_rows", "a row is looked up by what it says, which the caller has before it")
KEPT = timedelta(days=30)
LEASE = timedelta(seconds=6)
"""Time without a renewal after which another worker takes the job of one that lives but stands still."""
RENEWED = 1.0
"""Seconds between two renewals."""

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("persons", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), NEWEST]),
        IndexModel([("open", ASCENDING), ("_id", ASCENDING)]),
        AFTER_EXPIRY,
    ],
    ROWS.name: [
        IndexModel([("job", ASCENDING), ("number", ASCENDING)], unique=True),
        IndexModel([("job", ASCENDING), ("fate", ASCENDING), ("number", ASCENDING)]),
        AFTER_EXPIRY,
    ],
    LEASES.name: [AFTER_EXPIRY],
}
ROW_COLUMNS = Columns(RowRow)


class Lost(Exception):  # noqa: N818
    """The worker no longer holds the job: it was cancelled, or another worker took it."""


def jobs(access: Access) -> Documents:
    """The caller's own jobs."""
    return access.personal(COLLECTION)


async def get(access: Access, job: str) -> Document:
    found = await jobs(access).find_one({"_id": job})
    if found is None:
        raise not_found(JOB, job)
    return found


async def unfinished(access: Access, most: int) -> int:
    """Number of the caller's jobs that wait or run, up to `most`."""
    return len([one async for one in jobs(access).find({"open": True}, {"_id": 1}, limit=most)])


async def add(tx: Transaction, job: Document) -> Document:
    document = {
        "version": 1,
        "within": job["unit"].strip("/").split("/"),
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
        "expires_at": tx.at + KEPT,
        **job,
    }
    await jobs(tx).insert(document)
    return document


async def holders(access: Access) -> set[str]:
    """The workers that hold jobs, whether they live or not."""
    running = access.unscoped(WAITING).find({"open": True, "state": JobState.RUNNING.value}, {"holder": 1})
    return {job["holder"] async for job in running}


async def release(tx: Transaction, holder: str) -> None:
    """Ends the leases of a worker that has ended."""
    held = tx.unscoped(WAITING).find({"open": True, "holder": holder}, {"_id": 1})
    await tx.unscoped(LEASES).delete({"_id": {"$in": [job["_id"] async for job in held]}})


async def take(tx: Transaction, holder: str) -> Document | None:
    """Gives `holder` the oldest free job of a caller who has no running job. None if there is no such job."""
    waiting = tx.unscoped(WAITING)
    shown = {"state": 1, "persons": 1}
    unfinished = [job async for job in waiting.find({"open": True}, shown, sort=[("open", 1), ("_id", 1)])]
    running = [job["_id"] for job in unfinished if job["state"] == JobState.RUNNING]
    held = tx.unscoped(LEASES).find({"_id": {"$in": running}, "until": {"$gte": tx.at}}, {"_id": 1})
    leased = {lease["_id"] async for lease in held}
    busy = {job["persons"][0] for job in unfinished if job["_id"] in leased}
    for job in unfinished:
        if job["persons"][0] not in busy:
            taken = {"state": JobState.RUNNING.value, "holder": holder}
            await waiting.write([UpdateOne({"_id": job["_id"]}, {"$set": taken, "$inc": {"version": 1}})])
            await _lease(tx, job["_id"])
            return await waiting.find_one({"_id": job["_id"]})
    return None


async def renew(tx: Transaction, job: Document) -> None:
    """Prolongs the lease. It is not in the job's document: there, each renewal would abort the batch being written."""
    await held(tx, job)
    await _lease(tx, job["_id"])


async def _lease(tx: Transaction, job: str) -> None:
    lease = {"until": tx.at + LEASE, "expires_at": tx.at + KEPT}
    await tx.unscoped(LEASES).write([UpdateOne({"_id": job}, {"$set": lease}, upsert=True)])


async def held(tx: Transaction, job: Document) -> Document:
    """The job as it is now; `Lost` if another worker has it, or it has ended."""
    ours = {"_id": job["_id"], "holder": job["holder"], "state": JobState.RUNNING.value}
    found = await tx.unscoped(WAITING).find_one(ours)
    if found is None:
        raise Lost
    return found


async def change(
    tx: Transaction, job: Document, changed: Document, more: Mapping[str, int] | None = None
) -> None:
    """Sets fields of a job that is still held, and adds `more` to others."""
    await held(tx, job)
    update = {"$set": changed, "$inc": {"version": 1, **(more or {})}}
    await tx.unscoped(WAITING).write([UpdateOne({"_id": job["_id"]}, update)])


def row_key(job: Document, content: str) -> str:
    """Identity of a row: of rows with the same key, imports add one record. `content`: digest of what the row says.

    The unit of the file belongs to it: a name in a cell means a record of that unit.
    """
    return f"{job['sheet']}/{UnitPath(job['unit']).unit}/{content}"


async def write_rows(tx: Transaction, job: Document, rows: Sequence[tuple[str, int, Outcome[Any]]]) -> None:
    """`rows`: keys and numbers, with outcomes. No later row with the key of a row that added a record adds another."""
    documents: list[Any] = []
    added: list[Any] = []
    for key, number, outcome in rows:
        row = {
            "_id": f"{job['_id']}/{number}",
            "version": 1,
            "job": job["_id"],
            "number": number,
            "fate": outcome.fate.value,
            "title": outcome.title,
            "record": outcome.record,
            "record_version": outcome.version,
            "problems": [to_document(problem) for problem in outcome.problems],
            "expires_at": tx.at + KEPT,
        }
        documents.append(InsertOne(row))
        if outcome.new:
            added.append(InsertOne({"_id": key, "record": outcome.record}))
    if documents:
        await tx.unscoped(ROWS).write(documents)
    if added:
        # If two jobs add the same row at the same time, one commits, and the other then finds the row.
        await tx.unscoped(ADDED).write(added)


async def imported_before(tx: Transaction, keys: Mapping[int, str]) -> dict[int, str]:
    """Row number → record that an import has added for the same row. `keys`: by row number."""
    found = tx.unscoped(ADDED).find({"_id": {"$in": list(keys.values())}})
    records = {row["_id"]: row["record"] async for row in found}
    return {number: records[key] for number, key in keys.items() if key in records}


async def rows_page(access: Access, query: JobRows) -> Rows:
    size = pages.page_size(query)
    await get(access, query.job)
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
    total = await access.unscoped(ROWS).count(wanted) if query.counted else None
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
                total=total,
            )
        ]
    )


class Told(NamedTuple):
    """The outcome of a row: its fate and the reasons, in Vietnamese, and its record with its version."""

    fate: str = ""
    why: str = ""
    record: str | None = None
    version: int | None = None


async def told(access: Access, job: str, first: int, last: int) -> dict[int, Told]:
    """The outcomes of these rows, by row number."""
    wanted = {"job": job, "number": {"$gte": first, "$lte": last}}
    return {
        row["number"]: Told(
            Fate(row["fate"]).vi,
            "\n".join(f"{p['cell']}: {p['vi']}" if p["cell"] else p["vi"] for p in row["problems"]),
            row["record"],
            row["record_version"],
        )
        async for row in access.unscoped(ROWS).find(wanted)
    }
