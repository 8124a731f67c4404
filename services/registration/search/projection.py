"""Keeps a process's own index at the service's log: read from disk or built from the documents, then fed by events.

The index on disk is a copy that saves building it; whoever starts without one, or with one that does not fit the log,
builds it. Processes may share the file: each writes it whole.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from nats.aio.client import Client as Nats

from services.kernel import telemetry
from services.kernel.log.feed import Feed
from services.kernel.messages import Recorded, Refused
from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import PyMongoError, passing
from services.kernel.mongo.store import Store
from services.kernel.rows import Rows
from services.registration.models.messages import MODEL
from services.registration.models.repository import Models
from services.registration.organisations.messages import ORGANISATION
from services.registration.search import handlers
from services.registration.search.index import Index
from services.registration.search.messages import Search, SearchHits
from services.registration.search.repository import AT_ONCE, Sources
from services.registration.units.messages import UnitRecorded

PRODUCER = "registration"
EVERY = 600.0
"""Seconds between writes of a changed index to disk: what is newer is read from the log at the next start."""


class Projection:
    name = f"search/{PRODUCER}"

    def __init__(self, store: Store, file: Path) -> None:
        self._store = store
        self._file = file
        self._index: Index | None = None
        self._sources = Sources(store.ours())
        self._feed: Feed | None = None
        self._moved = asyncio.Condition()
        self._kept = 0
        self._kept_at = time.monotonic()
        self.built, self.total = 0, 0
        """Models indexed of those there are, while the index is built."""

    @property
    def index(self) -> Index:
        """Refused while there is none."""
        if self._index is None:
            share = 100 * self.built // max(1, self.total)
            raise Refused(
                "search-not-ready",
                vi=f"Chỉ mục tìm kiếm đang được dựng: {self.built} trên khoảng {self.total} mô hình ({share} %); "
                "hãy thử lại sau.",
                en=f"The search index is being built: {self.built} of about {self.total} models ({share} %); "
                "try again later.",
            )
        return self._index

    @property
    def sources(self) -> Sources:
        return self._sources

    @property
    def lag(self) -> int:
        """Events that it does not know; while it is built, models."""
        if self._index is None:
            return max(0, self.total - self.built)
        return max(0, self._feed.head - self._index.position) if self._feed else 0

    @property
    def problem(self) -> str | None:
        return None

    async def search(self, query: Search, access: Access) -> Rows:
        return await handlers.search(query, access, self.index)

    async def search_hits(self, query: SearchHits, access: Access) -> Rows:
        return await handlers.search_hits(query, access, self.index, self._sources)

    async def reached(self, position: int) -> Index:
        """The index, once it knows the event of that number."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._index is not None and self._index.position >= position)
        return self.index

    async def run(self, nats: Nats) -> None:
        """For ever; while the database is away it waits, and goes on from where it was."""
        try:
            while True:
                try:
                    await self._follow(nats)
                except PyMongoError as error:
                    if not passing(error):
                        raise
                    telemetry.log.warning("search waits", why=repr(error))
                    await asyncio.sleep(0.5)
        finally:
            if self._index is not None and self._index.position > self._kept:
                self._write(self._index.packed())

    async def _follow(self, nats: Nats) -> None:
        if self._index is None:
            await self._sources.load_names()
            self._index = await self._read() or await self._build()
            await self._tell()
        index = self._index
        self._feed = Feed(nats, PRODUCER, index.position, sparing=True)
        async with contextlib.aclosing(self._feed.batches(AT_ONCE)) as batches:
            async for events in batches:
                if self._feed.problem:
                    # The log was restored to before what we know.
                    self._index = None
                    return
                if events:
                    await self.apply(index, events)
                    await self._tell()
                if index.disordered(idle=not events):
                    self._index = await self._build()  # searched meanwhile: the one that is there
                    await self._tell()
                    return
                await self._keep(index)

    async def apply(self, index: Index, events: Sequence[Recorded]) -> None:
        keys = {event.key for event in events}
        owners = {key for key in keys if ORGANISATION.names(key)}
        self._sources.renamed_owners(owners)
        units = {event.key for event in events if event.type == UnitRecorded.subject}
        renamed = (await self._sources.renamed_units(sorted(units)) if units else set()) | owners
        models = {key for key in keys if MODEL.names(key)} | index.belonging(renamed)
        changed = sorted(models)
        for start in range(0, len(changed), AT_ONCE):
            index.put(await self._sources.models(changed[start : start + AT_ONCE]))
        index.position, index.event = events[-1].seq, events[-1].id

    async def _tell(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _read(self) -> Index | None:
        """The index on disk, if it is one of this log."""
        try:
            packed = await asyncio.to_thread(self._file.read_bytes)
        except OSError:
            return None
        index = await asyncio.to_thread(Index.unpacked, packed)
        if index is None:
            telemetry.log.warning(
                "search index on disk is not usable, it is built anew", file=str(self._file)
            )
            return None
        if await self._store.event_at(index.position) != index.event:
            telemetry.log.warning("search index on disk is of another log, it is built anew")
            return None
        self._kept = index.position
        telemetry.log.info("search index read", models=index.models, position=index.position)
        return index

    async def _build(self) -> Index:
        """From the documents: what happens meanwhile is in the log after the position noted before."""
        began = time.monotonic()
        index = Index()
        index.position = await self._store.head()
        index.event = await self._store.event_at(index.position)
        self.built, self.total = 0, await self._store.about(Models.collection)
        async for entries in self._sources.all_models():
            index.put(entries)
            self.built += len(entries)
        telemetry.log.info(
            "search index built", models=index.models, seconds=round(time.monotonic() - began, 1)
        )
        await asyncio.to_thread(self._write, index.packed())
        self._kept = index.position
        return index

    async def _keep(self, index: Index) -> None:
        if index.position > self._kept and time.monotonic() - self._kept_at > EVERY:
            await asyncio.to_thread(self._write, index.packed())
            self._kept, self._kept_at = index.position, time.monotonic()

    def _write(self, packed: bytes) -> None:
        """Whole or not at all. Without a disk to write to, the next start builds it."""
        fresh = self._file.with_suffix(f".{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(packed)
            fresh.replace(self._file)
        except OSError as error:
            telemetry.log.warning("search index not written", why=str(error))
            fresh.unlink(missing_ok=True)
