"""Messages about files and jobs, and the rows they answer with: the same for every service.

The message classes are bases without `roles`, so they have no subject. A service declares the classes of its own in a
`messages.py`, under the same names, each with its `roles`; that module is the service's `SheetMessages`.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Protocol

import msgspec

from services.kernel.kinds import Kind, Noun
from services.kernel.messages import Command, Id, Query, described
from services.kernel.rows import ByFilter, ByKeys
from services.kernel.words import Word

FILE = Noun("file", "tệp", "file")
JOB = Noun("job", "việc", "job")
LARGEST_FILE = 20 * 1024 * 1024
"""Bytes."""
LARGEST_PART = 512 * 1024
"""Bytes of a file in one message."""


def kinds(service: str) -> tuple[Kind, Kind]:
    """The kinds of this service's files and of its jobs."""
    return (
        Kind(FILE.field, FILE.vi, FILE.en, service=service),
        Kind(JOB.field, JOB.vi, JOB.en, service=service),
    )


class JobKind(Word):
    """Việc làm với bảng tính."""

    CHECK = "CHECK", "Kiểm tra tệp, chưa ghi gì"
    IMPORT = "IMPORT", "Nhập từ tệp"
    EXPORT = "EXPORT", "Xuất danh sách ra tệp"


class JobState(Word):
    """Trạng thái của việc."""

    WAITING = "WAITING", "Đang chờ"
    RUNNING = "RUNNING", "Đang làm"
    DONE = "DONE", "Đã xong"
    FAILED = "FAILED", "Không làm được"
    CANCELLED = "CANCELLED", "Đã hủy"


OPEN = frozenset({JobState.WAITING, JobState.RUNNING})


class Fate(Word):
    """Kết quả của một dòng."""

    ACCEPTED = "ACCEPTED", "Được nhận"
    WARNING = "WARNING", "Được nhận, có điều cần xem lại"
    UNCHANGED = "UNCHANGED", "Không có gì thay đổi"
    ERROR = "ERROR", "Lỗi, không ghi"


class FileFormat(Word):
    """Dạng tệp."""

    XLSX = "XLSX", "Bảng tính Excel (.xlsx)"
    CSV = "CSV", "Văn bản CSV bằng UTF-8"


class StoreFilePart(Command, frozen=True, kw_only=True):
    """Stores one part of a file; parts are sent in order, from 0. With the `last` part the file exists, for a day.

    `unit`: the unit that the file is about; the caller must hold one of the roles there.
    """

    file: str
    unit: str
    name: str
    number: int
    data: bytes
    last: bool = False


class DiscardFile(Command, frozen=True, kw_only=True):
    """Gives up a file of the caller's own, whether parts are missing or not."""

    file: str


class FilePart(Query, frozen=True, kw_only=True):
    """One part of a file of the caller's own, as `FileData`; None after the last."""

    file: str
    number: int


class Template(Query, frozen=True, kw_only=True):
    """The empty workbook of a sheet, to fill in, as `FileData`."""

    sheet: str


class StartImport(Command, frozen=True, kw_only=True):
    """Starts a job that imports a file. `check`: report what would happen to each row, and write nothing."""

    vi: ClassVar[str] = "Tệp cần kiểm tra hoặc nhập."

    file: Annotated[Id, described("Mã tệp, nhận được khi gửi tệp lên `/files`.")]
    check: Annotated[bool, described("Chỉ cho biết kết quả của từng dòng, chưa ghi gì; `false` là nhập.")] = (
        True
    )


class StartExport(Command, frozen=True, kw_only=True):
    """Starts a job that writes records to a file. The class of each sheet adds the fields that select the records."""

    vi: ClassVar[str] = "Danh sách cần xuất."
    inherits: ClassVar[bool] = True

    format: Annotated[FileFormat, described("Dạng tệp.")] = FileFormat.XLSX


class CancelJob(Command, frozen=True, kw_only=True):
    """Ends a job before its time. Rows already written stay written."""

    vi: ClassVar[str] = "Việc cần hủy."
    inherits: ClassVar[bool] = True

    job: Annotated[Id, described("Mã việc.")]


class JobsPage(ByFilter, frozen=True, kw_only=True):
    """The caller's own jobs, newest first."""


class JobsById(ByKeys, frozen=True, kw_only=True):
    """The caller's own jobs, by id."""


class JobRows(ByFilter, frozen=True, kw_only=True):
    """The rows of a job with their fate, in the order of the file. Cursors are row numbers. `fate`: only these rows."""

    job: str
    fate: Fate | None = None


class FileData(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: of the whole file. `data`: of the part, or of the whole file where it is not sent in parts."""

    name: str
    data: bytes


class JobCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Number of rows by fate."""

    accepted: int = 0
    warning: int = 0
    unchanged: int = 0
    error: int = 0


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """`done`: rows processed. `total`: all rows; None until counted. `result`: id of the result file.

    `problem`: why the whole job failed, in both languages; empty texts if it did not.
    """

    id: str
    version: int
    kind: JobKind
    state: JobState
    name: str
    done: int
    total: int | None
    counts: JobCounts
    problem_code: str
    problem_vi: str
    problem_en: str
    created_at: datetime
    ended_at: datetime | None
    result: str | None


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """`cell`: its address, as in `C7`; empty where the whole row is meant."""

    cell: str
    code: str
    vi: str
    en: str


class RowRow(msgspec.Struct, frozen=True, kw_only=True):
    """`number`: of the row in the file. `title`: name that the row gives its record. `record`: id of the record added
    or changed.
    """

    number: int
    fate: Fate
    title: str
    record: str | None
    problems: tuple[RowProblem, ...]


class SheetMessages(Protocol):
    """A service's module of messages about files and jobs: its kinds, and its classes of those above."""

    @property
    def FILE(self) -> Kind: ...  # noqa: N802 - the names in the module
    @property
    def JOB(self) -> Kind: ...  # noqa: N802
    @property
    def StoreFilePart(self) -> type[StoreFilePart]: ...  # noqa: N802
    @property
    def DiscardFile(self) -> type[DiscardFile]: ...  # noqa: N802
    @property
    def FilePart(self) -> type[FilePart]: ...  # noqa: N802
    @property
    def Template(self) -> type[Template]: ...  # noqa: N802
    @property
    def CancelJob(self) -> type[CancelJob]: ...  # noqa: N802
    @property
    def JobsPage(self) -> type[JobsPage]: ...  # noqa: N802
    @property
    def JobsById(self) -> type[JobsById]: ...  # noqa: N802
    @property
    def JobRows(self) -> type[JobRows]: ...  # noqa: N802
