"""Keeps a process's index of one kind of document up to date: read from disk or built, then fed by events.

It runs beside the code that answers. That code uses `index`, `source` and `reached`, and nothing else of it.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from nats.aio.client import Client as Nats

from services.kernel import telemetry
from services.kernel.log.feed import AnotherLog, Feed
from services.kernel.log.position import Position
from services.kernel.log.pulse import Pulse
from services.kernel.messages import Recorded, Refused
from services.kernel.mongo.driver import PyMongoError, is_transient
from services.kernel.mongo.store import Store
from services.kernel.search.declaration import Searched
from services.kernel.search.file import IndexFile
from services.kernel.search.index import Index
from services.kernel.search.source import AT_ONCE, Source

WRITE_EVERY = 600.0
"""Seconds between writes of a changed index to disk. The next start reads later events from the log."""


class Projection:
    """Processes of the service may share `folder`."""

    def __init__(self, searched: Searched, store: Store, folder: Path) -> None:
        self.name = f"search/{store.service}/{searched.kind.field}"
        self.source = Source(searched, store.ours())
        self._searched = searched
        self._store = store
        self._file = IndexFile(searched, folder / f"{store.db.name}.{searched.kind.field}.index")
        self._index: Index | None = None
        self._pulse: Pulse | None = None
        self._moved = asyncio.Condition()
        self._written = 0
        self._write_at = time.monotonic() + WRITE_EVERY
        self.built, self.total = 0, 0
        """Documents indexed, and about how many there are, while the index is built."""

    @property
    def file(self) -> Path:
        return self._file.path

    @property
    def index(self) -> Index:
        """Refused while there is none."""
        if self._index is None:
            share = 100 * self.built // max(1, self.total)
            raise Refused(
                "search-not-ready",
                vi=f"Chỉ mục tìm kiếm đang được dựng: {self.built} trên khoảng {self.total} {self._searched.kind.vi} "
                f"({share} %); hãy thử lại sau.",
                en=f"The search index is being built: {self.built} of about {self.total} ({share} %); "
                "try again later.",
            )
        return self._index

    async def reached(self, position: int) -> Index:
        """Waits until the index includes the event of that number."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._index is not None and self._index.position >= position)
        return self.index

    @property
    def lag(self) -> int | None:
        """Number of events that the index does not include; documents left while it is built; None if unknown."""
        if self._index is None:
            return max(0, self.total - self.built)
        if self._pulse is None or self.unknown_since:
            return None
        return max(0, self._pulse.head - self._index.position)

    @property
    def unknown_since(self) -> datetime | None:
        return self._pulse.unknown_since if self._pulse else None

    @property
    def problem(self) -> str | None:
        return None

    @property
    def standby(self) -> bool:
        return False  # each process has an index of its own

    async def run(self, nats: Nats) -> None:
        """Never ends. While the database is away it waits, then continues from its position."""
        try:
            async with Pulse(nats, self._store.service) as pulse:
                self._pulse = pulse
                while True:
                    try:
                        await self._follow(pulse)
                    except AnotherLog as error:
                        telemetry.log.warning("search index is built again", why=str(error))
                        self._index = None
                    except PyMongoError as error:
                        if not is_transient(error):
                            raise
                        telemetry.log.warning("search waits", why=repr(error))
                        await asyncio.sleep(0.5)
        finally:
            if self._index is not None and self._index.position > self._written:
                with contextlib.suppress(
                    PyMongoError
                ):  # the next start reads an older file, or builds the index
                    await self._write(self._index)

    async def _follow(self, pulse: Pulse) -> None:
        """Ends when the index has to be built again."""
        if self._index is None:
            await self.source.load()
            self._index = await self._read() or await self._build()
            await self._notify()
        index = self._index
        feed = Feed(pulse, Position(index.position, index.event), sparing=True)
        async with contextlib.aclosing(feed.batches(AT_ONCE)) as batches:
            async for events in batches:
                if events:
                    await self._apply(index, events)
                    await self._notify()
                if index.is_disordered(idle=not events):
                    self._index = await self._build()  # the old index answers until then
                    await self._notify()
                    return
                await self._write_at_times(index)

    async def _apply(self, index: Index, events: Sequence[Recorded]) -> None:
        changed = {event.key for event in events if self._searched.kind.names(event.key)}
        changed |= index.belonging(await self.source.renamed(events))
        ids = sorted(changed)
        for start in range(0, len(ids), AT_ONCE):
            index.put(await self.source.some(ids[start : start + AT_ONCE]))
        index.position, index.event = events[-1].seq, events[-1].id

    async def _notify(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _read(self) -> Index | None:
        """The index on disk, if it was made from this log."""
        index = await asyncio.to_thread(self._file.read)
        if index is None:
            return None
        if await self._store.event_at(index.position) != index.event:
            telemetry.log.warning("search index on disk is of another log")
            return None
        self._written = index.position
        telemetry.log.info("search index read", documents=index.documents, position=index.position)
        return index

    async def _build(self) -> Index:
        """Builds the index from the documents. The position is noted first: the log has everything after it."""
        began = time.monotonic()
        index = Index(self._searched.kind)
        index.position = await self._store.head()
        index.event = await self._store.event_at(index.position)
        self.built, self.total = 0, await self._store.about(self._searched.collection)
        async for entries in self.source.all():
            index.put(entries)
            self.built += len(entries)
        telemetry.log.info(
            "search index built", documents=index.documents, seconds=round(time.monotonic() - began, 1)
        )
        self._write_at = 0.0
        await self._write(index)
        return index

    async def _write_at_times(self, index: Index) -> None:
        if index.position > self._written and time.monotonic() > self._write_at:
            await self._write(index)

    async def _write(self, index: Index) -> None:
        """Writes the index to disk, unless the log has events that the index does not include.

        Some documents may have been read with the changes of these events. If the database was restored to a moment
        before them, the next start would take such an index for one of that log.
        """
        if await self._store.has_after(index.position):
            return
        packed = self._file.packed(index)
        await asyncio.to_thread(self._file.write, packed)
        self._written, self._write_at = index.position, time.monotonic() + WRITE_EVERY
