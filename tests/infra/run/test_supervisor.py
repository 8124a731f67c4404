"""The supervisor, with processes that end, are slow to start, or do not stop."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.run.child import LOG_LIMIT
from infra.run.ports import LOOPBACK, free_port
from infra.run.supervisor import Backoff, NotReady, Process, Supervisor
from tests.waiting import DEADLINE

SERVES = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""
OBSTINATE = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
while True:
    signal.pause()
"""


def shell(name: str, script: str, folder: Path, ready_url: str | None = None) -> Process:
    return Process(name, ["/bin/sh", "-c", script], dict(os.environ), folder / f"{name}.log", ready_url)


def python(name: str, script: str, folder: Path, *arguments: str, ready_url: str | None = None) -> Process:
    command = [sys.executable, "-c", script, *arguments]
    return Process(name, command, dict(os.environ), folder / f"{name}.log", ready_url)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.01)


def is_gone(pid: int | None) -> bool:
    assert pid
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_pauses_double_up_to_the_longest_and_begin_anew_after_a_long_run() -> None:
    backoff = Backoff()
    assert [backoff.after(0.1) for _ in range(8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]
    assert [backoff.after(30), backoff.after(0)] == [0.2, 0.4]


async def test_process_that_ends_is_restarted_after_growing_pauses(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor([shell("mortal", "echo a life; exit 3", tmp_path)], said.append)
    await supervisor.start()
    try:
        await until(lambda: (tmp_path / "mortal.log").exists() and len(said) == 3)
    finally:
        await supervisor.stop()
    assert [line.partition(",")[0] for line in said] == [
        f"mortal ended with 3; it restarts in {pause} s" for pause in (0.2, 0.4, 0.8)
    ]
    assert (tmp_path / "mortal.log").read_text() == "a life\n" * 3
    assert supervisor.running["mortal"].restarts == 2


async def test_killed_process_is_restarted_under_another_pid(tmp_path: Path) -> None:
    said: list[str] = []
    port = free_port()
    ready_url = f"http://{LOOPBACK}:{port}/readyz"
    supervisor = Supervisor([python("server", SERVES, tmp_path, str(port), ready_url=ready_url)], said.append)
    await supervisor.start()
    try:
        await supervisor.wait_ready(DEADLINE)
        server = supervisor.running["server"]
        first = server.pid
        assert first
        os.kill(first, signal.SIGKILL)
        await until(lambda: server.pid not in (None, first))
        await supervisor.wait_ready(DEADLINE)
        assert said[0].startswith("server was ended by SIGKILL; it restarts")
    finally:
        await supervisor.stop()
    assert is_gone(first)
    assert server.pid is None


async def test_process_that_cannot_start_does_not_disturb_the_others(tmp_path: Path) -> None:
    said: list[str] = []
    missing = Process("missing", ["/nowhere/program"], {}, tmp_path / "missing.log")
    no_log = Process("no-log", ["/bin/true"], {}, tmp_path / "steady.log" / "no.log")
    supervisor = Supervisor(
        [shell("steady", "echo up; exec sleep 60", tmp_path), missing, no_log], said.append
    )
    (tmp_path / "steady.log").touch()
    await supervisor.start()
    try:
        await until(
            lambda: any("missing" in line for line in said) and any("no-log" in line for line in said)
        )
        assert supervisor.running["steady"].pid
    finally:
        await supervisor.stop()
    assert any("missing ended with 127" in line for line in said)
    assert any("no-log cannot start" in line for line in said)


async def test_all_processes_are_stopped_in_order_and_obstinate_ones_by_force(tmp_path: Path) -> None:
    said: list[str] = []
    polite = shell("polite", "trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.01; done", tmp_path)
    supervisor = Supervisor([polite, python("obstinate", OBSTINATE, tmp_path)], said.append)
    await supervisor.start()
    await until(
        lambda: all(
            process.process.log.exists() and "up" in process.process.log.read_text()
            for process in supervisor.running.values()
        )
    )
    pids = [process.pid for process in supervisor.running.values()]
    await supervisor.stop(timeout=3)
    assert all(map(is_gone, pids))
    assert (tmp_path / "polite.log").read_text() == "up\nbye\n"
    assert said == []


async def test_error_names_processes_that_are_not_ready_with_the_end_of_their_logs(tmp_path: Path) -> None:
    port, silent = free_port(), free_port()
    ready = python("ready", SERVES, tmp_path, str(port), ready_url=f"http://{LOOPBACK}:{port}/readyz")
    wrong = shell(
        "late", "echo cannot find its spoon; exec sleep 60", tmp_path, f"http://{LOOPBACK}:{silent}/"
    )
    supervisor = Supervisor([ready, wrong], print)
    await supervisor.start()
    try:
        await until(lambda: wrong.log.exists() and wrong.log.read_text() != "")
        with pytest.raises(
            NotReady, match=r"late is not ready after 0\.5 s(.|\n)*cannot find its spoon"
        ) as caught:
            await supervisor.wait_ready(0.5)
        assert "late" in str(caught.value)
    finally:
        await supervisor.stop()


async def test_process_in_trouble_is_named_and_does_not_end_the_others(tmp_path: Path) -> None:
    said: list[str] = []
    port = free_port()
    url = f"http://{LOOPBACK}:{port}/trouble"
    supervisor = Supervisor([python("troubled", SERVES, tmp_path, str(port), ready_url=url)], said.append)
    await supervisor.start()
    try:
        while not await supervisor.running["troubled"].is_in_trouble():
            await asyncio.sleep(0.02)
        await supervisor.wait_ready(0.2)
        assert said == [f"troubled runs, but is in trouble: see {url}"]
    finally:
        await supervisor.stop()


async def test_large_log_is_renamed_at_the_start(tmp_path: Path) -> None:
    log = tmp_path / "writer.log"
    log.write_bytes(b"x" * (LOG_LIMIT + 1))
    supervisor = Supervisor([shell("writer", "echo new; exec sleep 60", tmp_path)], print)
    await supervisor.start()
    try:
        await until(lambda: log.exists() and log.read_text() == "new\n")
    finally:
        await supervisor.stop()
    assert (tmp_path / "writer.log.1").stat().st_size == LOG_LIMIT + 1
