"""How a report looks in the schema: figures, their breakdowns, and how far everything is counted."""

from datetime import date
from decimal import Decimal

import strawberry
from strawberry import ID

import gateway.words  # noqa: F401 - before any type uses a word
from services.reporting import events as reporting
from services.reporting.events import Dimension, Measure


@strawberry.type(description="Một dòng của một cách phân tổ.")
class ReportRow:
    code: str = strawberry.field(description="Mã của giá trị phân tổ, hoặc mã đơn vị khi phân theo PLACE.")
    name: str
    value: Decimal


@strawberry.type(description="Một cách phân tổ, đối chiếu với tổng số.")
class Breakdown:
    by: Dimension
    rows: list[ReportRow]
    sum: Decimal
    gap: Decimal = strawberry.field(description="Tổng số trừ tổng các dòng; khác 0 là có chênh lệch.")


@strawberry.type(description="Một chỉ số: tổng số và các cách phân tổ của nó.")
class Figure:
    measure: Measure
    name: str
    total: Decimal
    breakdowns: list[Breakdown]

    @classmethod
    def of(cls, row: reporting.Figure) -> "Figure":
        return cls(
            measure=row.measure,
            name=row.name,
            total=row.total,
            breakdowns=[
                Breakdown(
                    by=b.by,
                    rows=[ReportRow(code=r.code, name=r.name, value=r.value) for r in b.rows],
                    sum=b.sum,
                    gap=b.gap,
                )
                for b in row.breakdowns
            ],
        )


@strawberry.type(description="Đã đếm sự kiện của một dịch vụ đến đâu.")
class Position:
    producer: str
    applied: int = strawberry.field(description="Số thứ tự sự kiện cuối cùng đã đếm.")
    head: int = strawberry.field(description="Số thứ tự cuối cùng mà dịch vụ đã phát, theo tin mới nhất.")
    parked: int = strawberry.field(description="Số sự kiện không đếm được, đang chờ xử lý.")


@strawberry.type(
    description="Báo cáo của một đơn vị trong một kỳ; mọi con số và vị trí thuộc cùng một thời điểm."
)
class Report:
    unit_id: ID
    unit_name: str
    period: str
    since: date
    until: date
    complete: bool = strawberry.field(description="Mọi sự kiện đã phát đều đã được đếm.")
    incomplete_because: list[str] = strawberry.field(description="Vì sao chưa đầy đủ; rỗng khi đầy đủ.")
    figures: list[Figure]
    positions: list[Position]

    @classmethod
    def of(cls, row: reporting.Report) -> "Report":
        missing = row.missing
        return cls(
            unit_id=ID(row.unit),
            unit_name=row.unit_name,
            period=row.period,
            since=row.since,
            until=row.until,
            complete=not missing,
            incomplete_because=[
                f"{p.producer}: còn {p.head - p.applied} sự kiện chưa đếm, {p.parked} sự kiện chờ xử lý"
                for p in missing
            ],
            figures=[Figure.of(f) for f in row.figures],
            positions=[
                Position(producer=p.producer, applied=p.applied, head=p.head, parked=p.parked)
                for p in row.positions
            ],
        )
