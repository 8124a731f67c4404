"""Commands, queries and events of reorganisations of units."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Role, described
from services.kernel.rows import ByFilter, ByKeys, ByOwners, Shows
from services.kernel.units import UnitLevel, UnitOnDay
from services.kernel.words import Word

REORGANISATION = Kind("reorganisation", "lần sắp xếp đơn vị", "reorganisation")

OPERATORS = frozenset({Role.OPERATOR})


class ReorganisationKind(Word):
    """Cách sắp xếp một đơn vị."""

    MERGE = "MERGE", "Nhập"
    SPLIT = "SPLIT", "Chia, tách"
    RENAME = "RENAME", "Đổi tên"
    CHANGE_LEVEL = "CHANGE_LEVEL", "Đổi cấp"
    TRANSFER = "TRANSFER", "Chuyển đơn vị cấp trên"
    EARLIER = "EARLIER", "Tên, loại, mã, cấp trên trước ngày ấy"
    FORMER = "FORMER", "Đơn vị cũ, tồn tại đến ngày ấy"


ENDING = frozenset({ReorganisationKind.MERGE, ReorganisationKind.SPLIT})
"""The kinds that end the old unit. After any other kind the unit continues under its id.

EARLIER and FORMER change nothing from the day on. They add what the list of units lacks about the time before. The
former unit of FORMER gets an id of its own: `old` names a unit that it became.
"""


class ReorganisationProblem(Word):
    """Vì sao một dòng không áp dụng được."""

    FILE_INVALID = "FILE_INVALID", "Tệp không đọc được hoặc thiếu cột"
    VALUE_INVALID = "VALUE_INVALID", "Giá trị không đúng"
    DOCUMENT_MISSING = "DOCUMENT_MISSING", "Thiếu văn bản làm căn cứ"
    DOCUMENT_DIFFERS = "DOCUMENT_DIFFERS", "Ngày có hiệu lực hoặc văn bản khác với dòng đầu"
    DUPLICATE_ROW = "DUPLICATE_ROW", "Dòng trùng"
    UNIT_TWICE = "UNIT_TWICE", "Một đơn vị cũ được sắp xếp theo hai cách"
    UNIT_UNKNOWN = "UNIT_UNKNOWN", "Không có đơn vị này"
    UNIT_ENDED = "UNIT_ENDED", "Đơn vị đã kết thúc"
    EFFECTIVE_TOO_EARLY = "EFFECTIVE_TOO_EARLY", "Ngày có hiệu lực không sau ngày đơn vị bắt đầu"
    TIME_OVERLAPS = "TIME_OVERLAPS", "Đơn vị đã có thay đổi từ ngày ấy trở đi"
    NEW_UNIT_INCOMPLETE = "NEW_UNIT_INCOMPLETE", "Đơn vị mới thiếu mã, tên, loại hoặc cấp"
    NEW_UNIT_DIFFERS = "NEW_UNIT_DIFFERS", "Các dòng nói khác nhau về một đơn vị mới"
    TWO_PARENTS = "TWO_PARENTS", "Một đơn vị có hai đơn vị cấp trên"
    LEVEL_WITHOUT_PARENT = "LEVEL_WITHOUT_PARENT", "Có cấp mà thiếu đơn vị cấp trên"
    LEVEL_WRONG = "LEVEL_WRONG", "Cấp không thấp hơn cấp của đơn vị cấp trên, hoặc không còn cấp ấy"
    PARENT_UNKNOWN = "PARENT_UNKNOWN", "Vào ngày ấy không có đơn vị cấp trên này"
    CYCLE = "CYCLE", "Đơn vị nằm dưới chính nó"
    CHILDREN_WITHOUT_PARENT = "CHILDREN_WITHOUT_PARENT", "Đơn vị bên dưới không còn đơn vị cấp trên"
    CODE_CLASH = "CODE_CLASH", "Hai đơn vị cùng mã trong một ngày"
    MERGE_NOT_WHOLE = "MERGE_NOT_WHOLE", "Nhập trọn vẹn mà có nhiều đơn vị kế thừa: phải là chia, tách"
    SPLIT_OF_ONE = "SPLIT_OF_ONE", "Chia, tách mà chỉ có một đơn vị kế thừa: phải là nhập"
    MERGE_OF_ONE = "MERGE_OF_ONE", "Nhập mà chỉ có một đơn vị cũ: là đổi tên, đổi cấp hoặc chuyển"
    TWO_MAINS = "TWO_MAINS", "Hai đơn vị kế thừa chính của một đơn vị cũ"
    NOTHING_CHANGES = "NOTHING_CHANGES", "Dòng không thay đổi gì"
    TOO_LARGE = "TOO_LARGE", "Quá nhiều đơn vị thay đổi trong một lần"


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """The document on which a reorganisation rests."""

    kind: str
    number: str
    issuer: str
    dated_on: date

    def __str__(self) -> str:
        return f"{self.kind} {self.number} ngày {self.dated_on:%d/%m/%Y} của {self.issuer}"


class ReorganisedUnit(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file: the old `unit`, just before the day, became the unit `becomes` or a part of it.

    `unit`: key of a `UnitOnDay`. `whole`: whether `becomes` took over the whole unit. `main`: whether `becomes` is the
    main successor.
    """

    row: int
    kind: ReorganisationKind
    unit: str
    becomes: str
    name: str
    code: str
    level: UnitLevel
    parent: str | None
    whole: bool
    main: bool


class ReorganiseUnits(Command, frozen=True, kw_only=True):
    """`file`: CSV as described in `file.py`. The file is applied as a whole or not at all."""

    roles: ClassVar[frozenset[Role]] = OPERATORS
    vi: ClassVar[str] = "Tệp của một lần sắp xếp đơn vị."

    file: Annotated[
        str,
        described(
            "Nội dung tệp CSV (UTF-8), mỗi dòng một đơn vị cũ và đơn vị mà nó trở thành; các cột: effective_on, "
            "document_kind, document_number, document_issuer, document_date, kind, old, code, name, type, level, "
            "parent, main; thêm source, nơi đọc được văn bản, nếu có."
        ),
    ]


class PreviewOfReorganisation(Shows, frozen=True, kw_only=True):
    """One row: the changes that `ReorganiseUnits` would make with this file, and all its problems."""

    roles: ClassVar[frozenset[Role]] = OPERATORS

    file: str


class ReorganisationsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ReorganisationsPage(ByFilter, frozen=True, kw_only=True):
    """Newest first. `unit`: only reorganisations that began, changed or ended it."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    unit: str | None = None


class OpenModelsOfUnits(ByOwners, frozen=True, kw_only=True):
    """Drafts and open models of each unit and its sub-units, newest first. The keys are ids of units."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ProblemRow(msgspec.Struct, frozen=True, kw_only=True):
    """`row`: as a spreadsheet counts; the heading is row 1; None for the whole file. `column`: of the file."""

    row: int | None
    column: str | None
    problem: ReorganisationProblem
    vi: str
    en: str


class AffectedUnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of records of the unit and its sub-units. Records out of the caller's scope are not counted."""

    id: str
    unit: UnitOnDay
    drafts: int
    open_models: int
    organisations: int


class PreviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """`applied`: id of the reorganisation if the file was applied before; all other columns are empty then.

    `followers`: number of units that only come under another unit.
    """

    digest: str
    effective_on: date | None
    document: str | None
    source: str
    applied: str | None
    problems: tuple[ProblemRow, ...]
    lines: tuple[ReorganisedUnit, ...]
    affected: tuple[AffectedUnitRow, ...]
    began: int
    ended: int
    changed: int
    followers: int
    drafts: int
    open_models: int
    organisations: int


class ReorganisationRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    version: int
    effective_on: date
    document: Basis
    source: str
    lines: tuple[ReorganisedUnit, ...]
    began: int
    ended: int
    changed: int
    followers: int


class UnitsReorganised(Event, frozen=True, kw_only=True):
    """Announced together with a `UnitRecorded` event of each unit that begins, ends or changes."""

    effective_on: date
    basis: Basis
    lines: tuple[ReorganisedUnit, ...]
