"""A sequencer in a process of its own that kills or stops itself at one step of its work.

`python -m tests.platform.chaos.sequencer_process <settings as JSON> <step>`; prints its fate to stdout, in lines that
begin with `SAYS`, between those of its log.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence

from nats.aio.client import Client
from nats.js import JetStreamContext

from services.kernel.config import Settings
from services.kernel.log import streams
from services.kernel.log.copying import Copy
from services.kernel.log.sequencer import LostLease, Sequencer
from services.kernel.messages import Recorded
from services.kernel.messaging import client
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from tests.platform.chaos.happenings import PRODUCER, die, say


class DoomedCopy(Copy):
    """Says when NATS refused a page."""

    async def publish(self, events: Sequence[Recorded]) -> None:
        try:
            await super().publish(events)
        except Exception as error:
            say(f"append refused: {error!r}")
            raise


class Doomed(Sequencer):
    """Says when the lease was lost."""

    copying: type[Copy] = DoomedCopy

    def __init__(self, store: Store, nats: Client, *, lease: float, heartbeat: float) -> None:
        super().__init__(store, nats, lease=lease, heartbeat=heartbeat)
        self.copy = self.copying(store, nats, heartbeat=heartbeat)

    async def number(self) -> int:
        try:
            return await super().number()
        except LostLease:
            say("lease lost")
            raise


class BeforeNumbering(Doomed):
    async def number(self) -> int:
        die()
        return await super().number()


class WhileNumbering(Doomed):
    async def number(self) -> int:
        numbered = Transaction.number

        async def and_die(tx: Transaction, ids: Sequence[str], first: int) -> int:
            count = await numbered(tx, ids, first)
            die()
            return count

        Transaction.number = and_die  # type: ignore[assignment, method-assign]
        return await super().number()


class BeforePublishing(Doomed):
    class copying(DoomedCopy):  # noqa: N801
        async def publish(self, events: Sequence[Recorded]) -> None:
            die()


class HalfPublished(Doomed):
    class copying(DoomedCopy):  # noqa: N801
        async def publish(self, events: Sequence[Recorded]) -> None:
            await super().publish(events[: len(events) // 2])
            die()


class AllPublished(Doomed):
    class copying(DoomedCopy):  # noqa: N801
        async def publish(self, events: Sequence[Recorded]) -> None:
            await super().publish(events)
            die()


class TailRead(Doomed):
    """Dies after it has read the tail when all is numbered and appended."""

    class copying(DoomedCopy):  # noqa: N801
        async def find_tail(self) -> int:
            tail = await super().find_tail()
            if tail == await self._store.db.log.count_documents({}):
                die()
            return tail


class StreamMadeAnew(Doomed):
    """Dies after it has created the missing stream, while the stream is empty."""

    class copying(DoomedCopy):  # noqa: N801
        async def find_tail(self) -> int:
            make = streams.make

            async def and_die(js: JetStreamContext, producer: str) -> None:
                await make(js, producer)
                die()

            streams.make = and_die
            return await super().find_tail()


class StopsHalfPublished(Doomed):
    class copying(DoomedCopy):  # noqa: N801
        stopped = False

        async def publish(self, events: Sequence[Recorded]) -> None:
            if self.stopped:
                return await super().publish(events)
            self.stopped = True
            await super().publish(events[: len(events) // 2])
            os.kill(os.getpid(), signal.SIGSTOP)
            return await super().publish(events[len(events) // 2 :])


class StopsBeforeNumbering(Doomed):
    stopped = False

    async def number(self) -> int:
        if not self.stopped:
            self.stopped = True
            os.kill(os.getpid(), signal.SIGSTOP)
        return await super().number()


STEPS: dict[str, Callable[..., Sequencer]] = {
    kind.__name__: kind
    for kind in (
        BeforeNumbering,
        WhileNumbering,
        BeforePublishing,
        HalfPublished,
        AllPublished,
        TailRead,
        StreamMadeAnew,
        StopsHalfPublished,
        StopsBeforeNumbering,
    )
}


async def main(settings: Settings, step: str) -> None:
    store = Store(settings, PRODUCER)
    connection = await client.connect(settings, PRODUCER)
    await STEPS[step](store, connection, lease=settings.lease, heartbeat=settings.heartbeat).run()


if __name__ == "__main__":
    asyncio.run(main(Settings.model_validate_json(sys.argv[1]), sys.argv[2]))
