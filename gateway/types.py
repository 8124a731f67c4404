"""What the schema is made of: output types built from the services' rows, plain leaves, relations through the door."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry import ID, Info, Private

import gateway.words  # before any type uses a word
from gateway.door import Door
from gateway.relay import After, Connection, First, Node, Refusal, connection, one_more
from gateway.reports import Report
from services.kernel.calendar import today
from services.kernel.units import DatedUnit, Spell, SuccessionKind, UnitLevel, UnitPath
from services.kernel.words import Word
from services.registration.events import (
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
from services.review.events import ReviewDecided, ReviewNominated, ReviewOpened, ReviewRow, Verdict
from services.supervision.events import SessionKind, SessionRow, SupervisingBody

T = TypeVar("T")


def door(info: Info[Any, None]) -> Door:
    found: Door = info.context.door
    return found


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
    async def children(self, info: Info[Any, None], first: First, after: After = None) -> "Connection[Unit]":
        page = ChildUnits(unit=self.id, on=self.on, first=one_more(first), after=after)
        rows = await door(info).ask(page, list[DatedUnit])
        units = [Unit.of(row, spell, self.on) for row in rows if (spell := row.at(self.on))]
        return connection(units, first, after, _code)

    @strawberry.field(description="Các đơn vị mà đơn vị này kế thừa.")
    def predecessors(self) -> list[Predecessor]:
        return [
            Predecessor(kind=p.kind, on=p.on, main=p.main, document=p.document, unit_id=p.unit)
            for p in self.dated.predecessors
        ]


def _code(unit: Unit) -> str:
    return unit.code


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


class ReviewEventKind(Word):
    """Điều đã xảy ra với một hồ sơ thẩm định."""

    OPENED = ReviewOpened.subject, "Được mở, khi mô hình được chấp nhận đăng ký"
    DECIDED = ReviewDecided.subject, "Có kết quả thẩm định"
    NOMINATED = ReviewNominated.subject, "Được đề nghị biểu dương, khen thưởng"


gateway.words.word(ReviewEventKind)


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
