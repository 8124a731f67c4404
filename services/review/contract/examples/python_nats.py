"""Prints review's public events in order, with nats-py. Started again, it goes on where it was."""

import asyncio

import nats
from nats.js.api import ConsumerConfig

SERVER, KEY, NAME = "nats://127.0.0.1:4222", "nats.seed", "example"


async def main() -> None:
    connection = await nats.connect(SERVER, nkeys_seed=KEY, max_reconnect_attempts=-1)
    one_by_one = ConsumerConfig(max_ack_pending=1)
    events = await connection.jetstream().pull_subscribe("", NAME, "danvan-review-v1", one_by_one)
    while True:
        try:
            for event in await events.fetch(1, timeout=1):
                about = event.headers or {}
                print(about["ce-id"], about["ce-type"], event.data.decode(), flush=True)
                await event.ack()
        except TimeoutError:  # nothing new
            continue


if __name__ == "__main__":
    asyncio.run(main())
