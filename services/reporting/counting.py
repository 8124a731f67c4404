"""The readers of one generation in this process, and what they know of the producers' logs."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from nats.aio.client import Client

from services.kernel.calendar import VIETNAM
from services.kernel.log.inbox import Inbox
from services.kernel.mongo.store import Store
from services.kernel.process import end, keep_running
from services.reporting import handlers
from services.reporting.domain import Known
from services.reporting.generations import reader
from services.reporting.measures import COUNTED
from services.reporting.repository import Counters


class Counting:
    """Begins at once, and runs until `stop`."""

    def __init__(self, store: Store, generation: int, nats: Client) -> None:
        count = partial(handlers.count, counters=Counters(generation))
        self.generation = generation
        self.inboxes = [
            Inbox(store, producer, {type_.subject: type_ for type_ in types}, count, name=reader(generation))
            for producer, types in COUNTED.items()
        ]
        self._tasks = [
            asyncio.create_task(keep_running(f"count {inbox.producer}", partial(inbox.run, nats)))
            for inbox in self.inboxes
        ]

    @property
    def is_in_trouble(self) -> bool:
        return any(inbox.problem for inbox in self.inboxes)

    async def stop(self) -> None:
        await end(self._tasks)


def known(used: Counting | None, others: Sequence[Counting] = ()) -> Mapping[str, Known]:
    """This process's knowledge of each producer.

    `used`: the readers of the generation in use. `others`: readers of other generations, which know heads too.
    """
    inboxes = [inbox for counting in others for inbox in counting.inboxes]
    found = {producer: Known() for producer in COUNTED}
    for own in used.inboxes if used else ():
        heads = [
            one.position + one.lag
            for one in (own, *inboxes)
            if one.producer == own.producer and one.lag is not None
        ]
        silent_since = None if own.problem else own.unknown_since
        found[own.producer] = Known(
            reader=own.name,
            stored=own.stored,
            position=own.position,
            head=None if own.unknown_since else max(heads),
            silent_since=silent_since.astimezone(VIETNAM) if silent_since else None,
        )
    return found
