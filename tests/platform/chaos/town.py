"""A stack with one town, and clients that change its records."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import httpx
from nats.aio.client import Client as Nats

from infra.operate.positions import Watch
from infra.run.stack import Stack
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messaging import client
from services.kernel.mongo.driver import Document
from services.kernel.mongo.store import Store
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
