"""What governing documents can be asked to do, and what is announced of them."""

from datetime import date
from typing import ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Role
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
    """`number` as it is written on it. The number alone names no document: kind, issuer and day do together with it."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER, Role.OPERATOR})

    kind: DocumentKind
    number: str
    issuer: str
    issued_on: date
    title: str


class DocumentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is left out does not restrict. `unit`: issued in it or below. `number`: the whole of it, in any case."""

    unit: str | None = None
    kind: DocumentKind | None = None
    issuer: str | None = None
    number: str | None = None


class DocumentsPage(ByFilter, frozen=True, kw_only=True):
    """The newest entry first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: DocumentFilter = DocumentFilter()


class DocumentsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: the issuer's, as of the day of issue, from which the issuer's name and kind are too."""

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
