"""The stack: one per folder, moving from a taken port, and finding its data again."""

import os
import re
import resource
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.operate.operator import OPERATOR, asking
from infra.run.child import CannotStart
from infra.run.ports import free_port, listening, port_of
from infra.run.stack import PROCESSES, Stack
from services.kernel.config import Settings
from services.kernel.rows import Row, Rows
from services.kernel.units import COUNTRY
from services.registration.units.messages import RecordUnits, UnitsOnDay
from services.registration.units.national import national_units


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


async def test_stack_is_alone_in_its_folder_and_finds_its_data_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two of the processes are enough, and start twice. The demo starts all of them on its data again.
    some = {name: PROCESSES[name] for name in ("gateway", "registration")}
    monkeypatch.setattr("infra.run.stack.PROCESSES", some)
    mine = Settings(var=tmp_path / "mine", port=free_port())
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, most_files))  # as most systems begin
    async with Stack(mine, lambda line: None) as stack:
        assert len(await _country(mine, stack)) == 1
        pids = [running.pid for running in stack.processes.values()]
        limits = {resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in pids if pid}
        assert limits == {(most_files, most_files)}
        with pytest.raises(CannotStart, match=f"process {os.getpid()} at {re.escape(stack.gateway_url)}"):
            async with Stack(mine, lambda line: None):
                pass

    assert [pid for pid in pids if pid and _alive(pid)] == []
    assert not (tmp_path / "mine" / "stack.json").exists()

    said: list[str] = []
    with listening(preferred=mine.port) as taken:
        async with Stack(mine.model_copy(update={"port": port_of(taken)}), said.append) as again:
            assert await _country(mine, again) == [{"tên": "Việt Nam"}]
            assert urlsplit(again.gateway_url).port != port_of(taken)
            assert f"Port {port_of(taken)} is in use: gateway listens on " in "\n".join(said)
