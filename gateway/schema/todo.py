"""The work that waits for the caller, in one list over all services."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields import declare
from gateway.fields.declare import RootQuery, one, root
from gateway.fields.relay import After, Before, Connection, First, Last, described
from gateway.fields.rows import shows
from gateway.schema.registration.units import Unit
from services.registration.todo.messages import ToDoPage
from services.registration.units.messages import UnitsOnDay
from services.review import messages as review
from services.supervision import messages as supervision
from services.todo.messages import ToDoFilter, ToDoKind, ToDoRow

WEIGHT = 300
"""Cost of the list. It reads all open launches in the caller's units, and counts the records of ended units."""
PARTS = (ToDoPage, review.ToDoPage, supervision.ToDoPage)
declare.PARTS[ToDoPage] = PARTS


@shows(ToDoRow, "Một việc đang chờ người hỏi xử lý.")
class ToDo:
    id: ID = strawberry.field(
        description="Mã hồ sơ, tra bằng `node(id)`; với UNIT_TO_HAND_OVER là mã đơn vị đã kết thúc."
    )
    kind: ToDoKind = strawberry.field(description="Loại việc.")
    name: str = strawberry.field(description="Tên tiếng Việt của loại việc.")
    title: str = strawberry.field(description="Tên mô hình, chương trình hay đơn vị.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị của việc ấy.")
    since: date = strawberry.field(description="Chờ từ ngày nào.")
    due: date | None = strawberry.field(description="Hạn, tính hết ngày ấy; null khi không có hạn.")
    acts: list[str] = strawberry.field(description="Các lệnh có thể làm, theo tên của mutation.")
    many: int = strawberry.field(
        description="Số đơn vị, tổ chức chưa đăng ký đủ, hoặc số hồ sơ chờ bàn giao; 1 với việc khác."
    )


def _to_do(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[ToDoFilter | None, described("Chỉ những việc thỏa mọi điều kiện.")] = None,
) -> RootQuery:
    return RootQuery(
        ToDoPage(filter=filter or ToDoFilter(), first=first, after=after, last=last, before=before)
    )


@strawberry.type
class ToDoQuery:
    to_do: Connection[ToDo] = root(
        _to_do,
        "Những việc đang chờ mà người hỏi được làm, ở mọi dịch vụ: việc có hạn sớm xếp trước, không có hạn xếp cuối.",
        *PARTS,
        weight=WEIGHT,
    )
