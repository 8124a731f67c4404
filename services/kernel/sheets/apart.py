"""Reads and writes files in child processes, with limits: a file made to be slow or large harms no other work.

The limit of time counts processor time, so a slow machine refuses no file that a fast one takes.
"""

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from services.kernel.messages import Refused
from services.kernel.sheets import refusals, values
from services.kernel.sheets.columns import Layout
from services.kernel.sheets.lines import Line
from services.kernel.sheets.messages import RowProblem
from services.kernel.sheets.requests import LIMITS, Answer, Limits, MakingTemplate, Reading, Request

CHILD = "services.kernel.sheets.child"
BATCH = 500
"""Rows written in one transaction, and records exported at a time."""
LARGEST_BATCH = 4 * 1024 * 1024
"""Bytes of rows after which a batch ends early."""
INHERITED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG")
"""Environment of a child. It needs no address and no secret."""
_ROW = msgspec.json.Decoder(
    tuple[int, dict[str, str | bool | int | float], tuple[RowProblem, ...], tuple[RowProblem, ...]]
)


@dataclass(frozen=True, slots=True)
class ReadRows:
    """The rows of a file that was read. `letters`: column key → letter."""

    file: Path
    letters: Mapping[str, str]
    total: int

    def batches(self, after: int = 0) -> Iterator[list[Line]]:
        """The rows with a number above `after`, in order."""
        batch: list[Line] = []
        size = 0
        with self.file.open("rb") as rows:
            for text in rows:
                number, cells, problems, notes = _ROW.decode(text)
                if number <= after:
                    continue
                batch.append(Line(number, cells, self.letters, problems, notes))
                size += len(text)
                if len(batch) == BATCH or size > LARGEST_BATCH:
                    yield batch
                    batch, size = [], 0
        if batch:
            yield batch


class Child:
    """A child process that does one piece of work."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def send(self, value: Any) -> None:
        """Sends the request, or rows to write. `answer` tells why a child has ended before its time."""
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101
        with suppress(BrokenPipeError, ConnectionResetError):
            stdin.write(pickle.dumps(value))
            await stdin.drain()

    async def answer(self) -> Answer:
        """The answer, when nothing more is to be sent. A refusal is raised, also for a child that reached a limit."""
        said, _ = await self._process.communicate(b"")
        code = self._process.returncode
        if code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT):
            raise refusals.too_heavy()
        if code:
            raise RuntimeError(f"a child that handles a file ended with {code}")
        answer = msgspec.json.decode(said, type=Answer)
        if answer.refusal:
            refusal = answer.refusal
            raise Refused(refusal.code, *refusal.fields, vi=refusal.vi, en=refusal.en)
        if answer.failure:
            raise RuntimeError(answer.failure)
        return answer


@asynccontextmanager
async def child(request: Request) -> AsyncIterator[Child]:
    """A child with this request. It does not outlive the context."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", CHILD),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in INHERITED if name in os.environ},
    )
    try:
        started = Child(process)
        await started.send(request)
        yield started
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate(b"")


async def read(file: Path, layout: Layout, into: Path, limits: Limits = LIMITS) -> ReadRows:
    """The rows of a file. They are all read before the first is returned, so a damaged file has none."""
    async with child(Reading(file, into, _without_rules(layout), limits)) as reader:
        answer = await reader.answer()
    return ReadRows(into, answer.letters, answer.total)


async def make_template(layout: Layout, into: Path) -> None:
    async with child(MakingTemplate(into, _without_rules(layout))) as writer:
        await writer.answer()


def _without_rules(layout: Layout) -> Layout:
    """The layout without the service's functions: a child does not load the service."""
    return replace(layout, columns=tuple(replace(column, read=values.text) for column in layout.columns))
