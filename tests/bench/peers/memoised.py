"""Stands in for the services: it keeps each answer and repeats it from memory, so that services cost nothing."""

import asyncio
import sys
from pathlib import Path

import uvloop
from nats.aio.msg import Msg

from services.kernel.config import Settings
from services.kernel.messaging import client


async def main(services_url: str, url: str, secrets: str) -> None:
    services = await client.connect(Settings(nats_url=services_url, secrets=Path(secrets)), "gateway")
    connection = await client.connect(Settings(nats_url=url, secrets=Path(secrets)), "memoised")
    answers: dict[tuple[str, bytes], Msg] = {}

    async def on_request(message: Msg) -> None:
        asked = message.subject, message.data
        if asked not in answers:
            answers[asked] = await services.request(*asked, timeout=10, headers=message.headers)
        answer = answers[asked]
        await connection.publish(message.reply, answer.data, headers=answer.headers)

    await connection.subscribe("query.>", cb=on_request)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
