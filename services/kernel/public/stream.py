"""The stream of a service's public events, in an account of NATS of its own.

Subscribers have accounts of their own and reach only this stream. So they can neither see nor disturb what the services
tell each other, and a consumer that they make cannot send messages to a subject of ours.
"""

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from services.kernel.public.events import MAJOR, type_of

API = "JS.public.API"
"""The prefix under which our processes reach the account's JetStream."""


def name(service: str) -> str:
    return f"danvan-{service}-v{MAJOR}"


def subjects(service: str) -> str:
    return type_of(service, ">")


def reached(nats: Client) -> JetStreamContext:
    return nats.jetstream(prefix=API, timeout=5)


async def last(js: JetStreamContext, service: str) -> int:
    """The stream's last number. It is made if it is missing."""
    try:
        info = await js.stream_info(name(service))
    except NotFoundError:
        await js.add_stream(_settings(service))
        return 0
    return info.state.last_seq


def _settings(service: str) -> StreamConfig:
    """Messages do not expire."""
    return StreamConfig(
        name=name(service),
        subjects=[subjects(service)],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        # The numbers detect duplicates. By message ids, NATS would drop the events that refill a purged stream.
        duplicate_window=0.1,
        deny_delete=True,
    )
