"""The stack: one per folder, moving from a taken port, and finding its data again."""

import os
from pathlib import Path

import pytest

from infra.operate.operator import OPERATOR, asking
from infra.run.embedded import CannotStart
from infra.run.stack import Stack
from services.kernel.config import Settings
from services.kernel.rows import Row, Rows
from services.kernel.units import COUNTRY
from services.registration.units.messages import RecordUnits, UnitsOnDay
from services.registration.units.national import national_units
from tests.ports import stack_port

PORT = stack_port()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def _country(settings: Settings, stack: Stack) -> list[Row | None]:
    located = settings.model_copy(update={"nats_url": stack.nats_url, "mongo_url": stack.mongo_url})
    async with asking(located) as services:
        await services.ask(RecordUnits(units=(national_units()[0],)), OPERATOR, int, key="country")
        wanted = UnitsOnDay(keys=(COUNTRY,), fields={"tên": "name"})
        return (await services.ask(wanted, OPERATOR, Rows)).read()


async def test_stack_is_alone_in_its_folder_moves_from_taken_ports_and_keeps_its_data(
    tmp_path: Path,
) -> None:
    mine = Settings(var=tmp_path / "mine", port=PORT)
    said: list[str] = []
    async with Stack(mine, said.append) as stack:
        assert stack.gateway_url == f"http://127.0.0.1:{PORT}/graphql"
        assert len(await _country(mine, stack)) == 1
        pids = [running.pid for running in stack.processes.values()]

        with pytest.raises(CannotStart, match=f"process {os.getpid()} at http://127.0.0.1:{PORT}/graphql"):
            async with Stack(mine, said.append):
                pass

        said.clear()
        async with Stack(Settings(var=tmp_path / "other", port=PORT), said.append) as other:
            assert other.gateway_url != stack.gateway_url
            assert f"Port {PORT} is in use: gateway listens on " in "\n".join(said)

    assert [pid for pid in pids if pid and _alive(pid)] == []
    assert not (tmp_path / "mine" / "stack.json").exists()

    async with Stack(mine, said.append) as again:
        assert await _country(mine, again) == [{"tên": "Việt Nam"}]
