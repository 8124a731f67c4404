"""An index on disk. It is a copy that saves building the index: a file that does not fit is not read."""

import hashlib
import os
import zlib
from pathlib import Path

import msgspec

from services.kernel import telemetry
from services.kernel.search.declaration import Searched
from services.kernel.search.index import Index, Packed

SCHEMA = 3
"""Raise it when a change of the tokenizer or of the index makes an older file answer queries in another way."""
MAGIC = b"danvan-search\n"


class IndexFile:
    """The file of one index. Processes may share it: each writes it whole. A file of another declaration is ignored."""

    def __init__(self, searched: Searched, path: Path) -> None:
        self.path = path
        self._searched = searched
        self._schema = f"{SCHEMA}/{hashlib.blake2b(searched.described().encode(), digest_size=8).hexdigest()}"

    def read(self) -> Index | None:
        """None without a file, and for a damaged file or one of another schema."""
        try:
            packed = self.path.read_bytes()
        except OSError:
            return None
        index = self.unpacked(packed)
        if index is None:
            telemetry.log.warning("search index on disk is not usable", file=str(self.path))
        return index

    def write(self, packed: bytes) -> None:
        """Writes the whole file or nothing. After a failure, the next start builds the index."""
        fresh = self.path.with_suffix(f".{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(packed)
            fresh.replace(self.path)
        except OSError as error:
            telemetry.log.warning("search index not written", why=str(error))
            fresh.unlink(missing_ok=True)

    def packed(self, index: Index) -> bytes:
        """The index as bytes, with a checksum that shows whether a file is complete."""
        body = msgspec.msgpack.encode(index.packed())
        return MAGIC + msgspec.json.encode(self._head(body)) + b"\n" + body

    def unpacked(self, packed: bytes) -> Index | None:
        try:
            magic, head, body = packed.split(b"\n", 2)
            if magic + b"\n" != MAGIC or msgspec.json.decode(head) != self._head(body):
                return None
        except (ValueError, msgspec.DecodeError):
            return None
        return Index(self._searched.kind, msgspec.msgpack.decode(body, type=Packed))

    def _head(self, body: bytes) -> dict[str, str | int]:
        return {"schema": self._schema, "bytes": len(body), "crc": zlib.crc32(body)}
