"""What supervision can be asked and what it announces: the only module others may import."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, OnDay, Role, described
from services.kernel.rows import ByFilter, ByKeys
from services.kernel.units import UnitOnDay
from services.kernel.words import Word

SESSION = Kind("session", "cuộc giám sát", "supervision session")


class SessionKind(Word):
    """Loại cuộc giám sát."""

    SUPERVISION = "SUPERVISION", "Giám sát"
    SOCIAL_CRITICISM = "SOCIAL_CRITICISM", "Phản biện xã hội"
    INSPECTION = "INSPECTION", "Kiểm tra"
    SURVEY = "SURVEY", "Khảo sát"


class SupervisingBody(Word):
    """Chủ thể giám sát."""

    FATHERLAND_FRONT = "FATHERLAND_FRONT", "Mặt trận Tổ quốc"
    WOMENS_UNION = "WOMENS_UNION", "Hội Liên hiệp Phụ nữ"
    FARMERS_UNION = "FARMERS_UNION", "Hội Nông dân"
    VETERANS_ASSOCIATION = "VETERANS_ASSOCIATION", "Hội Cựu chiến binh"
    YOUTH_UNION = "YOUTH_UNION", "Đoàn Thanh niên"
    TRADE_UNION = "TRADE_UNION", "Công đoàn"
    PEOPLES_INSPECTION_BOARD = "PEOPLES_INSPECTION_BOARD", "Ban Thanh tra nhân dân"
    COMMUNITY_INVESTMENT_SUPERVISION_BOARD = (
        "COMMUNITY_INVESTMENT_SUPERVISION_BOARD",
        "Ban giám sát đầu tư của cộng đồng",
    )
    PARTY_COMMITTEE = "PARTY_COMMITTEE", "Cấp ủy"


class RecordSupervisionSession(Command, frozen=True, kw_only=True):
    """`on`: the day it was held; today when left out."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.SUPERVISOR})
    vi: ClassVar[str] = "Một cuộc giám sát, phản biện, kiểm tra hoặc khảo sát."

    kind: Annotated[SessionKind, described("Loại cuộc.")]
    body: Annotated[SupervisingBody, described("Chủ thể thực hiện.")]
    unit: Annotated[Id, described("Mã đơn vị nơi tiến hành.")]
    title: Annotated[str, described("Nội dung của cuộc, tối đa 300 ký tự.")]
    on: OnDay = None


class SessionsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class SessionsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first, in `unit` or below."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    unit: str | None = None


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day it was held."""

    id: str
    version: int
    unit: UnitOnDay
    kind: SessionKind
    body: SupervisingBody
    title: str
    held_on: date


class SessionRecorded(Event, frozen=True, kw_only=True):
    kind: SessionKind
    body: SupervisingBody
    on: date
