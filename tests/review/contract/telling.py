"""Runs the reader and the task that publish review's events, without review's process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from nats.aio.client import Client

from services.kernel.log.inbox import Inbox
from services.kernel.mongo.store import Store
from services.kernel.process import end
from services.kernel.public.publisher import Publisher
from services.review.contract.telling import TOLD, tell


@asynccontextmanager
async def telling(store: Store, nats: Client) -> AsyncGenerator[Publisher, None]:
    publisher = Publisher(store, tell)
    types = {type_.subject: type_ for type_ in TOLD}
    inbox = Inbox(store, "review", types, publisher.publish, name="public", ready=publisher.ready)
    tasks = [asyncio.ensure_future(work) for work in (inbox.run(nats), publisher.run(nats))]
    try:
        yield publisher
    finally:
        await end(tasks)


async def restore_told(store: Store, seq: int) -> None:
    """Takes the reader and what it told back to the moment after this event, as a restored database does.

    Every event of the log was told.
    """
    earlier = {"seq": seq, "event": await store.event_at(seq), "holder": None}
    await store.db.cursors.update_one({"_id": "public/review"}, {"$set": earlier})
    await store.db.published.delete_many({"_id": {"$gt": seq}})
