"""How a report looks in the schema: figures, their breakdowns, and how far everything is counted."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import ID

from gateway.fields.declare import RootQuery, root
from gateway.fields.relay import Refusal, described
from gateway.fields.rows import shows
from gateway.schema.registration.models import Flag
from services.reporting import messages
from services.reporting.messages import BridgeStep, Dimension, Measure, ReportOf


@strawberry.type(description="Một dòng của một cách phân tổ.")
class ReportRow:
    code: str = strawberry.field(description="Mã của giá trị phân tổ, hoặc mã đơn vị khi phân theo PLACE.")
    name: str = strawberry.field(description="Tên tiếng Việt của dòng.")
    value: Decimal = strawberry.field(description="Số đếm được, theo đơn vị tính của chỉ số.")


@strawberry.type(description="Một cách phân tổ, đối chiếu với tổng số.")
class Breakdown:
    by: Dimension = strawberry.field(description="Phân theo chiều nào.")
    rows: list[ReportRow] = strawberry.field(description="Mỗi giá trị một dòng, kể cả khi bằng 0.")
    sum: Decimal = strawberry.field(description="Tổng các dòng.")
    gap: Decimal = strawberry.field(
        description="Tổng số trừ tổng các dòng, không kể `overlap`; khác 0 là có chênh lệch."
    )
    adds_up: bool = strawberry.field(
        description="Là `false` khi một cuộc của nhiều chủ thể có ở nhiều dòng: không được cộng các dòng với nhau."
    )
    overlap: Decimal = strawberry.field(
        description="Phần của tổng các dòng do những cuộc có ở nhiều dòng; 0 khi các dòng cộng được."
    )


@strawberry.type(description="Một chỉ số: tổng số và các cách phân tổ của nó.")
class Figure:
    measure: Measure = strawberry.field(description="Chỉ số nào.")
    name: str = strawberry.field(description="Tên tiếng Việt của chỉ số.")
    total: Decimal = strawberry.field(description="Tổng số, theo đơn vị tính của chỉ số.")
    corrected: Decimal = strawberry.field(
        description="Phần của tổng số do đính chính thêm vào, số âm là bớt đi; trước mọi đính chính là "
        "`total` trừ số này."
    )
    corrected_late: Decimal = strawberry.field(
        description="Trong đó do những đính chính có hiệu lực sau khi kỳ kết thúc."
    )
    withdrawn: Decimal = strawberry.field(
        description="Phần của tổng số thay đổi vì mô hình rút đăng ký (nguồn lực đã ghi nhận, kết quả thẩm định, "
        "đề nghị) hoặc vì thu hồi công nhận, đề nghị, tính từ ngày rút hoặc ngày thu hồi; số âm là bớt đi, số đã "
        "ghi trước đó là `total` trừ số này."
    )
    breakdowns: list[Breakdown] = strawberry.field(description="Tổng số ấy chia theo từng chiều.")
    flags: list[Flag] = strawberry.field(
        description="Vì sao tổng số ấy bất thường, theo quy tắc nào; không số nào bị sửa.",
        metadata={"size": 2},
    )


@strawberry.type(description="Một bước từ số đăng ký đến một chỉ số khác.")
class BridgeRow:
    step: BridgeStep = strawberry.field(description="Bước nào.")
    name: str = strawberry.field(description="Tên tiếng Việt của bước.")
    value: Decimal = strawberry.field(description="Số được cộng thêm; số âm là bớt đi.")


@strawberry.type(description="Vì sao số đăng ký và một chỉ số khác khác nhau: từng bước cộng, bớt.")
class Bridge:
    to: Measure = strawberry.field(description="Đến chỉ số nào, tính từ số mô hình đăng ký.")
    rows: list[BridgeRow] = strawberry.field(description="Các bước.", metadata={"size": 5})
    sum: Decimal = strawberry.field(description="Cộng các bước.")
    gap: Decimal = strawberry.field(description="Chỉ số trừ tổng các bước; khác 0 là bộ đếm có lỗi.")


@strawberry.type(description="Đã đếm sự kiện của một dịch vụ đến đâu.")
class Position:
    producer: str = strawberry.field(description="Dịch vụ phát sự kiện.")
    applied: int = strawberry.field(description="Số thứ tự sự kiện cuối cùng đã đếm.")
    head: int | None = strawberry.field(
        description="Số thứ tự cuối cùng trong nhật ký của dịch vụ, theo tin mới nhất; null khi không rõ."
    )
    waiting_here: int | None = strawberry.field(
        description="Trong số sự kiện chưa đếm, bao nhiêu có thể liên quan đến đơn vị của báo cáo; null khi không rõ "
        "hay không còn sự kiện nào chưa đếm."
    )
    parked: int = strawberry.field(description="Số sự kiện không đếm được, đang chờ xử lý.")
    parked_here: int = strawberry.field(
        description="Trong đó số sự kiện có thể liên quan đến đơn vị của báo cáo."
    )
    silent_since: datetime | None = strawberry.field(
        description="Dịch vụ im lặng từ lúc nào, nếu vì thế mà không rõ head; null khi có tin."
    )


@strawberry.type(description="Một đơn vị có trong kỳ mà báo cáo tính, hoặc chưa tính được.")
class ReportPart:
    unit_id: ID = strawberry.field(description="Mã đơn vị.")
    unit_name: str = strawberry.field(description="Tên đơn vị trong kỳ.")
    kind: messages.PartKind = strawberry.field(description="Thuộc về báo cáo như thế nào.")
    since: date | None = strawberry.field(description="Ngày đầu của đơn vị (null: không rõ).")
    until: date | None = strawberry.field(description="Ngày cuối của đơn vị (null: đang tồn tại).")


@shows(messages.Report, "Báo cáo của một đơn vị trong một kỳ; mọi con số và vị trí thuộc cùng một thời điểm.")
class Report:
    unit_id: ID = strawberry.field(description="Mã đơn vị được báo cáo, gồm cả cấp dưới.")
    unit_name: str = strawberry.field(description="Tên đơn vị trong kỳ.")
    period: str = strawberry.field(description="Kỳ báo cáo: 2018, 2018-H1, 2018-H2.")
    since: date = strawberry.field(description="Ngày đầu của kỳ.")
    until: date = strawberry.field(description="Ngày cuối của kỳ, tính cả ngày ấy.")
    state: messages.PeriodState = strawberry.field(
        description="Kỳ đã kết thúc, chưa kết thúc hay chưa bắt đầu."
    )
    so_far_until: date | None = strawberry.field(
        description="Ngày cuối của kỳ đã đến: số liệu đến ngày này; null khi kỳ chưa bắt đầu."
    )
    made_of: list[ReportPart] = strawberry.field(
        description="Báo cáo gồm những đơn vị nào của kỳ; đơn vị cũ chỉ nhập một phần thì chưa phân chia.",
        metadata={"size": 5},
    )
    places_on: date = strawberry.field(
        description="Các dòng theo PLACE là những đơn vị của ngày này; đơn vị cũ tính vào đơn vị nhận trọn vẹn nó."
    )
    register_on: date = strawberry.field(description="Theo danh mục đơn vị hành chính của ngày này.")
    complete: bool = strawberry.field(
        description="Kỳ đã kết thúc, và mọi sự kiện có thể liên quan đến đơn vị đều đã được đếm."
    )
    incomplete_because: list[str] = strawberry.field(description="Vì sao chưa đầy đủ; rỗng khi đầy đủ.")
    figures: list[Figure] = strawberry.field(description="Tất cả các chỉ số.")
    bridges: list[Bridge] = strawberry.field(
        description="Từ số đăng ký đến số triển khai, và đến số được công nhận.", metadata={"size": 2}
    )
    positions: list[Position] = strawberry.field(description="Đã đếm đến đâu, theo từng dịch vụ.")


ReportResult = Annotated[
    Report | Refusal, strawberry.union("ReportResult", description="Báo cáo, hoặc vì sao không có.")
]


def _report(
    unit: Annotated[ID, described("Mã đơn vị; báo cáo gồm cả cấp dưới.")],
    period: Annotated[str, described("Năm hoặc nửa năm: 2018, 2018-H1, 2018-H2.")],
) -> RootQuery:
    return RootQuery(ReportOf(unit=unit, period=period), "Report")


@strawberry.type
class ReportsQuery:
    report: ReportResult = root(
        _report, "Báo cáo của một đơn vị; kỳ là 2018, 2018-H1 hoặc 2018-H2.", ReportOf
    )
