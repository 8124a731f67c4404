"""The GraphQL schema: what can be asked and done. A field asks a service and shows what it answered."""

from collections.abc import AsyncGenerator, Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry import ID, Info
from strawberry.extensions import ValidationCache

from gateway import subscriptions
from gateway.errors import Errors, OneOperation, Parsed
from gateway.relay import After, Connection, First, Node, Refusal, connection, described, one_more
from gateway.reports import Report
from gateway.types import (
    Model,
    ModelResult,
    Organisation,
    OrganisationResult,
    ReportResult,
    Review,
    ReviewEvent,
    ReviewResult,
    SupervisionSession,
    SupervisionSessionResult,
    Unit,
    door,
    load_unit,
)
from services.kernel.calendar import today
from services.kernel.messages import Command, Refused
from services.kernel.units import DatedUnit
from services.registration.events import BodyKind, ContributionKind, Field, Level, SubjectKind
from services.registration.models.events import (
    AcceptModel,
    DraftModel,
    ModelFilter,
    ModelRow,
    ModelsPage,
    ModelState,
    RecordContribution,
    ReturnModel,
    SubmitModel,
)
from services.registration.organisations.events import OrganisationRow, RegisterOrganisation
from services.registration.units.events import UnitsByCode
from services.reporting import events as reporting
from services.reporting.events import ReportOf
from services.review.events import DecideReview, NominateReview, ReviewRow, Verdict
from services.supervision.events import (
    RecordSession,
    SessionKind,
    SessionRow,
    SessionsById,
    SessionsPage,
    SupervisingBody,
)

R = TypeVar("R")
N = TypeVar("N")
AnyInfo = Info[Any, None]

OnDay = "Ngày việc ấy diễn ra; bỏ trống là hôm nay."


Key = Annotated[
    str,
    described(
        "Khóa do bên gửi đặt cho lần gửi này, từ 1 đến 200 ký tự: gửi lại cùng khóa không làm gì thêm "
        "và nhận lại cùng câu trả lời; cùng khóa với nội dung khác thì bị từ chối."
    ),
]


WHAT = described("Nội dung của lệnh.")


@strawberry.input(description="Lọc mô hình; bỏ trống là không lọc.")
class ModelsFilter:
    unit: ID | None = strawberry.field(default=None, description="Trong đơn vị này và cấp dưới.")
    owner: ID | None = strawberry.field(default=None, description="Của tổ chức chủ trì này.")
    field: Field | None = strawberry.field(default=None, description="Thuộc lĩnh vực này.")
    level: Level | None = strawberry.field(default=None, description="Đăng ký ở cấp này.")
    subject_kind: SubjectKind | None = strawberry.field(
        default=None, description="Của tập thể hay của cá nhân."
    )
    state: ModelState | None = strawberry.field(default=None, description="Đang ở trạng thái này.")


@strawberry.type(description="Những gì có thể hỏi; chỉ thấy những gì thuộc phạm vi của người hỏi.")
class Query:
    @strawberry.field(description="Tra một đối tượng bằng mã.")
    async def node(
        self, info: AnyInfo, id: Annotated[ID, described("Mã của đối tượng, bất kể loại nào.")]
    ) -> Node | None:
        match id[:2]:
            case "m_":
                model = await door(info).models.load(id)
                return Model.of(model) if model else None
            case "r_":
                review = await door(info).reviews.load(id)
                return Review.of(review) if review else None
            case "o_":
                organisation = await door(info).organisations.load(id)
                return Organisation.of(organisation) if organisation else None
            case "s_":
                sessions = await door(info).ask(SessionsById(ids=(id,)), list[SessionRow])
                return SupervisionSession.of(sessions[0]) if sessions else None
        return await load_unit(info, id)

    @strawberry.field(
        description="Đơn vị hành chính như vào ngày `on`; null nếu ngày ấy đơn vị chưa có hoặc không còn."
    )
    async def unit(
        self,
        info: AnyInfo,
        id: Annotated[ID, described("Mã đơn vị của hệ thống, không bao giờ dùng lại.")],
        on: Annotated[date | None, described("Bỏ trống: hôm nay, hoặc ngày cuối cùng còn tồn tại.")] = None,
    ) -> Unit | None:
        return await load_unit(info, id, on, only_then=on is not None)

    @strawberry.field(description="Đơn vị mang mã quốc gia này vào ngày ấy.")
    async def unit_by_code(
        self,
        info: AnyInfo,
        code: Annotated[str, described("Mã quốc gia; sau ngày 1/7/2025 nhiều mã thuộc đơn vị khác.")],
        on: Annotated[date | None, described("Bỏ trống là hôm nay.")] = None,
    ) -> Unit | None:
        day = on or today()
        for row in await door(info).ask(UnitsByCode(code=code, on=day), list[DatedUnit]):
            if spell := row.at(day):
                return Unit.of(row, spell, day)
        return None

    @strawberry.field(description="Mô hình, mới nhất trước, mỗi trang tối đa 100.")
    async def models(
        self,
        info: AnyInfo,
        first: First,
        after: After = None,
        filter: Annotated[ModelsFilter | None, described("Chỉ những mô hình thỏa mọi điều kiện.")] = None,
    ) -> Connection[Model]:
        wanted = ModelFilter(**vars(filter)) if filter else ModelFilter()
        page = ModelsPage(filter=wanted, first=one_more(first), after=after)
        rows = await door(info).ask(page, list[ModelRow])
        return connection(map(Model.of, rows), first, after, _id)

    @strawberry.field(description="Các cuộc giám sát, mới nhất trước, mỗi trang tối đa 100.")
    async def supervision_sessions(
        self,
        info: AnyInfo,
        first: First,
        after: After = None,
        unit: Annotated[ID | None, described("Trong đơn vị này và cấp dưới.")] = None,
    ) -> Connection[SupervisionSession]:
        page = SessionsPage(unit=unit, first=one_more(first), after=after)
        rows = await door(info).ask(page, list[SessionRow])
        return connection(map(SupervisionSession.of, rows), first, after, _id)

    @strawberry.field(description="Báo cáo của một đơn vị; kỳ là 2018, 2018-H1 hoặc 2018-H2.")
    async def report(
        self,
        info: AnyInfo,
        unit: Annotated[ID, described("Mã đơn vị; báo cáo gồm cả cấp dưới.")],
        period: Annotated[str, described("Năm hoặc nửa năm: 2018, 2018-H1, 2018-H2.")],
    ) -> ReportResult:
        try:
            return Report.of(await door(info).ask(ReportOf(unit=unit, period=period), reporting.Report))
        except Refused as refused:
            return _shown(refused)


@strawberry.input(description="Tổ chức cần ghi nhận.")
class RegisterOrganisationInput:
    name: str
    kind: BodyKind
    unit: ID
    on: date | None = strawberry.field(
        default=None, description="Một ngày mà đơn vị tồn tại; bỏ trống là hôm nay."
    )


@strawberry.input(description="Bản nháp của một mô hình.")
class DraftModelInput:
    owner: ID = strawberry.field(description="Mã tổ chức chủ trì.")
    title: str
    field: str = strawberry.field(
        description="Mã hoặc tên lĩnh vực, kể cả các cách viết quen dùng như “An ninh quốc phòng”."
    )
    subject_kind: SubjectKind
    summary: str = ""
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Một mô hình và ngày của việc làm với nó.")
class ModelInput:
    model: ID
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Mô hình cần trả lại và lý do.")
class ReturnModelInput:
    model: ID
    reason: str
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Nguồn lực đã huy động cho một mô hình đã đăng ký.")
class RecordContributionInput:
    model: ID
    kind: ContributionKind
    amount: Decimal = strawberry.field(
        description="Số dương chính xác, ví dụ “1155.3”: đất có tối đa 2 chữ số thập phân, "
        "ngày công 1, kinh phí 0."
    )
    note: str = strawberry.field(default="", description="Giá trị này bao gồm những gì.")
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Kết quả thẩm định và lý do.")
class DecideReviewInput:
    review: ID
    verdict: Verdict
    reason: str
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Hồ sơ được đề nghị biểu dương, khen thưởng.")
class NominateReviewInput:
    review: ID
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.input(description="Một cuộc giám sát, phản biện, kiểm tra hoặc khảo sát.")
class RecordSupervisionSessionInput:
    kind: SessionKind
    body: SupervisingBody
    unit: ID
    title: str
    on: date | None = strawberry.field(default=None, description=OnDay)


@strawberry.type(
    description="Mỗi lệnh nhận `idempotencyKey`: gửi lại cùng khóa, cùng nội dung thì nhận lại cùng câu trả lời."
)
class Mutation:
    @strawberry.mutation(description="Ghi nhận một tổ chức chủ trì.")
    async def register_organisation(
        self,
        info: AnyInfo,
        input: Annotated[RegisterOrganisationInput, WHAT],
        idempotency_key: Key,
    ) -> OrganisationResult:
        command = RegisterOrganisation(**vars(input))
        return await _do(info, command, idempotency_key, OrganisationRow, Organisation.of)

    @strawberry.mutation(description="Lập bản nháp một mô hình.")
    async def draft_model(
        self,
        info: AnyInfo,
        input: Annotated[DraftModelInput, WHAT],
        idempotency_key: Key,
    ) -> ModelResult:
        return await _do(info, DraftModel(**vars(input)), idempotency_key, ModelRow, Model.of)

    @strawberry.mutation(description="Gửi mô hình để thẩm định việc đăng ký.")
    async def submit_model(
        self, info: AnyInfo, input: Annotated[ModelInput, WHAT], idempotency_key: Key
    ) -> ModelResult:
        return await _do(info, SubmitModel(**vars(input)), idempotency_key, ModelRow, Model.of)

    @strawberry.mutation(description="Trả lại để bổ sung, nêu rõ còn thiếu gì.")
    async def return_model(
        self,
        info: AnyInfo,
        input: Annotated[ReturnModelInput, WHAT],
        idempotency_key: Key,
    ) -> ModelResult:
        return await _do(info, ReturnModel(**vars(input)), idempotency_key, ModelRow, Model.of)

    @strawberry.mutation(description="Chấp nhận đăng ký; từ ngày này mô hình được tính là đã đăng ký.")
    async def accept_model(
        self, info: AnyInfo, input: Annotated[ModelInput, WHAT], idempotency_key: Key
    ) -> ModelResult:
        return await _do(info, AcceptModel(**vars(input)), idempotency_key, ModelRow, Model.of)

    @strawberry.mutation(description="Ghi nhận đất hiến, ngày công hoặc kinh phí huy động được.")
    async def record_contribution(
        self,
        info: AnyInfo,
        input: Annotated[RecordContributionInput, WHAT],
        idempotency_key: Key,
    ) -> ModelResult:
        command = RecordContribution(**{**vars(input), "amount": str(input.amount)})
        return await _do(info, command, idempotency_key, ModelRow, Model.of)

    @strawberry.mutation(description="Quyết định kết quả thẩm định, một lần, có lý do.")
    async def decide_review(
        self,
        info: AnyInfo,
        input: Annotated[DecideReviewInput, WHAT],
        idempotency_key: Key,
    ) -> ReviewResult:
        return await _do(info, DecideReview(**vars(input)), idempotency_key, ReviewRow, Review.of)

    @strawberry.mutation(
        description="Đề nghị cấp trên biểu dương, khen thưởng một mô hình đã được công nhận."
    )
    async def nominate_review(
        self,
        info: AnyInfo,
        input: Annotated[NominateReviewInput, WHAT],
        idempotency_key: Key,
    ) -> ReviewResult:
        return await _do(info, NominateReview(**vars(input)), idempotency_key, ReviewRow, Review.of)

    @strawberry.mutation(description="Ghi nhận một cuộc giám sát, phản biện, kiểm tra hoặc khảo sát.")
    async def record_supervision_session(
        self,
        info: AnyInfo,
        input: Annotated[RecordSupervisionSessionInput, WHAT],
        idempotency_key: Key,
    ) -> SupervisionSessionResult:
        command = RecordSession(**vars(input))
        return await _do(info, command, idempotency_key, SessionRow, SupervisionSession.of)


@strawberry.type(description="Những gì có thể nghe khi đang diễn ra.")
class Subscription:
    @strawberry.subscription(
        description="Các sự kiện thẩm định theo đúng thứ tự, không sót và không lặp. Cần WebSocket."
    )
    async def review_events(
        self,
        info: AnyInfo,
        after: Annotated[
            str | None,
            described("`cursor` đã nhận: nghe tiếp sau đó; “0” là từ đầu; bỏ trống là từ bây giờ."),
        ] = None,
        unit: Annotated[ID | None, described("Chỉ của đơn vị này và cấp dưới.")] = None,
    ) -> AsyncGenerator[ReviewEvent, None]:
        async for event in subscriptions.review_events(info, after=after, unit=unit):
            yield event


async def _do(
    info: AnyInfo, command: Command, key: str, row: type[R], shown: Callable[[R], N]
) -> N | Refusal:
    """Does it, and shows the new state or the refusal."""
    try:
        return shown(await door(info).do(command, row, key))
    except Refused as refused:
        return _shown(refused)


def _id(node: Node) -> str:
    return node.id


def _shown(refused: Refused) -> Refusal:
    # Who asks without a valid token gets an error instead: that says nothing about the thing asked for.
    if refused.refusal.code == "unauthenticated":
        raise refused
    return Refusal.of(refused.refusal)


class Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Nothing: most are a caller's own. What broke on our side is logged by `Errors`."""


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Unit, Model, Organisation, Review, SupervisionSession],
    extensions=[
        Errors,
        partial(Parsed, maxsize=512),
        partial(ValidationCache, maxsize=512),
        OneOperation,
    ],
)
