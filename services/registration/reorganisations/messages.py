"""What can be asked about reorganisations of units, and what is announced of them."""

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


ENDING = frozenset({ReorganisationKind.MERGE, ReorganisationKind.SPLIT})
"""After these the old unit is no more; after the others it goes on under its own id."""


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
    """The document that a reorganisation rests on."""

    kind: str
    number: str
    issuer: str
    dated_on: date

    def __str__(self) -> str:
        return f"{self.kind} {self.number} ngày {self.dated_on:%d/%m/%Y} của {self.issuer}"


class ReorganisedUnit(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file: `unit`, as it was just before the day, became, or went into, the unit `becomes`.

    `unit` is the key of a `UnitOnDay`. `whole`: all of it. `main`: of those that took a part of it, the one that
    goes for its successor.
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
    """`file`: CSV as `file.py` says. All of it is applied, or nothing."""

    roles: ClassVar[frozenset[Role]] = OPERATORS
    vi: ClassVar[str] = "Tệp của một lần sắp xếp đơn vị."

    file: Annotated[
        str,
        described(
            "Nội dung tệp CSV (UTF-8), mỗi dòng một đơn vị cũ và đơn vị mà nó trở thành; các cột: effective_on, "
            "document_kind, document_number, document_issuer, document_date, kind, old, code, name, type, level, "
            "parent, main."
        ),
    ]


class PreviewOfReorganisation(Shows, frozen=True, kw_only=True):
    """What `ReorganiseUnits` would do with this file, and everything that is wrong with it: one row."""

    roles: ClassVar[frozenset[Role]] = OPERATORS

    file: str


class ReorganisationsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ReorganisationsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first; `unit`: those that changed, ended or began it."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    unit: str | None = None


class OpenModelsOfUnits(ByOwners, frozen=True, kw_only=True):
    """Drafts and open models made under each unit or below it, the newest first. The keys are ids of units."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ProblemRow(msgspec.Struct, frozen=True, kw_only=True):
    """`row`: as a spreadsheet counts, the heading is 1; None where it is the whole file. `column`: of the file."""

    row: int | None
    column: str | None
    problem: ReorganisationProblem
    vi: str
    en: str


class AffectedUnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many of each were made under the unit or below it, as far as the asker may see them."""

    id: str
    unit: UnitOnDay
    drafts: int
    open_models: int
    organisations: int


class PreviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """`applied`: the reorganisation by which this file was applied already; there is then nothing else to tell.

    `followers`: units that stay what they are and only come to lie under other ones.
    """

    digest: str
    effective_on: date | None
    document: str | None
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
    lines: tuple[ReorganisedUnit, ...]
    began: int
    ended: int
    changed: int
    followers: int


class UnitsReorganised(Event, frozen=True, kw_only=True):
    """Announced together with a `UnitRecorded` of each unit that began, ended or changed."""

    effective_on: date
    basis: Basis
    lines: tuple[ReorganisedUnit, ...]
