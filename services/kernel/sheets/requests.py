"""Requests to a child process that handles one file, and its answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from services.kernel.messages import Refusal
from services.kernel.sheets.columns import Layout, Table
from services.kernel.sheets.messages import FileFormat


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one child: seconds of processor time, bytes of memory, bytes of each file that it writes."""

    seconds: int = 60
    memory: int = 384 * 1024 * 1024
    disk: int = 512 * 1024 * 1024


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads `file` by the headings of the layout, and writes its rows to `into`, one JSON text per line."""

    file: Path
    into: Path
    layout: Layout
    limits: Limits = LIMITS


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes the rows that follow to `into`. They come in lists, each with the index of its table in `tables`.

    A CSV file has one table.
    """

    into: Path
    format: FileFormat
    tables: Sequence[Table]
    limits: Limits = LIMITS


@dataclass(frozen=True, slots=True)
class MakingTemplate:
    into: Path
    layout: Layout
    limits: Limits = LIMITS


class Answer(msgspec.Struct, frozen=True):
    """`letters`, `total`: of a file that was read. `failure`: the traceback of an error of ours."""

    letters: dict[str, str] = {}
    total: int = 0
    refusal: Refusal | None = None
    failure: str = ""


Request = Reading | Writing | MakingTemplate
