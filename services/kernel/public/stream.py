"""The stream of a service's public events, in a NATS account of its own.

Each subscriber has an account of its own and reaches only this stream. So subscribers can neither see nor disturb
messages between the services. The consumer of a subscriber cannot deliver messages to a subject of the services.
"""

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.kernel.log.streams import kept
from services.kernel.public.events import MAJOR, type_of

API = "JS.public.API"
"""The prefix of the subjects by which the processes of Danvan reach the JetStream of that account."""


def name(service: str) -> str:
    """The name of the stream."""
    return f"danvan-{service}-v{MAJOR}"


def subjects(service: str) -> str:
    """The pattern of the subjects in the stream."""
    return type_of(service, ">")


def reached(nats: Client) -> JetStreamContext:
    """The JetStream of the public account. A request waits up to 5 seconds for its answer."""
    return nats.jetstream(prefix=API, timeout=5)


async def last(js: JetStreamContext, service: str) -> int:
    """The last number in the stream; 0 if it is empty. Creates the stream if it is missing."""
    try:
        info = await js.stream_info(name(service))
    except NotFoundError:
        await js.add_stream(kept(name(service), subjects(service), deny_delete=True))
        return 0
    return info.state.last_seq
