"""Numbers a service's committed events densely and announces the last number.

One sequencer per service works at a time: the holder of a lease, which MongoDB's clock measures. Another process may
take a lease that has run out. Until one does, the holder keeps it, however slow the holder is: each numbering
transaction checks first that nobody has taken it, and renews it. Numbering needs only the database. `Copy` fills the
stream in NATS beside it.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.kernel import telemetry
from services.kernel.log.backlog import Backlog
from services.kernel.log.copying import PAGE, Copy
from services.kernel.log.pace import Pace
from services.kernel.log.streams import Heartbeat, heartbeat_subject, nudge_subject
from services.kernel.messages import Recorded, unreadable
from services.kernel.mongo.driver import Document, PyMongoError, Session
from services.kernel.mongo.lease import free_for, until
from services.kernel.mongo.logged import id_of, recorded
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import PENDING, Transaction
from services.kernel.process import end

GATHER = 0.04
"""Least seconds between the starts of two rounds: the events of many commands then share one transaction, one
publication, and a batch of each reader. An event that comes after a pause of that length does not wait."""
HEAD = "head"


class LostLease(Exception):  # noqa: N818
    """Another process holds the lease now."""


class Sequencer:
    """`copy`: the stream. `backlog`: the events without a number."""

    def __init__(self, store: Store, nats: Client, *, lease: float, heartbeat: float) -> None:
        self._store = store
        self._nats = nats
        self._producer = store.service
        self._holder = secrets.token_hex(8)
        self._lease = lease
        self._heartbeat = heartbeat
        self._renew_at = 0.0
        self._pace = Pace(PAGE)
        self._nudged = asyncio.Event()
        self.copy = Copy(store, nats, heartbeat=heartbeat)
        self.backlog = Backlog(store, heartbeat=heartbeat)
        self.head = 0
        self._epoch = ""

    def nudge(self) -> None:
        self._nudged.set()

    async def run(self) -> None:
        async def on_nudge(_: Any) -> None:
            self.nudge()

        nudges = await self._nats.subscribe(nudge_subject(self._producer), cb=on_nudge)
        works = (self._number_all(), self.copy.run(), self._announce())
        tasks = [asyncio.create_task(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await end(tasks)
            with contextlib.suppress(NatsError):
                await nudges.unsubscribe()

    async def _number_all(self) -> None:
        while True:
            again_at = time.monotonic() + GATHER
            try:
                await self.work()
            except LostLease:
                self._renew_at = 0.0
            except (TimeoutError, PyMongoError, OSError) as error:
                telemetry.log.warning("sequencer waits", why=repr(error))
                await asyncio.sleep(0.2)
                continue
            # Not wait_for: in Python 3.11 it ignores a cancellation that comes together with the nudge.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(self._heartbeat, self._lease / 3)):
                    await self._nudged.wait()
            await asyncio.sleep(max(0.0, again_at - time.monotonic()))
            self._nudged.clear()

    async def work(self) -> None:
        """Numbers all committed events, if no other process holds the lease."""
        more = await self.hold()
        while more:
            page = self._pace.size
            # A page that is not full is the last one: a later commit sends a nudge.
            more = await self.number() >= page

    async def hold(self) -> bool:
        """Takes the lease, or renews it after a third of its time; False while another process holds it."""
        if time.monotonic() < self._renew_at:
            return True
        held = await self._store.db.sequencer.find_one_and_update(
            {"_id": HEAD, "$expr": free_for(self._holder)},
            [{"$set": {"holder": self._holder, "until": until(self._lease)}}],
        )
        if held is None:
            self.copy.rest()
            return False
        if held["holder"] != self._holder:
            telemetry.log.info("sequencer took the lease", head=held["head"])
            self.copy.rest()
            self._epoch = ""
        self._follow(held["head"])
        self._renew_at = time.monotonic() + self._lease / 3
        return True

    def _follow(self, head: int, fresh: Sequence[Recorded] = ()) -> None:
        """Notes the log's last number, and the events that got a number just now."""
        first = fresh[0].seq if fresh else head + 1
        if not self._epoch or first <= self.head:  # the holder of the lease numbers each event once
            self._epoch = secrets.token_hex(8)
        self.head = head
        self.copy.follow(head, fresh)

    async def _renew(self, session: Session | None) -> Document:
        """Renews the lease, even one that has run out, unless another process has taken it.

        Returns the lease, with the last number and its event.
        """
        renewed = await self._store.db.sequencer.find_one_and_update(
            {"_id": HEAD, "holder": self._holder}, [{"$set": {"until": until(self._lease)}}], session=session
        )
        if renewed is None:
            raise LostLease
        return dict(renewed)

    async def number(self) -> int:
        """Gives the next numbers to at most a page of committed events, in one transaction. Returns their number."""
        if not await self._store.db.log.find_one({"seq": 0}, {"_id": 1}, sort=PENDING):
            return 0

        async def work(tx: Transaction) -> list[Recorded]:
            # First: from here to the commit MongoDB lets nobody else write the lease, however long that takes.
            lease = await self._renew(tx.session)
            head = int(lease["head"])
            # A snapshot that shows version 2 of an aggregate shows its version 1, which sorts before it.
            pending = self._store.db.log.find({"seq": 0}, session=tx.session)
            events = [document async for document in pending.sort(PENDING).limit(self._pace.size)]
            before = [lease["event"], *map(id_of, events)]
            await self._store.db.sequencer.update_one(
                {"_id": HEAD},
                [
                    {
                        "$set": {
                            "head": head + len(events),
                            "event": {"$literal": before[-1]},
                            "until": until(self._lease),
                        }
                    }
                ],
                session=tx.session,
            )
            numbered = await tx.number([event["_id"] for event in events], head + 1)
            assert numbered == len(events), "only the sequencer numbers events"  # noqa: S101
            return [
                recorded({**event, "seq": seq}, previous, self._producer)
                for seq, (event, previous) in enumerate(zip(events, before, strict=False), head + 1)
            ]

        with self._pace.one():
            fresh = await self._store.transaction(work)
        if fresh:
            self._follow(fresh[-1].seq, fresh)
        for event in fresh:
            if event.type == unreadable(self._producer):
                telemetry.log.error(
                    "document of the log is no event", id=event.id, seq=event.seq, why=event.data["why"]
                )
        return len(fresh)

    async def _announce(self) -> None:
        while True:
            await self.beat()
            await asyncio.sleep(self._heartbeat)

    async def beat(self) -> None:
        """Sends a heartbeat if the database says that this process holds the lease."""
        known = self.head
        lease = await self.backlog.look()
        # Without a connection, NATS's client would send it late, when it is no longer true.
        if lease and lease["holder"] == self._holder and self._nats.is_connected:
            if lease["head"] < known:  # the log was restored
                self._follow(lease["head"])
            problem = self.backlog.problem or self.copy.problem
            beat = Heartbeat(
                last=lease["head"],
                event=lease["event"],
                stream_agrees=self.copy.agrees,
                problem=problem,
                stalled=self.backlog.since,
                every=self._heartbeat,
                epoch=self._epoch,
            )
            with contextlib.suppress(NatsError, OSError):  # the connection is breaking
                await self._nats.publish(heartbeat_subject(self._producer), msgspec.json.encode(beat))
