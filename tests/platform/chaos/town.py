"""A stack with one town, and clients that change its records."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from infra.operate.positions import Watch
from infra.run.stack import Stack
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messaging import client
from services.kernel.mongo.driver import Document
from services.kernel.mongo.store import Store
from services.kernel.public import stream
from services.review.contract.telling import TOLD
from tests.conftest import GraphQL, record_town
from tests.platform.chaos.copies import assert_stream_is_copy, ids_in_log, length_of_stream
from tests.platform.chaos.load import Load
from tests.ports import stack_port
from tests.waiting import until


@dataclass
class Town:
    """`store`: registration's database, read as the operator."""

    stack: Stack
    settings: Settings
    store: Store
    nats: Nats
    watch: Watch
    load: Load

    async def all(self, service: str, collection: str) -> list[Document]:
        return [document async for document in self.store.beside(service)[collection].find()]


@asynccontextmanager
async def living(folder: Path) -> AsyncGenerator[Town, None]:
    made = Settings(var=folder, port=stack_port(), lease=1.0, heartbeat=0.25)
    async with Stack(made, lambda line: None) as stack, httpx.AsyncClient() as http:
        settings = made.model_copy(update={"nats_url": stack.nats_url, "mongo_url": stack.mongo_url})
        await record_town(settings)
        store = Store(settings, "registration", user=OPERATOR_USER)
        connection = await client.connect(settings, OPERATOR_USER)
        with closing(Watch(settings)) as watch:
            load = Load(GraphQL(stack.gateway_url, settings, http, watch))
            await watch.settled()
            await load.prepare()
            await watch.settled()
            yield Town(stack, settings, store, connection, watch, load)
        await connection.close()
        store.close()


async def log_is_dense_and_stream_its_copy(town: Town, producer: str) -> None:
    database = town.store.beside(producer)
    length = len(await ids_in_log(database))

    async def copied() -> bool:
        return await length_of_stream(town.nats, producer) == length

    await until(copied)
    await assert_stream_is_copy(town.nats, database, producer)


async def outsiders_heard_each_event_once(town: Town) -> None:
    """The public stream has review's events that outsiders may know, each once, in the order of the log."""
    told = {type_.subject for type_ in TOLD}
    log = town.store.beside("review").log.find({"seq": {"$gt": 0}}, sort=[("seq", 1)])
    wanted = [event["_id"] async for event in log if event["type"] in told]
    js = stream.reached(town.nats)
    name = stream.name("review")

    async def filled() -> bool:
        with suppress(NatsError, JetStreamError):
            return (await js.stream_info(name)).state.last_seq >= len(wanted)
        return False

    await until(filled)
    heard = [(await js.get_msg(name, seq=seq)).headers or {} for seq in range(1, len(wanted) + 1)]
    assert [message["ce-id"] for message in heard] == wanted
    assert (await js.stream_info(name)).state.last_seq == len(wanted)
