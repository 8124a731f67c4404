"""Prints review's public events in order, with FastStream. Started again, it goes on where it was."""

import asyncio
import logging

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.annotations import NatsMessage
from nats.js.api import ConsumerConfig

SERVER, KEY, NAME = "nats://127.0.0.1:4222", "nats.seed", "example"
STREAM = "danvan-review-v1"

# FastStream's own logger writes each message to stdout.
log = logging.getLogger(NAME)
broker = NatsBroker(SERVER, nkeys_seed=KEY, max_reconnect_attempts=-1, logger=log)


@broker.subscriber(
    "danvan.review.v1.>",
    stream=JStream(STREAM, declare=False),
    pull_sub=PullSub(timeout=1),
    durable=NAME,
    config=ConsumerConfig(max_ack_pending=1),
    ack_policy=AckPolicy.MANUAL,
)
async def show(event: NatsMessage) -> None:
    print(event.headers["ce-id"], event.headers["ce-type"], event.body.decode(), flush=True)
    await event.ack()


async def main() -> None:
    await broker.start()
    streams = (await broker.connect()).jetstream()
    while True:  # without its consumer, FastStream would wait for ever: this ends the program
        await streams.consumer_info(STREAM, NAME)
        await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
