"""Commands, queries and events of governing documents."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, Role, described
from services.kernel.rows import ByFilter, ByKeys
from services.kernel.units import UnitOnDay
from services.kernel.words import Word
from services.movement.words import BodyKind

DOCUMENT = Kind("document", "văn bản", "document")


class DocumentKind(Word):
    """Loại văn bản chỉ đạo."""

    RESOLUTION = "RESOLUTION", "Nghị quyết"
    DIRECTIVE = "DIRECTIVE", "Chỉ thị"
    CONCLUSION = "CONCLUSION", "Kết luận"
    DECISION = "DECISION", "Quyết định"
    DECREE = "DECREE", "Nghị định"
    CIRCULAR = "CIRCULAR", "Thông tư"
    REGULATION = "REGULATION", "Quy định, quy chế"
    PROGRAMME = "PROGRAMME", "Chương trình"
    PROJECT = "PROJECT", "Đề án"
    PLAN = "PLAN", "Kế hoạch"
    GUIDANCE = "GUIDANCE", "Hướng dẫn"
    NOTICE = "NOTICE", "Thông báo"
    OFFICIAL_LETTER = "OFFICIAL_LETTER", "Công văn"


class RegisterDocument(Command, frozen=True, kw_only=True):
    """`number`: as printed on the document. Kind, number, issuer and day together identify a document."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER, Role.OPERATOR})
    vi: ClassVar[str] = "Văn bản chỉ đạo cần ghi nhận."

    kind: Annotated[DocumentKind, described("Loại văn bản.")]
    number: Annotated[str, described("Số, ký hiệu như ghi trên văn bản, tối đa 60 ký tự.")]
    issuer: Annotated[
        Id, described("Mã cơ quan ban hành, thuộc phạm vi của người ghi nhận và đang hoạt động vào ngày ấy.")
    ]
    issued_on: Annotated[date, described("Ngày ban hành.")]
    title: Annotated[str, described("Trích yếu, tối đa 500 ký tự.")]


class DocumentsFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all. `unit`: issued in it or below. `number`: complete, in any case."""

    vi: ClassVar[str] = "Lọc văn bản; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Ban hành ở đơn vị này và cấp dưới.")] = None
    kind: Annotated[DocumentKind | None, described("Thuộc loại này.")] = None
    issuer: Annotated[Id | None, described("Của cơ quan này.")] = None
    number: Annotated[
        str | None, described("Mang số này; chữ hoa, dấu cách và số 0 ở đầu không phân biệt.")
    ] = None


class DocumentsPage(ByFilter, frozen=True, kw_only=True):
    """Newest entry first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: DocumentsFilter = DocumentsFilter()


class DocumentsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: the issuer's. Unit, issuer's name and issuer's kind are as of the day of issue."""

    id: str
    version: int
    kind: DocumentKind
    number: str
    issuer: str
    issuer_name: str
    issuer_kind: BodyKind
    issued_on: date
    title: str
    unit: UnitOnDay


class DocumentRegistered(Event, frozen=True, kw_only=True):
    kind: DocumentKind
    number: str
    issuer: str
    issuer_name: str
    issuer_kind: BodyKind
    issued_on: date
    title: str
