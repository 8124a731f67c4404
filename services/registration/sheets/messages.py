"""What can be asked of files and sheets: storing a file, checking and importing a list of models, exporting one."""

from datetime import datetime
from typing import ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, PUBLIC, Command, Query, Role
from services.kernel.rows import ByFilter, ByKeys
from services.kernel.words import Word
from services.registration.models.messages import ModelFilter

FILE = Kind("file", "tệp", "file")
JOB = Kind("job", "việc", "job")
LARGEST_PART = 512 * 1024
"""Bytes of a file in one message."""


class JobKind(Word):
    """Việc làm với bảng tính."""

    CHECK = "CHECK", "Kiểm tra tệp, chưa ghi gì"
    IMPORT = "IMPORT", "Nhập mô hình từ tệp"
    EXPORT = "EXPORT", "Xuất danh sách mô hình ra tệp"


class JobState(Word):
    """Trạng thái của việc."""

    WAITING = "WAITING", "Đang chờ"
    RUNNING = "RUNNING", "Đang làm"
    DONE = "DONE", "Đã xong"
    FAILED = "FAILED", "Không làm được"
    CANCELLED = "CANCELLED", "Đã hủy"


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
    """The parts in order, from 0; with the `last` the file is there, for a day. `unit`: the one it is a list of."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    file: str
    unit: str
    name: str
    number: int
    data: bytes
    last: bool = False


class StartImport(Command, frozen=True, kw_only=True):
    """`check`: says what would become of each row, and writes nothing. `submit`: sends what was drafted, too."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    file: str
    check: bool = True
    submit: bool = False


class StartExport(Command, frozen=True, kw_only=True):
    """`filter`: of the list of models; its unit must be named."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: ModelFilter
    format: FileFormat = FileFormat.XLSX


class CancelJob(Command, frozen=True, kw_only=True):
    """What was written stays written; no further row is."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    job: str


class JobsPage(ByFilter, frozen=True, kw_only=True):
    """The caller's own, the newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class JobsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class JobRows(ByFilter, frozen=True, kw_only=True):
    """What became of the rows of a job, in the file's order; of one fate if it is named. Cursors are row numbers."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    job: str
    fate: Fate | None = None


class FilePart(Query, frozen=True, kw_only=True):
    """A part of a file that is the caller's own, or of the `template`; answers its bytes, None behind the last."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    file: str
    number: int


class Template(Query, frozen=True, kw_only=True):
    """The empty sheet to fill in; answers its bytes."""

    roles: ClassVar[frozenset[Role]] = PUBLIC


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: of the whole file."""

    name: str
    data: bytes


class JobCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by their fate."""

    accepted: int = 0
    warning: int = 0
    unchanged: int = 0
    error: int = 0


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """`done`: rows so far. `total`: of all; None until they are counted. `result`: the file that came of it.

    `problem`: why all of it could not be done, in both languages; empty texts if it could.
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
    """`number`: of the row in the file. `model`: the one that was made or changed."""

    number: int
    fate: Fate
    title: str
    model: str | None
    problems: tuple[RowProblem, ...]
