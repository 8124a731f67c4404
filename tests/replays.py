"""Answers a producer's readers without its process: they take nothing that its log does not have."""

from typing import Any

from nats.aio.client import Client
from nats.aio.subscription import Subscription

from services.kernel.log import pages
from services.kernel.log.replay import replay_subject
from services.kernel.mongo.store import Store


async def replaying(connection: Client, store: Store) -> Subscription:
    """Answers with pages of the store's log until the subscription or the connection ends."""

    async def answer(message: Any) -> None:
        await message.respond(await pages.answer(store, message.data))

    return await connection.subscribe(replay_subject(store.service), cb=answer)
