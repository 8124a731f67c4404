"""Files in parts, in MongoDB. Each belongs to the caller who sent it, or whose job made it, and expires by itself.

A file exists for its caller's count from its first part, and can be read from its last.
"""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from services.kernel.caller import Caller, Scope
from services.kernel.kinds import Kind
from services.kernel.mongo.access import Access, Documents, Unscoped
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel, InsertOne, UpdateOne
from services.kernel.mongo.pages import NEWEST
from services.kernel.mongo.repository import new_id, not_found
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.sheets import refusals
from services.kernel.sheets.messages import FILE, LARGEST_FILE, LARGEST_PART

COLLECTION = "files"
ENDED = Unscoped("files", "a worker that has ended a job notes it at the file of the job's caller")
PARTS = Unscoped("file_parts", "a part is read by the id of its file, which the caller has read before")
BEGINNINGS = Unscoped("file_beginnings", "a caller's row only orders the files that the caller begins")
KEPT = timedelta(days=1)
AFTER_EXPIRY = IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)


class FileState(StrEnum):
    OPEN = "OPEN"
    """Parts are missing."""
    COMPLETE = "COMPLETE"
    DISCARDED = "DISCARDED"


INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("persons", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), NEWEST]),
        AFTER_EXPIRY,
    ],
    BEGINNINGS.name: [AFTER_EXPIRY],
    PARTS.name: [IndexModel([("file", ASCENDING), ("number", ASCENDING)], unique=True), AFTER_EXPIRY],
}


def files(access: Access) -> Documents:
    """The caller's own files."""
    return access.personal(COLLECTION)


async def get(access: Access, file: str, *states: FileState) -> Document:
    """`states`: those in which it may be; COMPLETE by default."""
    wanted = [state.value for state in states or (FileState.COMPLETE,)]
    found = await files(access).find_one({"_id": file, "state": {"$in": wanted}})
    if found is None:
        raise not_found(FILE, file)
    return found


async def waiting(tx: Transaction, most: int) -> int:
    """Number of files that the caller has sent or begun to send, and that no job has checked or imported, up to `most`.

    Of two files that a caller begins at the same time, the second is begun after the first.
    """
    one_at_a_time = {"$inc": {"times": 1}, "$set": {"expires_at": tx.at + KEPT}}
    await tx.unscoped(BEGINNINGS).write([UpdateOne({"_id": tx.caller.id}, one_at_a_time, upsert=True)])
    return len(
        [
            one
            async for one in files(tx).find({"uploaded": True, "done": {"$ne": True}}, {"_id": 1}, limit=most)
        ]
    )


async def note_asked(tx: Transaction, file: Document) -> None:
    """A job will read the file: until then it stays."""
    await _changed(tx, file, done=False)


async def note_done(tx: Transaction, file: str) -> None:
    """A job has read the file: it no longer counts."""
    await tx.unscoped(ENDED).write(
        [UpdateOne({"_id": file}, {"$set": {"done": True}, "$inc": {"version": 1}})]
    )


async def let_go_of_done(tx: Transaction, most: int) -> None:
    """Discards the caller's oldest files that jobs have read, but for the `most` newest."""
    done = [one async for one in files(tx).find({"uploaded": True, "done": True}, sort=[("expires_at", -1)])]
    for file in done[most:]:
        await discard(tx, file)


async def begin(tx: Transaction, file: str, name: str, unit: str, *, uploaded: bool) -> Document:
    """`unit`: the path of the file's unit."""
    document = {
        "_id": file,
        "version": 1,
        "unit": unit,
        "within": unit.strip("/").split("/"),
        "persons": [tx.caller.id],
        "name": name,
        "state": FileState.OPEN.value,
        "size": 0,
        "parts": 0,
        "uploaded": uploaded,
        "done": False,
        "expires_at": tx.at + KEPT,
    }
    await files(tx).insert(document)
    return document


async def store_part(tx: Transaction, file: Document, number: int, data: bytes) -> Document:
    """Appends a part to a file that is open. Parts come in order. Returns the file as it is now."""
    if number != file["parts"]:
        raise not_found(FILE, file["_id"])
    size = file["size"] + len(data)
    if size > LARGEST_FILE:
        raise refusals.too_large(LARGEST_FILE)
    part = {"file": file["_id"], "number": number, "data": data, "expires_at": file["expires_at"]}
    await tx.unscoped(PARTS).write([InsertOne(part)])
    return await _changed(tx, file, parts=number + 1, size=size)


async def close(tx: Transaction, file: Document) -> None:
    """The file is complete."""
    await _changed(tx, file, state=FileState.COMPLETE.value)


async def discard(tx: Transaction, file: Document) -> None:
    """The file and its parts are gone, and no longer counted. A part that is on its way is refused."""
    await _changed(tx, file, state=FileState.DISCARDED.value, uploaded=False, expires_at=tx.at)
    await tx.unscoped(PARTS).delete({"file": file["_id"]})


async def _changed(tx: Transaction, file: Document, **fields: Any) -> Document:
    changed = {**file, **fields, "version": file["version"] + 1}
    await files(tx).replace({"_id": file["_id"], "version": file["version"]}, changed)
    return changed


async def part_of(access: Access, file: str, number: int) -> bytes | None:
    found = await access.unscoped(PARTS).find_one({"file": file, "number": number})
    return bytes(found["data"]) if found else None


async def fetch(access: Access, file: Document, into: Path) -> None:
    with into.open("wb") as stream:
        for number in range(file["parts"]):
            stream.write(await part_of(access, file["_id"], number) or b"")


async def keep(
    store: Store, kind: Kind, file: Path, name: str, unit: str, *, caller: Caller, scope: Scope
) -> str:
    """Stores a file from disk as the caller's own, one part per transaction. Returns its id."""
    key = new_id(kind)

    async def store_once(tx: Transaction, number: int, data: bytes) -> None:
        # A transaction whose commit got no answer is repeated: the part may be stored already.
        found = await files(tx).find_one({"_id": key})
        found = found or await begin(tx, key, name, unit, uploaded=False)
        if found["parts"] == number:
            await store_part(tx, found, number, data)

    async def close_once(tx: Transaction) -> None:
        found = await files(tx).find_one({"_id": key, "state": FileState.OPEN.value})
        if found:
            await close(tx, found)

    with file.open("rb") as stream:
        for number, data in enumerate(_cut(stream)):
            part = partial(store_once, number=number, data=data)
            await store.transaction(part, caller=caller, scope=scope)
    await store.transaction(close_once, caller=caller, scope=scope)
    return key


def _cut(stream: BinaryIO) -> Iterator[bytes]:
    """The parts of a file. An empty file has one empty part."""
    yield stream.read(LARGEST_PART)
    while data := stream.read(LARGEST_PART):
        yield data
