"""Two processes of one service, one of them frozen: callers get answers, and every command takes effect once."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from typing import Any

from nats.errors import NoRespondersError

from infra.operate.operator import asking
from infra.run.ports import listening
from infra.run.stack import environment, process
from infra.run.supervisor import Running, Supervisor
from services.kernel.caller import Caller, Grant
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messages import Role
from services.kernel.messaging.client import connect
from services.kernel.messaging.wire import HEADERS
from services.kernel.mongo.store import Store
from services.movement.words import BodyKind
from services.registration.organisations.messages import OrganisationRegistered, RegisterOrganisation
from tests.conftest import TESTER, record_town
from tests.waiting import DEADLINE, until

OFFICER = Caller(id="ann", name="Ann", grants=(Grant(role=Role.OFFICER, unit="u437"),))
COMMANDS = 8


@asynccontextmanager
async def replicas(settings: Settings) -> AsyncGenerator[list[Running], None]:
    """Two processes that answer registration's requests."""
    with listening() as one, listening() as other:
        supervisor = Supervisor(
            [
                process(
                    f"registration {name}",
                    "services.registration.app",
                    environment(settings, "registration"),
                    settings.var / f"{name}.log",
                    listener,
                )
                for name, listener in (("one", one), ("other", other))
            ],
            lambda line: None,
        )
        await supervisor.start()
        try:
            await supervisor.wait_ready(DEADLINE)
            yield list(supervisor.running.values())
        finally:
            await supervisor.stop()


@contextmanager
def frozen(*processes: Running) -> Iterator[None]:
    pids = [process.pid or 0 for process in processes]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_commands_are_answered_and_take_effect_once_while_one_process_is_frozen(
    settings: Settings,
) -> None:
    async with replicas(settings) as (first, second), asking(settings) as services:
        await record_town(settings)

        async def register(number: int) -> str:
            command = RegisterOrganisation(
                name=f"Hội {number}", kind=BodyKind.POLICE, unit="u437", on=date(2024, 2, 1)
            )
            row = await services.ask(command, OFFICER, dict[str, Any], key=f"organisation/{number}")
            return str(row["id"])

        with frozen(first):
            made = await asyncio.gather(*map(register, range(COMMANDS)))
        assert await asyncio.gather(*map(register, range(COMMANDS))) == made
        store = Store(settings, "registration", user=OPERATOR_USER)
        events = await store.db.log.count_documents({"type": OrganisationRegistered.subject})
        assert (events, len(set(made))) == (COMMANDS, COMMANDS)
        store.close()

        # NATS drops processes that answer no ping, and takes them back when they go on.
        nats = await connect(settings, TESTER)

        async def nobody_listens() -> bool:
            try:
                await nats.ask(RegisterOrganisation.subject, HEADERS, b"{}", within=0.3)
            except NoRespondersError:
                return True
            except TimeoutError:
                return False
            return False

        with frozen(first, second):
            await until(nobody_listens)
        assert await register(0) == made[0]
        await nats.close()
