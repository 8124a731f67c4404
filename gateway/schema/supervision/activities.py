"""Supervision activities in the schema."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, does, one, pages, root
from gateway.fields.relay import VERSION, After, Before, Connection, First, Last, Node, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.corrections import Correction
from gateway.schema.registration.organisations import Organisation
from gateway.schema.registration.units import Unit
from services.movement.words import BodyKind
from services.registration.organisations.messages import OrganisationsById
from services.registration.units.messages import UnitsOnDay
from services.supervision.messages import (
    CORRECTIONS,
    ActivitiesFilter,
    ActivitiesPage,
    ActivityKind,
    ActivityRow,
    RecordActivity,
)


@strawberry.type(description="Một tổ chức thực hiện, với tên và loại vào ngày tiến hành.")
class ActivityBody:
    name: str = strawberry.field(description="Tên vào ngày ấy.")
    kind: BodyKind = strawberry.field(description="Loại tổ chức vào ngày ấy.")
    organisation: Organisation | None = one(
        OrganisationsById, "organisation", "Tổ chức ấy như hiện nay, nếu trong phạm vi của người hỏi."
    )


@shows(ActivityRow, "Cuộc giám sát, phản biện xã hội, kiểm tra hoặc khảo sát.")
class Activity(Node):
    version: int = strawberry.field(description=VERSION)
    kind: ActivityKind = strawberry.field(description="Loại cuộc.")
    bodies: list[ActivityBody] = strawberry.field(
        description="Các tổ chức cùng thực hiện, theo thứ tự đã nêu; tối đa 20."
    )
    title: str = strawberry.field(description="Nội dung của cuộc.")
    held_on: date = strawberry.field(description="Ngày tiến hành.")
    alike: list[ID] = strawberry.field(
        description="Mã các cuộc đã ghi nhận trước mà có thể là chính cuộc này: cùng loại, cùng đơn vị, cùng ngày, "
        "cùng chủ thể hoặc gần giống nội dung; tối đa 10. Hệ thống chỉ gợi ý, không gộp và không từ chối."
    )
    reversed_on: date | None = strawberry.field(
        description="Bị hủy bỏ vì ghi nhầm từ ngày nào: không còn được đếm; null khi không."
    )
    unit: Unit | None = one(UnitsOnDay, "unit", "Nơi tiến hành, như vào ngày ấy.")
    corrections: Connection[Correction] = pages(
        CORRECTIONS.CorrectionsOfRecords, "id", "Các đính chính của cuộc, mới nhất trước."
    )


ActivityResult = Annotated[
    Activity | Refusal,
    strawberry.union("ActivityResult", description="Cuộc đã ghi nhận, hoặc vì sao không ghi nhận."),
]


def _activities(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[ActivitiesFilter | None, described("Chỉ những cuộc thỏa mọi điều kiện.")] = None,
) -> RootQuery:
    return RootQuery(
        ActivitiesPage(
            filter=filter or ActivitiesFilter(), first=first, after=after, last=last, before=before
        )
    )


@strawberry.type
class SupervisionQuery:
    activities: Connection[Activity] = root(
        _activities, "Các cuộc giám sát, mới nhất trước, mỗi trang tối đa 100.", ActivitiesPage
    )


@strawberry.type
class SupervisionMutation:
    record_activity: ActivityResult = does(
        RecordActivity,
        Activity,
        "Ghi nhận một cuộc giám sát, phản biện, kiểm tra hoặc khảo sát.",
    )
