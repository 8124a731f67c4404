"""The declaration of a sheet: its name and layout, how rows are judged and written, and what an export selects."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from services.kernel.mongo.access import Access
from services.kernel.mongo.transaction import Transaction
from services.kernel.sheets.columns import Column, Layout
from services.kernel.sheets.judging import Outcome
from services.kernel.sheets.lines import Line
from services.kernel.sheets.messages import StartExport, StartImport

E = TypeVar("E")
I = TypeVar("I", bound=StartImport)  # noqa: E741
X = TypeVar("X", bound=StartExport)


class Importer(Protocol[E]):
    """Judges and writes the rows of one job, a batch at a time, in order."""

    async def judge(self, lines: Sequence[Line], tx: Transaction) -> Sequence[Outcome[E]]:
        """One outcome per line. Writes nothing. A repeated transaction asks again about the same lines."""

    async def write(self, outcomes: Sequence[Outcome[E]], tx: Transaction) -> None:
        """Writes what these outcomes say, in the transaction in which they were judged. Not called for a check."""


class Exporter(Protocol):
    """Selects the records of one export."""

    async def count(self) -> int: ...

    def batches(self, size: int) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Records as values by column key: texts, whole numbers, amounts, days. Keys left out are empty cells."""


class Attached(Protocol):
    """Reads the rows of the second table for one batch of exported records. A row has its values by column key."""

    async def __call__(
        self, records: Sequence[Mapping[str, Any]], access: Access
    ) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Attachment(Generic[X]):
    """A second table of an export, on a worksheet of its own. An import does not read it.

    `title`: of the worksheet. `alone`: whether a command exports only this table. `file`: name of such a file, without
    suffix.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Attached
    alone: Callable[[X], bool]
    file: str


@dataclass(frozen=True, slots=True)
class Sheet(Generic[I, X, E]):
    """A sheet of a service.

    `name`: unique in the service, and stored with jobs. `template_file` and `export_file`: names without suffix.

    `imports` and `exports`: the commands that start a job, whose roles a caller must still hold when the job runs.
    `importer`: made once per job, for the unit (its path) of the file. `exported_unit`: id of the unit whose records a
    command exports.
    """

    name: str
    layout: Layout
    template_file: str
    export_file: str
    imports: type[I]
    importer: Callable[[I, str, Access], Awaitable[Importer[E]]]
    exports: type[X]
    exporter: Callable[[X, Access], Exporter]
    exported_unit: Callable[[X], str]
    attachment: Attachment[X] | None = None

    def exported_name(self, command: X) -> str:
        """The name of the exported file, without suffix."""
        attachment = self.attachment
        return attachment.file if attachment and attachment.alone(command) else self.export_file


AnySheet = Sheet[Any, Any, Any]
