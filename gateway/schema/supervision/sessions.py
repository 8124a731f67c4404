"""Supervision sessions in the schema."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import Wish, does, one, root
from gateway.fields.relay import (
    VERSION,
    After,
    Before,
    Connection,
    First,
    Last,
    Node,
    Refusal,
    described,
)
from gateway.fields.rows import shows
from gateway.schema.registration.units import Unit
from services.registration.units.messages import UnitsOnDay
from services.supervision.messages import (
    RecordSupervisionSession,
    SessionKind,
    SessionRow,
    SessionsPage,
    SupervisingBody,
)


@shows(SessionRow, "Cuộc giám sát, phản biện xã hội, kiểm tra hoặc khảo sát.")
class SupervisionSession(Node):
    version: int = strawberry.field(description=VERSION)
    kind: SessionKind = strawberry.field(description="Loại cuộc.")
    body: SupervisingBody = strawberry.field(description="Chủ thể thực hiện.")
    title: str = strawberry.field(description="Nội dung của cuộc.")
    held_on: date = strawberry.field(description="Ngày tiến hành.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Nơi tiến hành, như vào ngày ấy.")


SupervisionSessionResult = Annotated[
    SupervisionSession | Refusal,
    strawberry.union("SupervisionSessionResult", description="Cuộc đã ghi nhận, hoặc vì sao không ghi nhận."),
]


def _supervision_sessions(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    unit: Annotated[ID | None, described("Trong đơn vị này và cấp dưới.")] = None,
) -> Wish:
    return Wish(SessionsPage(unit=unit, first=first, after=after, last=last, before=before))


@strawberry.type
class SupervisionQuery:
    supervision_sessions: Connection[SupervisionSession] = root(
        _supervision_sessions, "Các cuộc giám sát, mới nhất trước, mỗi trang tối đa 100.", SessionsPage
    )


@strawberry.type
class SupervisionMutation:
    record_supervision_session: SupervisionSessionResult = does(
        RecordSupervisionSession,
        SupervisionSession,
        "Ghi nhận một cuộc giám sát, phản biện, kiểm tra hoặc khảo sát.",
    )
