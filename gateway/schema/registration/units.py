"""Administrative units in the schema, each as of a day."""

from datetime import date
from typing import Annotated, Any, Optional

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, by_id, one, pages, root
from gateway.fields.relay import After, Before, Connection, First, Last, Node, described
from gateway.fields.rows import shows
from services.kernel.calendar import today
from services.kernel.units import SuccessionKind, UnitLevel
from services.registration.units.messages import (
    ChildUnits,
    UnitAncestors,
    UnitHeirRow,
    UnitNamedRow,
    UnitRow,
    UnitsBelow,
    UnitsNamed,
    UnitsOnDay,
    UnitSuccession,
    UnitWithCode,
)


@strawberry.type(
    description="Một quan hệ kế thừa: đơn vị `unit` trở thành (một phần của) đơn vị này từ ngày `on`."
)
class Predecessor:
    kind: SuccessionKind = strawberry.field(description="Nhập trọn vẹn hay một phần.")
    on: date = strawberry.field(description="Ngày có hiệu lực.")
    main: bool = strawberry.field(description="Đơn vị kế thừa chính của đơn vị cũ.")
    document: str | None = strawberry.field(description="Văn bản, nếu biết.")
    unit: Optional["Unit"] = one(UnitsOnDay, "unit", "Đơn vị cũ, như ngay trước ngày ấy.")


@shows(
    UnitRow,
    "Đơn vị hành chính vào một ngày: tên, mã, cấp, đơn vị cha có thời hạn; `id` không bao giờ dùng lại.",
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
    register_on: date = strawberry.field(
        description="Theo danh mục đơn vị hành chính của ngày này; danh mục cũ nhất không cho biết trước đó thế nào."
    )
    parent: Optional["Unit"] = one(UnitsOnDay, "parent", "Đơn vị ngay bên trên vào ngày ấy.")
    children: Connection["Unit"] = pages(
        ChildUnits, "on_day", "Các đơn vị ngay bên dưới vào ngày ấy, theo mã; mỗi trang tối đa 100."
    )
    ancestors: Connection["Unit"] = pages(
        UnitAncestors, "on_day", "Các đơn vị bên trên vào ngày ấy, từ gần đến xa, cuối cùng là cả nước."
    )
    predecessors: list[Predecessor] = strawberry.field(description="Các đơn vị mà đơn vị này kế thừa.")


def _unit(
    id: Annotated[ID, described("Mã đơn vị của hệ thống, không bao giờ dùng lại.")],
    on: Annotated[date | None, described("Bỏ trống: hôm nay, hoặc ngày cuối cùng còn tồn tại.")] = None,
) -> RootQuery | None:
    return by_id(UnitsOnDay, id, on=on)


def _unit_by_code(
    code: Annotated[str, described("Mã quốc gia; sau ngày 1/7/2025 nhiều mã thuộc đơn vị khác.")],
    on: Annotated[date | None, described("Bỏ trống là hôm nay.")] = None,
) -> RootQuery:
    return RootQuery(UnitWithCode(code=code, on=on or today()))


@strawberry.type(description="Một lần bàn giao: từ ngày nào thuộc đơn vị nào, theo văn bản nào.")
class Home:
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị kế thừa, như vào ngày ấy.")
    since: date = strawberry.field(
        description="Ngày đầu tiên thuộc đơn vị ấy; việc trước đó tính cho đơn vị cũ."
    )
    on: date = strawberry.field(description="Ngày bàn giao.")
    document: str = strawberry.field(description="Văn bản làm căn cứ; rỗng khi không có.")


@shows(UnitNamedRow, "Một đơn vị tìm được theo tên đang mang hoặc từng mang.")
class UnitNamed:
    name: str = strawberry.field(description="Tên tìm được.")
    since: date | None = strawberry.field(description="Mang tên ấy từ ngày (null: không rõ).")
    until: date | None = strawberry.field(description="Mang tên ấy đến trước ngày (null: đang mang).")
    former: bool = strawberry.field(description="Là tên cũ, không còn mang vào ngày được hỏi.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị vào ngày được hỏi, hoặc lúc còn tồn tại.")


@shows(UnitHeirRow, "Một đơn vị của ngày khác giữ toàn bộ hay một phần đơn vị được hỏi, hoặc ngược lại.")
class UnitHeir:
    whole: bool = strawberry.field(
        description="Đơn vị trước nằm trọn trong đơn vị sau; nếu không thì chỉ một phần."
    )
    on: date | None = strawberry.field(
        description="Ngày có hiệu lực của lần sắp xếp cuối giữa hai đơn vị; null là cùng một đơn vị."
    )
    documents: list[str] = strawberry.field(description="Các văn bản làm căn cứ, nếu biết.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị vào ngày `to`.")


def _units_named(
    name: Annotated[
        str, described("Tên, có dấu hay không, đủ hay chỉ phần đầu; có thể kèm loại: “xã Thanh Xuân”.")
    ],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    on: Annotated[date | None, described("Bỏ trống là hôm nay.")] = None,
    level: Annotated[UnitLevel | None, described("Chỉ cấp này.")] = None,
    within: Annotated[ID | None, described("Chỉ những đơn vị thuộc đơn vị này khi mang tên ấy.")] = None,
) -> RootQuery:
    window: dict[str, Any] = {"first": first, "after": after, "last": last, "before": before}
    return RootQuery(UnitsNamed(name=name, on=on or today(), level=level, within=within, **window))


def _units_below(
    unit: Annotated[ID, described("Mã đơn vị bên trên.")],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    on: Annotated[date | None, described("Bỏ trống là hôm nay.")] = None,
    level: Annotated[UnitLevel | None, described("Chỉ cấp này.")] = None,
) -> RootQuery:
    window: dict[str, Any] = {"first": first, "after": after, "last": last, "before": before}
    return RootQuery(UnitsBelow(unit=unit, on=on or today(), level=level, **window))


def _unit_succession(
    unit: Annotated[ID, described("Mã đơn vị.")],
    since: Annotated[date, described("Ngày mà đơn vị còn tồn tại.")],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    to: Annotated[
        date | None,
        described("Ngày muốn biết; sau `since` là đơn vị kế thừa, trước là đơn vị cũ. Bỏ trống: hôm nay."),
    ] = None,
) -> RootQuery:
    window: dict[str, Any] = {"first": first, "after": after, "last": last, "before": before}
    return RootQuery(UnitSuccession(unit=unit, since=since, to=to or today(), **window))


@strawberry.type
class UnitsQuery:
    units_named: Connection[UnitNamed] = root(
        _units_named,
        "Tìm đơn vị theo tên mang vào ngày ấy hoặc trước đó: đúng cả dấu trước, đủ tên trước, tên đang mang trước.",
        UnitsNamed,
    )
    units_below: Connection[Unit] = root(
        _units_below, "Mọi đơn vị bên dưới một đơn vị vào một ngày, ở mọi cấp hoặc một cấp.", UnitsBelow
    )
    unit_succession: Connection[UnitHeir] = root(
        _unit_succession,
        "Những đơn vị của ngày `to` giữ toàn bộ hay một phần đơn vị này như vào ngày `since`.",
        UnitSuccession,
    )
    unit: Unit | None = root(
        _unit,
        "Đơn vị hành chính như vào ngày `on`; null nếu ngày ấy đơn vị chưa có hoặc không còn.",
        UnitsOnDay,
    )
    unit_by_code: Unit | None = root(_unit_by_code, "Đơn vị mang mã quốc gia này vào ngày ấy.", UnitWithCode)
