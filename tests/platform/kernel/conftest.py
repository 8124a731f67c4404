"""The toy service without its process, and its connections."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import msgspec
import pytest_asyncio
from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from services.kernel.calendar import moment
from services.kernel.caller import LIFE, Caller, Grant, Tokens, binding
from services.kernel.config import Settings
from services.kernel.log import streams
from services.kernel.log.inbox import Handler, Inbox
from services.kernel.log.sequencer import Sequencer
from services.kernel.messages import Command, Recorded, Role
from services.kernel.messaging import client
from services.kernel.messaging.client import CALLER, KEY, MANY, PREVIEW, Keyed, Reply
from services.kernel.messaging.desk import Desk
from services.kernel.mongo.store import Store
from services.kernel.process import end
from services.kernel.units import COUNTRY
from tests.conftest import TESTER
from tests.platform.kernel import toy
from tests.platform.kernel.toy import OpenTally, RaiseTally, TallyRaised
from tests.replays import replaying

ANN = Caller(id="ann", name="Ann", grants=(Grant(role=Role.OFFICER, unit=COUNTRY),))


class Toy:
    """The toy service without its process: a desk, a sequencer, and a reader in the same database."""

    def __init__(self, settings: Settings, connection: Nats) -> None:
        self.settings = settings
        self.store = Store(settings, "toy")
        self.nats = connection
        self.sequencer = self.new_sequencer()
        self._sign = Tokens.from_file("gateway", settings.secrets_of("gateway") / "caller.private.json")
        verify = Tokens.from_file("gateway", settings.secrets_of("review") / "caller.public.json")
        self.desk = Desk(self.store, verify, self._committed)

    def new_sequencer(self) -> Sequencer:
        return Sequencer(self.store, self.nats, lease=1, heartbeat=0.2)

    async def restore(self, head: int) -> None:
        """Takes the log back to an earlier moment, as a restored database does."""
        event = await self.store.event_at(head)
        await self.store.db.log.delete_many({"seq": {"$not": {"$lte": head, "$gt": 0}}})
        earlier = {"head": head, "event": event, "holder": None}
        await self.store.db.sequencer.update_one({"_id": "head"}, {"$set": earlier})

    async def is_copied(self, length: int) -> bool:
        """Whether the stream is a copy of the log, which has so many events."""
        log = [event["_id"] for event in await self.log()]
        with contextlib.suppress(NatsError, JetStreamError):
            return len(log) == length and [event.id for event in await self.stream()] == log
        return False

    async def _committed(self) -> None:
        self.sequencer.nudge()

    async def do(
        self, command: Command, key: str, caller: Caller = ANN, *, signed: datetime | None = None
    ) -> Reply[Any]:
        body = msgspec.json.encode(command)
        token = self._sign.sign(caller, signed or moment(), LIFE, **binding(command.subject, body, key))
        handler: Any = toy.open_tally if isinstance(command, OpenTally) else toy.raise_tally
        reply = await self.desk.command(type(command), handler, body, {CALLER: token, KEY: key})
        return msgspec.json.decode(reply, type=Reply)

    async def do_each(
        self, commands: dict[str, RaiseTally], *, preview: bool = False
    ) -> list[Reply[dict[str, Any]]]:
        """`commands` by their keys."""
        body = msgspec.json.encode(
            [Keyed(key, msgspec.Raw(msgspec.json.encode(one))) for key, one in commands.items()]
        )
        token = self._sign.sign(ANN, moment(), LIFE, **binding(RaiseTally.subject, body, ""))
        headers = {CALLER: token, MANY: "1", **({PREVIEW: "1"} if preview else {})}
        reply = await self.desk.command(RaiseTally, toy.raise_tally, body, headers)
        return msgspec.json.decode(reply, type=Reply[list[Reply[dict[str, Any]]]]).answer or []

    async def settled(self, command: Command, key: str) -> Reply[Any]:
        """Repeats the command, as clients do, until its outcome is known: a slow machine gives up some attempts."""
        while (reply := await self.do(command, key)).failure:
            assert reply.again, reply
        return reply

    async def log(self) -> list[dict[str, Any]]:
        return [document async for document in self.store.db.log.find().sort("seq", 1)]

    async def stream(self) -> list[Recorded]:
        js = self.nats.jetstream()
        last = await streams.last(js, "toy")
        messages = [await js.get_msg(streams.name("toy"), seq=seq) for seq in range(1, last + 1)]
        return [msgspec.json.decode(message.data or b"", type=Recorded) for message in messages]

    def inbox(self, handle: Handler = toy.copy, store: Store | None = None) -> Inbox:
        return Inbox(store or self.store, "toy", {TallyRaised.subject: TallyRaised}, handle, name="copy")

    async def copies(self) -> dict[str, int]:
        """The number of events of each tally that took effect."""
        return {document["_id"]: document["heard"] async for document in self.store.db.copies.find()}

    async def cursor(self) -> int:
        cursor = await self.store.db.cursors.find_one({"_id": "copy/toy"})
        return cursor["seq"] if cursor else 0

    async def has_passed(self, seq: int) -> bool:
        """Whether the reader's cursor is at this number."""
        return await self.cursor() == seq

    async def parked(self) -> list[dict[str, Any]]:
        return [document async for document in self.store.db.parked.find().sort("seq", 1)]


@pytest_asyncio.fixture
async def service(settings: Settings) -> AsyncGenerator[Toy, None]:
    connection = await client.connect(settings, TESTER)
    made = Toy(settings, connection)
    await made.store.provision({})
    await streams.ensure(connection.jetstream(), "toy")

    await replaying(connection, made.store)
    yield made
    made.store.close()
    await connection.close()


@contextlib.asynccontextmanager
async def running(*works: Any) -> AsyncGenerator[None, None]:
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        await end(tasks)
