"""What the schema is made of: output types built from the services' rows, plain leaves, relations through the door."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry import ID, Info, Private

from gateway.door import Door
from services.kernel.calendar import today
from services.kernel.messages import Refusal as RefusalRow
from services.kernel.units import DatedUnit, Spell, SuccessionKind, UnitLevel, UnitPath
from services.registration.events import (
    FIELD_NAMES,
    BodyKind,
    ContributionKind,
    Field,
    Level,
    SubjectKind,
)
from services.registration.models import events as models
from services.registration.models.events import ModelRow, ModelState
from services.registration.organisations.events import OrganisationRow
from services.registration.units.events import ChildUnits
from services.reporting import events as reporting
from services.reporting.events import Dimension, Measure
from services.review.events import ReviewDecided, ReviewNominated, ReviewOpened, ReviewRow, Verdict
from services.supervision.events import SessionKind, SessionRow, SupervisingBody

T = TypeVar("T")


def named(enum: type[Enum], description: str, **names: str) -> None:
    """Into the schema, with what each value is called in Vietnamese."""
    made: Any = strawberry.enum(enum, description=description)
    for value in made.__strawberry_definition__.values:
        value.description = names[value.name]


named(Field, "Lĩnh vực.", **{field.name: FIELD_NAMES[field] for field in Field})
named(SubjectKind, "Tập thể hay cá nhân.", COLLECTIVE="Tập thể", INDIVIDUAL="Cá nhân")
named(
    Level,
    "Cấp đăng ký.",
    CITY="Cấp thành phố, tỉnh",
    DISTRICT="Cấp quận, huyện, thị xã; kết thúc ngày 30/6/2025, lịch sử vẫn giữ",
    COMMUNE="Cấp cơ sở",
)
named(
    ContributionKind,
    "Nguồn lực huy động.",
    LAND_M2="Hiến đất, m², tối đa 2 chữ số thập phân",
    WORK_DAY="Ngày công, tối đa 1 chữ số thập phân",
    MONEY="Kinh phí, đồng",
)
named(
    BodyKind,
    "Loại tổ chức chủ trì.",
    PARTY_COMMITTEE="Cấp ủy",
    PEOPLES_COMMITTEE="Ủy ban nhân dân",
    FATHERLAND_FRONT="Mặt trận Tổ quốc",
    WOMENS_UNION="Hội Liên hiệp Phụ nữ",
    FARMERS_UNION="Hội Nông dân",
    VETERANS_ASSOCIATION="Hội Cựu chiến binh",
    YOUTH_UNION="Đoàn Thanh niên",
    TRADE_UNION="Công đoàn",
    POLICE="Công an",
    MILITARY="Quân đội",
    SCHOOL="Trường học",
    COOPERATIVE="Hợp tác xã",
    ENTERPRISE_PARTY_CELL="Chi bộ doanh nghiệp",
    RESIDENTIAL_GROUP="Tổ dân phố, thôn, xóm",
)
named(
    ModelState,
    "Trạng thái của mô hình.",
    DRAFT="Bản nháp",
    SUBMITTED="Đã gửi",
    RETURNED="Trả lại bổ sung",
    REGISTERED="Đã đăng ký",
)
named(Verdict, "Kết quả thẩm định.", RECOGNISED="Được công nhận", NOT_MET="Chưa đạt")
named(
    SessionKind,
    "Loại cuộc giám sát.",
    SUPERVISION="Giám sát",
    SOCIAL_CRITICISM="Phản biện xã hội",
    INSPECTION="Kiểm tra",
    SURVEY="Khảo sát",
)
named(
    SupervisingBody,
    "Chủ thể giám sát.",
    FATHERLAND_FRONT="Mặt trận Tổ quốc",
    WOMENS_UNION="Hội Liên hiệp Phụ nữ",
    FARMERS_UNION="Hội Nông dân",
    VETERANS_ASSOCIATION="Hội Cựu chiến binh",
    YOUTH_UNION="Đoàn Thanh niên",
    TRADE_UNION="Công đoàn",
    PEOPLES_INSPECTION_BOARD="Ban Thanh tra nhân dân",
    COMMUNITY_INVESTMENT_SUPERVISION_BOARD="Ban giám sát đầu tư của cộng đồng",
    PARTY_COMMITTEE="Cấp ủy",
)
named(
    UnitLevel,
    "Cấp đơn vị hành chính.",
    COUNTRY="Cả nước",
    PROVINCE="Tỉnh, thành phố trực thuộc trung ương",
    DISTRICT="Quận, huyện, thị xã; đến hết ngày 30/6/2025",
    COMMUNE="Xã, phường, thị trấn, đặc khu",
)
named(SuccessionKind, "Cách kế thừa.", MERGE="Nhập trọn vẹn đơn vị cũ", SPLIT="Nhận một phần của đơn vị cũ")
named(
    Measure,
    "Chỉ số được đếm.",
    REGISTERED="Mô hình đăng ký",
    RECOGNISED="Được công nhận",
    NOT_MET="Chưa đạt",
    NOMINATED="Đề nghị biểu dương, khen thưởng",
    LAND_M2="Hiến đất (m²)",
    WORK_DAY="Ngày công",
    MONEY="Kinh phí (đồng)",
    SUPERVISION_SESSION="Cuộc giám sát, phản biện, kiểm tra, khảo sát",
)
named(
    Dimension,
    "Chiều phân tổ.",
    FIELD="Lĩnh vực",
    LEVEL="Cấp",
    SUBJECT_KIND="Tập thể, cá nhân",
    SESSION_KIND="Loại cuộc giám sát",
    BODY="Chủ thể giám sát",
    PLACE="Các đơn vị ngay bên dưới, và phần của chính đơn vị đó",
)


def door(info: Info[Any, None]) -> Door:
    found: Door = info.context.door
    return found


@strawberry.interface(description="Mọi đối tượng có mã riêng, tra được bằng `node(id)`.")
class Node:
    id: ID


@strawberry.type(description="Vì sao không thực hiện; mã `code` ổn định, câu giải thích bằng hai thứ tiếng.")
class Refusal:
    code: str = strawberry.field(description="Ví dụ: title-empty, unit-not-in-force, already-decided.")
    fields: list[str] = strawberry.field(description="Các trường đầu vào liên quan.")
    message_vi: str
    message_en: str

    @classmethod
    def of(cls, row: RefusalRow) -> "Refusal":
        return cls(code=row.code, fields=list(row.fields), message_vi=row.vi, message_en=row.en)


@strawberry.type(description="Vị trí của một trang.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Còn trang sau.")
    has_previous_page: bool = strawberry.field(description="Không phải trang đầu.")
    start_cursor: str | None = strawberry.field(description="Con trỏ của mục đầu; null khi trang rỗng.")
    end_cursor: str | None = strawberry.field(description="Con trỏ của mục cuối, để hỏi trang sau.")


@strawberry.type(description="Một mục của trang, với con trỏ của nó.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Đưa vào `after` để hỏi những mục sau mục này.")
    node: T


@strawberry.type(description="Một trang, mới nhất trước; trang sau bắt đầu sau `endCursor`.")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    page_info: PageInfo


def connection(rows: list[Any], first: int, after: str | None, type_: Any) -> Any:
    """`rows` holds one more than `first` when there is another page."""
    edges = [Edge(cursor=row.id, node=type_.of(row)) for row in rows[:first]]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(rows) > first,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )


@strawberry.type(
    description="Một quan hệ kế thừa: đơn vị `unit` trở thành (một phần của) đơn vị này từ ngày `on`."
)
class Predecessor:
    kind: SuccessionKind
    on: date
    main: bool = strawberry.field(description="Đơn vị kế thừa chính của đơn vị cũ.")
    document: str | None = strawberry.field(description="Văn bản, nếu biết.")
    unit_id: Private[str]

    @strawberry.field
    async def unit(self, info: Info[Any, None]) -> "Unit | None":
        return await load_unit(info, self.unit_id, self.on, before=True)


@strawberry.type(
    description="Đơn vị hành chính vào một ngày: tên, mã, cấp, đơn vị cha có thời hạn; `id` không bao giờ dùng lại."
)
class Unit(Node):
    name: str
    code: str = strawberry.field(
        description="Mã quốc gia vào ngày ấy; mã được dùng lại nên không phải là khóa."
    )
    kind: str = strawberry.field(description="Tỉnh, Thành phố, Huyện, Phường, Xã…")
    level: UnitLevel
    since: date | None = strawberry.field(description="Từ ngày (null: không rõ).")
    until: date | None = strawberry.field(description="Đến trước ngày (null: đang tồn tại).")
    on: Private[date]
    dated: Private[DatedUnit]
    parent_id: Private[str | None]

    @classmethod
    def of(cls, dated: DatedUnit, spell: Spell, on: date) -> "Unit":
        return cls(
            id=ID(dated.id),
            name=spell.name,
            code=spell.code,
            kind=spell.kind,
            level=spell.level,
            since=spell.since,
            until=spell.until,
            on=on,
            dated=dated,
            parent_id=spell.parent,
        )

    @strawberry.field
    async def parent(self, info: Info[Any, None]) -> "Unit | None":
        return await load_unit(info, self.parent_id, self.on) if self.parent_id else None

    @strawberry.field(description="Các đơn vị ngay bên dưới vào ngày ấy, theo mã.")
    async def children(self, info: Info[Any, None]) -> list["Unit"]:
        rows = await door(info).ask(ChildUnits(unit=self.id, on=self.on), list[DatedUnit])
        return [Unit.of(row, spell, self.on) for row in rows if (spell := row.at(self.on))]

    @strawberry.field(description="Các đơn vị mà đơn vị này kế thừa.")
    def predecessors(self) -> list[Predecessor]:
        return [
            Predecessor(kind=p.kind, on=p.on, main=p.main, document=p.document, unit_id=p.unit)
            for p in self.dated.predecessors
        ]


async def load_unit(
    info: Info[Any, None], unit: str, on: date | None = None, *, before: bool = False, only_then: bool = False
) -> Unit | None:
    """The unit as it was that day, or else as it last was before it; None if it was not yet.

    `before`: as it was just before that day. `only_then`: None as well if it was no more.
    """
    dated = await door(info).units.load(unit)
    if dated is None:
        return None
    day = on or today()
    spell = None if before else dated.at(day)
    if spell is None and not only_then:
        spell = next((s for s in reversed(dated.spells) if not s.since or s.since < day), None)
        if spell and spell.until:
            # What is above and below it is asked for as of its own last day.
            day = min(day, spell.until - timedelta(days=1))
    return Unit.of(dated, spell, day) if spell else None


@strawberry.type(description="Tổ chức, đơn vị chủ trì mô hình.")
class Organisation(Node):
    name: str
    kind: BodyKind
    version: int
    path: Private[str]

    @classmethod
    def of(cls, row: OrganisationRow) -> "Organisation":
        return cls(id=ID(row.id), name=row.name, kind=row.kind, version=row.version, path=row.unit)

    @strawberry.field
    async def unit(self, info: Info[Any, None]) -> Unit | None:
        return await load_unit(info, UnitPath(self.path).unit)


@strawberry.type(description="Nguồn lực huy động được cho một mô hình.")
class Contribution:
    kind: ContributionKind
    amount: Decimal = strawberry.field(description="Số thập phân chính xác, theo đơn vị tính của `kind`.")
    on: date
    note: str

    @classmethod
    def of(cls, row: models.Contribution) -> "Contribution":
        return cls(kind=row.kind, amount=row.amount, on=row.on, note=row.note)


@strawberry.type(description="Mô hình “Dân vận khéo”.")
class Model(Node):
    version: int
    title: str
    summary: str
    field: Field
    subject_kind: SubjectKind
    level: Level
    state: ModelState
    drafted_on: date
    submitted_on: date | None
    registered_on: date | None
    return_reason: str | None
    contributions: list[Contribution]
    owner_id: Private[str]
    path: Private[str]

    @classmethod
    def of(cls, row: ModelRow) -> "Model":
        return cls(
            id=ID(row.id),
            version=row.version,
            title=row.title,
            summary=row.summary,
            field=row.field,
            subject_kind=row.subject_kind,
            level=row.level,
            state=row.state,
            drafted_on=row.drafted_on,
            submitted_on=row.submitted_on,
            registered_on=row.registered_on,
            return_reason=row.return_reason,
            contributions=[Contribution.of(c) for c in row.contributions],
            owner_id=row.owner,
            path=row.unit,
        )

    @strawberry.field
    async def owner(self, info: Info[Any, None]) -> Organisation | None:
        row = await door(info).organisations.load(self.owner_id)
        return Organisation.of(row) if row else None

    @strawberry.field(description="Đơn vị vào ngày lập mô hình.")
    async def unit(self, info: Info[Any, None]) -> Unit | None:
        return await load_unit(info, UnitPath(self.path).unit, self.drafted_on)

    @strawberry.field(description="Hồ sơ thẩm định; có sau khi mô hình được chấp nhận.")
    async def review(self, info: Info[Any, None]) -> "Review | None":
        row = await door(info).reviews_of.load(self.id)
        return Review.of(row) if row else None


@strawberry.type(description="Hồ sơ thẩm định một mô hình.")
class Review(Node):
    version: int
    title: str
    opened_on: date
    verdict: Verdict | None
    reason: str | None
    decided_on: date | None
    nominated_on: date | None
    model_id: Private[str]

    @classmethod
    def of(cls, row: ReviewRow) -> "Review":
        return cls(
            id=ID(row.id),
            version=row.version,
            title=row.title,
            opened_on=row.opened_on,
            verdict=row.verdict,
            reason=row.reason,
            decided_on=row.decided_on,
            nominated_on=row.nominated_on,
            model_id=row.model,
        )

    @strawberry.field
    async def model(self, info: Info[Any, None]) -> Model | None:
        row = await door(info).models.load(self.model_id)
        return Model.of(row) if row else None


@strawberry.type(description="Cuộc giám sát, phản biện xã hội, kiểm tra hoặc khảo sát.")
class SupervisionSession(Node):
    version: int
    kind: SessionKind
    body: SupervisingBody
    title: str
    held_on: date
    path: Private[str]

    @classmethod
    def of(cls, row: SessionRow) -> "SupervisionSession":
        return cls(
            id=ID(row.id),
            version=row.version,
            kind=row.kind,
            body=row.body,
            title=row.title,
            held_on=row.held_on,
            path=row.unit,
        )

    @strawberry.field
    async def unit(self, info: Info[Any, None]) -> Unit | None:
        return await load_unit(info, UnitPath(self.path).unit, self.held_on)


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


class ReviewEventKind(Enum):
    OPENED = ReviewOpened.subject
    DECIDED = ReviewDecided.subject
    NOMINATED = ReviewNominated.subject


named(
    ReviewEventKind,
    "Điều đã xảy ra với một hồ sơ thẩm định.",
    OPENED="Được mở, khi mô hình được chấp nhận đăng ký",
    DECIDED="Có kết quả thẩm định",
    NOMINATED="Được đề nghị biểu dương, khen thưởng",
)


@strawberry.type(description="Một sự kiện thẩm định, theo đúng thứ tự.")
class ReviewEvent:
    cursor: str = strawberry.field(description="Đưa lại vào `after` để nghe tiếp từ sau sự kiện này.")
    id: ID
    kind: ReviewEventKind
    at: datetime
    on: date
    title: str
    verdict: Verdict | None
    review_id: Private[str]
    model_id: Private[str]

    @strawberry.field
    async def review(self, info: Info[Any, None]) -> Review | None:
        row = await door(info).reviews.load(self.review_id)
        return Review.of(row) if row else None

    @strawberry.field
    async def model(self, info: Info[Any, None]) -> Model | None:
        row = await door(info).models.load(self.model_id)
        return Model.of(row) if row else None


ModelResult = Annotated[
    Model | Refusal,
    strawberry.union("ModelResult", description="Mô hình sau khi thực hiện, hoặc vì sao không thực hiện."),
]
OrganisationResult = Annotated[
    Organisation | Refusal,
    strawberry.union("OrganisationResult", description="Tổ chức đã ghi nhận, hoặc vì sao không ghi nhận."),
]
ReviewResult = Annotated[
    Review | Refusal,
    strawberry.union(
        "ReviewResult", description="Hồ sơ thẩm định sau khi thực hiện, hoặc vì sao không thực hiện."
    ),
]
SupervisionSessionResult = Annotated[
    SupervisionSession | Refusal,
    strawberry.union("SupervisionSessionResult", description="Cuộc đã ghi nhận, hoặc vì sao không ghi nhận."),
]
ReportResult = Annotated[
    Report | Refusal, strawberry.union("ReportResult", description="Báo cáo, hoặc vì sao không có.")
]
