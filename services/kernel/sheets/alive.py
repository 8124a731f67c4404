"""Whether a worker lives. NATS knows at once when the connection of a process has ended."""

from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

PATIENCE = 1.0
"""Seconds to wait for a worker. One that is busy keeps its lease."""


def subject(service: str, worker: str = "*") -> str:
    return f"worker.{service}.{worker}"


async def answers(nats: Nats, service: str, worker: str) -> Subscription:
    """Answers for this worker until the subscription ends, or this process."""

    async def answer(message: Msg) -> None:
        await message.respond(b"")

    return await nats.subscribe(subject(service, worker), cb=answer)


async def has_ended(nats: Nats, service: str, worker: str) -> bool:
    """True only if no process answers for the worker. False if it is busy, or NATS cannot say."""
    try:
        await nats.request(subject(service, worker), timeout=PATIENCE)
    except NoRespondersError:
        return True
    except (NatsError, TimeoutError):
        return False
    return False
