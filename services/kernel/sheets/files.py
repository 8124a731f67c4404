"""Files in parts, in MongoDB. Each belongs to the caller who sent it, or whose job made it, and expires by itself."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

from services.kernel.caller import Caller, Scope
from services.kernel.kinds import Kind
from services.kernel.mongo.access import Access, Documents, Unscoped
from services.kernel.mongo.driver import ASCENDING, Document, Indexes, IndexModel, InsertOne
from services.kernel.mongo.pages import NEWEST
from services.kernel.mongo.repository import new_id, not_found
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.sheets import refusals
from services.kernel.sheets.messages import FILE, LARGEST_FILE, LARGEST_PART

COLLECTION = "files"
PARTS = Unscoped("file_parts", "a part is read by the id of its file, which the caller has read before")
KEPT = timedelta(days=1)
AFTER_EXPIRY = IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)

INDEXES: Indexes = {
    COLLECTION: [
        IndexModel([("persons", ASCENDING), NEWEST]),
        IndexModel([("within", ASCENDING), NEWEST]),
        AFTER_EXPIRY,
    ],
    PARTS.name: [IndexModel([("file", ASCENDING), ("number", ASCENDING)], unique=True), AFTER_EXPIRY],
}


def files(access: Access) -> Documents:
    """The caller's own files."""
    return access.personal(COLLECTION)


async def get(access: Access, file: str) -> Document:
    found = await files(access).find_one({"_id": file})
    if found is None:
        raise not_found(FILE, file)
    return found


async def uploaded(access: Access, most: int) -> int:
    """Number of files that the caller has sent and that have not expired, up to `most`."""
    return len([one async for one in files(access).find({"uploaded": True}, {"_id": 1}, limit=most)])


async def store_part(tx: Transaction, file: str, number: int, data: bytes) -> None:
    part = {
        "file": file,
        "number": number,
        "by": tx.caller.id,
        "data": data,
        "size": len(data),
        "expires_at": tx.at + KEPT,
    }
    await tx.unscoped(PARTS).write([InsertOne(part)])


async def close(tx: Transaction, file: str, name: str, unit: str, *, uploaded: bool) -> None:
    """Creates the file from its parts, which one caller has sent without a gap. `unit`: the path of its unit."""
    digest, size, count = hashlib.sha256(), 0, 0
    async for part in tx.unscoped(PARTS).find({"file": file}, sort=[("file", 1), ("number", 1)]):
        if part["number"] != count or part["by"] != tx.caller.id:
            raise not_found(FILE, file)
        digest.update(part["data"])
        size, count = size + part["size"], count + 1
    if size > LARGEST_FILE:
        raise refusals.too_large(LARGEST_FILE)
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
        "expires_at": tx.at + KEPT,
    }
    await files(tx).insert(document)


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
        if await part_of(tx, key, number) is None:
            await store_part(tx, key, number, data)

    async def close_once(tx: Transaction) -> None:
        if await files(tx).find_one({"_id": key}) is None:
            await close(tx, key, name, unit, uploaded=False)

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
