"""Administrative units in the schema, each as of a day."""

from datetime import date
from typing import Annotated, Optional

import strawberry
from strawberry import ID

from gateway.fields import Wish, found, one, pages, root
from gateway.relay import Connection, Node, described
from services.kernel.calendar import today
from services.kernel.units import SuccessionKind, UnitLevel
from services.registration.units.events import ChildUnits, UnitsOnDay, UnitWithCode


@strawberry.type(
    description="Một quan hệ kế thừa: đơn vị `unit` trở thành (một phần của) đơn vị này từ ngày `on`."
)
class Predecessor:
    kind: SuccessionKind = strawberry.field(description="Nhập trọn vẹn hay một phần.")
    on: date = strawberry.field(description="Ngày có hiệu lực.")
    main: bool = strawberry.field(description="Đơn vị kế thừa chính của đơn vị cũ.")
    document: str | None = strawberry.field(description="Văn bản, nếu biết.")
    unit: Optional["Unit"] = one(UnitsOnDay, "unit", "Đơn vị cũ, như ngay trước ngày ấy.")


@strawberry.type(
    description="Đơn vị hành chính vào một ngày: tên, mã, cấp, đơn vị cha có thời hạn; `id` không bao giờ dùng lại."
)
class Unit(Node):
    name: str = strawberry.field(description="Tên vào ngày ấy.")
    code: str = strawberry.field(
        description="Mã quốc gia vào ngày ấy; mã được dùng lại nên không phải là khóa."
    )
    kind: str = strawberry.field(description="Tỉnh, Thành phố, Huyện, Phường, Xã…")
    level: UnitLevel = strawberry.field(description="Cấp vào ngày ấy.")
    since: date | None = strawberry.field(description="Từ ngày (null: không rõ).")
    until: date | None = strawberry.field(description="Đến trước ngày (null: đang tồn tại).")
    parent: Optional["Unit"] = one(UnitsOnDay, "parent", "Đơn vị ngay bên trên vào ngày ấy.")
    children: Connection["Unit"] = pages(
        ChildUnits, "on_day", "Các đơn vị ngay bên dưới vào ngày ấy, theo mã; mỗi trang tối đa 100."
    )
    predecessors: list[Predecessor] = strawberry.field(description="Các đơn vị mà đơn vị này kế thừa.")


def _unit(
    id: Annotated[ID, described("Mã đơn vị của hệ thống, không bao giờ dùng lại.")],
    on: Annotated[date | None, described("Bỏ trống: hôm nay, hoặc ngày cuối cùng còn tồn tại.")] = None,
) -> Wish | None:
    return found(UnitsOnDay, id, on=on)


def _unit_by_code(
    code: Annotated[str, described("Mã quốc gia; sau ngày 1/7/2025 nhiều mã thuộc đơn vị khác.")],
    on: Annotated[date | None, described("Bỏ trống là hôm nay.")] = None,
) -> Wish:
    return Wish(UnitWithCode(code=code, on=on or today()))


@strawberry.type
class UnitsQuery:
    unit: Unit | None = root(
        _unit,
        "Đơn vị hành chính như vào ngày `on`; null nếu ngày ấy đơn vị chưa có hoặc không còn.",
        UnitsOnDay,
    )
    unit_by_code: Unit | None = root(_unit_by_code, "Đơn vị mang mã quốc gia này vào ngày ấy.", UnitWithCode)
