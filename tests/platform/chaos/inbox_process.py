"""A reader in a process of its own that kills itself at one step of its second batch.

`python -m tests.platform.chaos.inbox_process <settings as JSON> <step>`; the step is the reader's name too.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from services.kernel.config import Settings
from services.kernel.log.inbox import Heard
from services.kernel.messaging import client
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from tests.platform.chaos.happenings import die
from tests.platform.chaos.hearing import READER, hearing, inbox

Work = Callable[[Transaction], Awaitable[Any]]


class Doomed(Store):
    committed = 0
    step = ""

    async def transaction(self, work: Work, **options: Any) -> Any:
        """Ends its second transaction at the step."""
        second = self.committed == 1

        async def work_and_die(tx: Transaction) -> None:
            await work(tx)
            if second and self.step == "BeforeCommit":
                die()

        await super().transaction(work_and_die, **options)
        if second and self.step == "AfterCommit":
            die()
        self.committed += 1


async def main(settings: Settings, step: str) -> None:
    store = Doomed(settings, READER)
    store.step = step
    hear = hearing(step)

    async def hear_and_die(heard: Sequence[Heard], tx: Transaction) -> None:
        await hear(heard, tx)
        if store.committed == 1 and step == "BeforeCursor":
            die()

    await inbox(store, step, hear_and_die).run(await client.connect(settings, READER))


if __name__ == "__main__":
    asyncio.run(main(Settings.model_validate_json(sys.argv[1]), sys.argv[2]))
