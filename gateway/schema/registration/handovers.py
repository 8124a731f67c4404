"""Hand-overs in the schema: open records of units that have ended, and the acts by which successors take them over."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, does, one, root
from gateway.fields.relay import After, Before, Connection, First, Last, Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.units import Unit
from services.registration.handovers.messages import (
    HandedKind,
    HandedOverRow,
    HandOver,
    HandOverAll,
    HandOverPreview,
    SuccessorRow,
    WaitingFilter,
    WaitingRecordRow,
    WaitingRecords,
    WaitingTotals,
    WaitingTotalsRow,
    WaitingUnitRow,
    WaitingUnits,
)
from services.registration.units.messages import UnitsOnDay

WEIGHT = 100
"""Cost of a list of waiting units: it counts the open records of all units that the caller's units succeed."""


@strawberry.type(description="Số hồ sơ của một loại.")
class HandedCount:
    kind: HandedKind = strawberry.field(description="Loại hồ sơ.")
    name: str = strawberry.field(description="Tên tiếng Việt của loại.")
    records: int = strawberry.field(description="Số hồ sơ.")


@shows(SuccessorRow, "Một đơn vị có thể nhận bàn giao.")
class Successor:
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị kế thừa, như hiện nay.")
    whole: bool = strawberry.field(description="Đơn vị cũ nhập trọn vẹn vào đơn vị này hay không.")
    since: date = strawberry.field(description="Hồ sơ thuộc đơn vị kế thừa từ ngày này.")


@shows(WaitingUnitRow, "Một đơn vị đã kết thúc mà còn hồ sơ đang mở, chưa ai nhận bàn giao.")
class WaitingUnit:
    id: ID = strawberry.field(description="Mã đơn vị đã kết thúc.")
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị, như ngay trước khi kết thúc.")
    ended_on: date = strawberry.field(description="Ngày đầu tiên không còn đơn vị.")
    records: int = strawberry.field(description="Số hồ sơ đang chờ.")
    kinds: list[HandedCount] = strawberry.field(description="Số hồ sơ theo loại.")
    successors: list[Successor] = strawberry.field(description="Các đơn vị có thể nhận bàn giao.")
    proposed: Unit | None = one(
        UnitsOnDay,
        "proposed",
        "Đơn vị mà đơn vị cũ nhập trọn vẹn vào; null khi đơn vị cũ bị chia, tách: phải có người chọn.",
    )


@shows(WaitingTotalsRow, "Tổng số đang chờ bàn giao.")
class WaitingSums:
    units: int = strawberry.field(description="Số đơn vị đã kết thúc còn hồ sơ đang mở.")
    records: int = strawberry.field(description="Số hồ sơ.")
    kinds: list[HandedCount] = strawberry.field(description="Số hồ sơ theo loại.")


@shows(WaitingRecordRow, "Một hồ sơ đang chờ bàn giao.")
class WaitingRecord:
    id: ID = strawberry.field(description="Mã hồ sơ.")
    version: int = strawberry.field(description="Phiên bản của hồ sơ.")
    kind: HandedKind = strawberry.field(description="Loại hồ sơ.")
    name: str = strawberry.field(description="Tên tiếng Việt của loại.")
    title: str = strawberry.field(description="Tên của hồ sơ.")
    state: str | None = strawberry.field(description="Đang ở bước nào; null khi loại ấy không có các bước.")


@shows(HandedOverRow, "Kết quả bàn giao, hoặc điều mà lệnh bàn giao sẽ làm.")
class HandedOver:
    unit: Unit | None = one(UnitsOnDay, "unit", "Đơn vị đã kết thúc, như ngay trước khi kết thúc.")
    to: Unit | None = one(UnitsOnDay, "to", "Đơn vị nhận bàn giao.")
    since: date = strawberry.field(
        description="Hồ sơ thuộc đơn vị kế thừa từ ngày này; việc trước ngày ấy vẫn tính cho đơn vị cũ."
    )
    document: str = strawberry.field(description="Văn bản làm căn cứ; rỗng khi không có.")
    records: int = strawberry.field(description="Số hồ sơ được bàn giao lần này, tối đa 200.")
    left: int = strawberry.field(description="Số hồ sơ đang mở còn lại của đơn vị cũ.")
    kinds: list[HandedCount] = strawberry.field(description="Số hồ sơ được bàn giao theo loại.")


HandedOverResult = Annotated[
    HandedOver | Refusal,
    strawberry.union("HandedOverResult", description="Kết quả bàn giao, hoặc vì sao không bàn giao."),
]


def _waiting_units(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[WaitingFilter | None, described("Chỉ những đơn vị thỏa mọi điều kiện.")] = None,
) -> RootQuery:
    return RootQuery(
        WaitingUnits(filter=filter or WaitingFilter(), first=first, after=after, last=last, before=before)
    )


def _waiting_totals(
    filter: Annotated[WaitingFilter | None, described("Chỉ những đơn vị thỏa mọi điều kiện.")] = None,
) -> RootQuery:
    return RootQuery(WaitingTotals(filter=filter or WaitingFilter()))


def _waiting_records(
    unit: Annotated[ID, described("Mã đơn vị đã kết thúc.")],
    kind: Annotated[HandedKind | None, described("Chỉ loại hồ sơ này; bỏ trống là mọi loại.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> RootQuery:
    return RootQuery(WaitingRecords(unit=unit, kind=kind, first=first, after=after, last=last, before=before))


def _hand_over_preview(
    unit: Annotated[ID, described("Mã đơn vị đã kết thúc.")],
    to: Annotated[
        ID | None, described("Mã đơn vị kế thừa; bỏ trống được khi đơn vị cũ nhập trọn vẹn vào một đơn vị.")
    ] = None,
    kinds: Annotated[list[HandedKind] | None, described("Chỉ những loại này; bỏ trống là mọi loại.")] = None,
) -> RootQuery:
    return RootQuery(
        HandOverPreview(unit=unit, to=to, kinds=tuple(kinds) if kinds else None), HandedOver.__name__
    )


@strawberry.type
class HandOversQuery:
    waiting_units: Connection[WaitingUnit] = root(
        _waiting_units,
        "Những đơn vị đã kết thúc còn hồ sơ chờ bàn giao cho đơn vị trong phạm vi của người hỏi, theo mã.",
        WaitingUnits,
        weight=WEIGHT,
    )
    waiting_totals: WaitingSums | None = root(
        _waiting_totals, "Tổng số của `waitingUnits`.", WaitingTotals, weight=WEIGHT
    )
    waiting_records: Connection[WaitingRecord] = root(
        _waiting_records, "Những hồ sơ đang mở của một đơn vị đã kết thúc, theo loại và mã.", WaitingRecords
    )
    hand_over_preview: HandedOverResult | None = root(
        _hand_over_preview, "Điều mà `handOverAll` sẽ làm; xem trước không thay đổi gì.", HandOverPreview
    )


@strawberry.type
class HandOversMutation:
    hand_over: HandedOverResult = does(
        HandOver,
        HandedOver,
        "Bàn giao một hồ sơ cho đơn vị kế thừa: hồ sơ giữ đơn vị lúc lập, và thuộc đơn vị ấy từ ngày đơn vị cũ hết.",
    )
    hand_over_all: HandedOverResult = does(
        HandOverAll,
        HandedOver,
        "Bàn giao mọi hồ sơ đang mở của một đơn vị, mỗi lần tối đa 200; gọi lại với khóa mới khi `left` lớn hơn 0.",
    )
