"""Keeps processes running: starts them, restarts them after growing pauses when they end, stops them."""

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from infra.run.child import Leash, log_tail, open_log

READY_POLL = 0.03
READY_ANSWER = 2.0


class NotReady(Exception):  # noqa: N818 - the message is a sentence for the user
    """Names the processes that did not become ready in time, with the ends of their logs."""


@dataclass(frozen=True)
class Process:
    name: str
    argv: list[str]
    env: dict[str, str]
    """The whole environment: the child does not inherit that of this process."""
    log: Path
    ready_url: str | None = None
    """It answers 200 when the process is ready. None: the process is ready as soon as it runs."""
    listener: socket.socket | None = None
    """The process inherits this socket, under the same descriptor. It keeps its port while the process restarts."""


class Backoff:
    """Pauses between starts, in seconds. Each is twice the one before; the first again after a run of `long_life`."""

    def __init__(self, first: float = 0.2, longest: float = 10.0, long_life: float = 30.0) -> None:
        self._first, self._longest, self._long_life = first, longest, long_life
        self._next = first

    def after(self, lived: float) -> float:
        """The pause after a process that ran for `lived` seconds."""
        pause = self._first if lived >= self._long_life else self._next
        self._next = min(pause * 2, self._longest)
        return pause


def how_it_ended(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"ended with {returncode}"


class Running:
    """A process with all its restarts."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.restarts = 0
        self.patience = 10.0
        """Seconds between SIGTERM and SIGKILL."""
        self._child: asyncio.subprocess.Process | None = None

    @property
    def name(self) -> str:
        return self.process.name

    @property
    def pid(self) -> int | None:
        """None while it is not running."""
        return self._child.pid if self._child and self._child.returncode is None else None

    async def live(self) -> str:
        """Starts the process and waits for its end; cancelling ends it. Returns how it ended."""
        leash = Leash()
        try:
            try:
                with open_log(self.process.log) as log:
                    self._child = await asyncio.create_subprocess_exec(
                        *leash.around(self.process.argv),
                        stdin=leash.stdin,
                        stdout=log,
                        stderr=log,
                        env=self.process.env,
                        pass_fds=(self.process.listener.fileno(),) if self.process.listener else (),
                        start_new_session=True,  # Ctrl-C in the terminal reaches only us
                    )
            finally:
                leash.tie()
            try:
                return how_it_ended(await self._child.wait())
            finally:
                await self._end(self._child)
        except OSError as error:
            return f"cannot start ({error})"
        finally:
            leash.release()

    async def _end(self, child: asyncio.subprocess.Process) -> None:
        if child.returncode is not None:
            return
        # ProcessLookupError: it has just ended by itself.
        with suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(self.patience):
                await child.wait()
        except TimeoutError:
            pass
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def is_ready(self) -> bool:
        if self.pid is not None and self.process.ready_url is None:
            return True
        return await self._status() == b"200"

    async def is_in_trouble(self) -> bool:
        """Whether it runs and answers, but not that it is ready."""
        return await self._status() not in (b"", b"200")

    async def _status(self) -> bytes:
        """The HTTP status with which it answers; empty if it does not."""
        if self.pid is None or self.process.ready_url is None:
            return b""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(READY_ANSWER):
                return await _status(self.process.ready_url)
        return b""


async def _status(url: str) -> bytes:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        request = (
            f"GET {address.path or '/'} HTTP/1.1",
            f"Host: {address.netloc}",
            "Connection: close",
            "",
            "",
        )
        writer.write("\r\n".join(request).encode())
        status = await reader.readline()
    finally:
        writer.close()
    return b"".join(status.split()[1:2])


class Supervisor:
    """`say` gets a line each time a process ends."""

    def __init__(self, processes: Iterable[Process], say: Callable[[str], None]) -> None:
        self.running = {process.name: Running(process) for process in processes}
        self._say = say
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Starts all at the same time and restarts them until `stop`."""
        self._keepers = [asyncio.create_task(self._keep(running)) for running in self.running.values()]

    async def wait_ready(self, timeout: float) -> None:  # noqa: ASYNC109 - the error names the late processes
        """Returns when each process has been ready once. Raises `NotReady` after `timeout` seconds.

        A process that answers, but is in trouble, is no reason to stop the others: it is only named.
        """
        late = set(self.running.values())

        async def until_ready(running: Running) -> None:
            while not await running.is_ready():  # noqa: ASYNC110 - readiness can only be polled
                await asyncio.sleep(READY_POLL)
            late.discard(running)

        try:
            async with asyncio.timeout(timeout):
                await asyncio.gather(*map(until_ready, self.running.values()))
        except TimeoutError:
            lines = [await self._lateness(one, timeout) for one in self.running.values() if one in late]
            if silent := [line for line in lines if line]:
                raise NotReady("\n".join(silent)) from None

    async def _lateness(self, running: Running, waited: float) -> str:
        """Why the process is not ready after `waited` seconds; empty if it runs and only reports trouble."""
        if await running.is_in_trouble():
            self._say(f"{running.name} runs, but is in trouble: see {running.process.ready_url}")
            return ""
        log = running.process.log
        return f"{running.name} is not ready after {waited:g} s; its log {log} ends with:\n{log_tail(log)}"

    async def stop(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - a limit for the processes, not for this call
        """Sends SIGTERM to all at the same time, and SIGKILL to those that still run after `timeout` seconds."""
        for running, keeper in zip(self.running.values(), self._keepers, strict=False):
            running.patience = timeout
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers = []

    async def _keep(self, running: Running) -> None:
        backoff = Backoff()
        while True:
            began = time.monotonic()
            ending = await running.live()
            pause = backoff.after(time.monotonic() - began)
            self._say(
                f"{running.name} {ending}; it restarts in {pause:g} s, its log is {running.process.log}"
            )
            await asyncio.sleep(pause)
            running.restarts += 1
