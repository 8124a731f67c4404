"""The GraphQL schema: what can be asked, done and heard. Each field says what it asks of a service, and no more."""

from collections.abc import AsyncGenerator
from datetime import date
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError, is_abstract_type, is_input_object_type, is_object_type
from strawberry import ID
from strawberry.schema.config import StrawberryConfig

from gateway import subscriptions
from gateway.fields import ASKS, AnyInfo, Hears, Wish, does, root
from gateway.inputs import (
    DecideReviewInput,
    DelegateRoleInput,
    DraftModelInput,
    ModelInput,
    ModelsFilter,
    NominateReviewInput,
    RecordContributionInput,
    RecordSupervisionSessionInput,
    RegisterOrganisationInput,
    ReturnModelInput,
    RevokeDelegationInput,
)
from gateway.plan import Planned
from gateway.policy import OneExtension, Policed
from gateway.relay import After, Before, Connection, First, Last, Node, described
from gateway.scalars import SCALARS
from gateway.types import (
    Delegation,
    DelegationResult,
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
)
from services.kernel.calendar import today
from services.kernel.rows import ByKeys
from services.kernel.units import UnitOnDay
from services.registration.delegations.events import (
    DelegateRole,
    DelegationsById,
    DelegationsPage,
    RevokeDelegation,
    Side,
)
from services.registration.models.events import (
    AcceptModel,
    DraftModel,
    ModelFilter,
    ModelsById,
    ModelsPage,
    RecordContribution,
    ReturnModel,
    SubmitModel,
)
from services.registration.organisations.events import OrganisationsById, RegisterOrganisation
from services.registration.units.events import UnitsOnDay, UnitWithCode
from services.reporting.events import ReportOf
from services.review.events import DecideReview, NominateReview, ReviewsById
from services.supervision.events import RecordSession, SessionsById, SessionsPage

NODES: dict[str, tuple[type[ByKeys], type]] = {
    "d_": (DelegationsById, Delegation),
    "m_": (ModelsById, Model),
    "o_": (OrganisationsById, Organisation),
    "r_": (ReviewsById, Review),
    "s_": (SessionsById, SupervisionSession),
}
"""How ids begin, who finds them, and what they are; all others are units."""


def _node(id: Annotated[ID, described("Mã của đối tượng, bất kể loại nào.")]) -> Wish | None:
    message, type_ = NODES.get(id[:2], (UnitsOnDay, Unit))
    return _found(message, id, type_.__name__)


def _unit(
    id: Annotated[ID, described("Mã đơn vị của hệ thống, không bao giờ dùng lại.")],
    on: Annotated[date | None, described("Bỏ trống: hôm nay, hoặc ngày cuối cùng còn tồn tại.")] = None,
) -> Wish | None:
    return _found(UnitsOnDay, id, on=on)


def _found(message: type[ByKeys], id: str, type_: str = "", on: date | None = None) -> Wish | None:
    if UnitOnDay(id).unit != id:
        return None  # no id looks like that
    return Wish(message(keys=(f"{id}={on}" if on else id,)), type_)


def _unit_by_code(
    code: Annotated[str, described("Mã quốc gia; sau ngày 1/7/2025 nhiều mã thuộc đơn vị khác.")],
    on: Annotated[date | None, described("Bỏ trống là hôm nay.")] = None,
) -> Wish:
    return Wish(UnitWithCode(code=code, on=on or today()))


def _models(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[ModelsFilter | None, described("Chỉ những mô hình thỏa mọi điều kiện.")] = None,
) -> Wish:
    wanted = ModelFilter(**vars(filter)) if filter else ModelFilter()
    return Wish(ModelsPage(filter=wanted, first=first, after=after, last=last, before=before))


def _supervision_sessions(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    unit: Annotated[ID | None, described("Trong đơn vị này và cấp dưới.")] = None,
) -> Wish:
    return Wish(SessionsPage(unit=unit, first=first, after=after, last=last, before=before))


def _report(
    unit: Annotated[ID, described("Mã đơn vị; báo cáo gồm cả cấp dưới.")],
    period: Annotated[str, described("Năm hoặc nửa năm: 2018, 2018-H1, 2018-H2.")],
) -> Wish:
    return Wish(ReportOf(unit=unit, period=period), "Report")


def _delegations(
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    side: Annotated[
        Side | None, described("Chỉ những việc người hỏi đã ủy quyền, hoặc được ủy quyền.")
    ] = None,
) -> Wish:
    return Wish(DelegationsPage(side=side, first=first, after=after, last=last, before=before))


@strawberry.type(description="Những gì có thể hỏi; chỉ thấy những gì thuộc phạm vi của người hỏi.")
class Query:
    node: Node | None = root(
        _node, "Tra một đối tượng bằng mã.", UnitsOnDay, *(message for message, _ in NODES.values())
    )
    unit: Unit | None = root(
        _unit,
        "Đơn vị hành chính như vào ngày `on`; null nếu ngày ấy đơn vị chưa có hoặc không còn.",
        UnitsOnDay,
    )
    unit_by_code: Unit | None = root(_unit_by_code, "Đơn vị mang mã quốc gia này vào ngày ấy.", UnitWithCode)
    models: Connection[Model] = root(_models, "Mô hình, mới nhất trước, mỗi trang tối đa 100.", ModelsPage)
    supervision_sessions: Connection[SupervisionSession] = root(
        _supervision_sessions, "Các cuộc giám sát, mới nhất trước, mỗi trang tối đa 100.", SessionsPage
    )
    report: ReportResult = root(
        _report, "Báo cáo của một đơn vị; kỳ là 2018, 2018-H1 hoặc 2018-H2.", ReportOf
    )
    delegations: Connection[Delegation] = root(
        _delegations,
        "Các việc ủy quyền, mới nhất trước: của người hỏi, và với người vận hành là tất cả trong đơn vị.",
        DelegationsPage,
    )


@strawberry.type(
    description="Mỗi lệnh nhận `idempotencyKey`: gửi lại cùng khóa, cùng nội dung thì nhận lại cùng câu trả lời."
)
class Mutation:
    register_organisation: OrganisationResult = does(
        RegisterOrganisation, RegisterOrganisationInput, Organisation, "Ghi nhận một tổ chức chủ trì."
    )
    draft_model: ModelResult = does(DraftModel, DraftModelInput, Model, "Lập bản nháp một mô hình.")
    submit_model: ModelResult = does(SubmitModel, ModelInput, Model, "Gửi mô hình để thẩm định việc đăng ký.")
    return_model: ModelResult = does(
        ReturnModel, ReturnModelInput, Model, "Trả lại để bổ sung, nêu rõ còn thiếu gì."
    )
    accept_model: ModelResult = does(
        AcceptModel,
        ModelInput,
        Model,
        "Chấp nhận đăng ký; từ ngày này mô hình được tính là đã đăng ký.",
    )
    record_contribution: ModelResult = does(
        RecordContribution,
        RecordContributionInput,
        Model,
        "Ghi nhận đất hiến, ngày công hoặc kinh phí huy động được.",
    )
    decide_review: ReviewResult = does(
        DecideReview, DecideReviewInput, Review, "Quyết định kết quả thẩm định, một lần, có lý do."
    )
    nominate_review: ReviewResult = does(
        NominateReview,
        NominateReviewInput,
        Review,
        "Đề nghị cấp trên biểu dương, khen thưởng một mô hình đã được công nhận.",
    )
    record_supervision_session: SupervisionSessionResult = does(
        RecordSession,
        RecordSupervisionSessionInput,
        SupervisionSession,
        "Ghi nhận một cuộc giám sát, phản biện, kiểm tra hoặc khảo sát.",
    )
    delegate_role: DelegationResult = does(
        DelegateRole,
        DelegateRoleInput,
        Delegation,
        "Ủy quyền cho người khác một vai trò mình tự giữ; người được ủy quyền không ủy quyền tiếp được.",
    )
    revoke_delegation: DelegationResult = does(
        RevokeDelegation,
        RevokeDelegationInput,
        Delegation,
        "Chấm dứt một việc ủy quyền trước hạn; có hiệu lực trong vòng 5 giây.",
    )


@strawberry.type(description="Những gì có thể nghe khi đang diễn ra.")
class Subscription:
    @strawberry.subscription(
        description="Các sự kiện thẩm định theo đúng thứ tự, không sót và không lặp. Cần WebSocket hoặc SSE.",
        metadata={ASKS: Hears(subscriptions.HEARD_BY)},
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
            yield event  # type: ignore[misc] # a row


class Schema(strawberry.Schema):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for type_ in self._schema.type_map.values():
            # Values are rows: those of an abstract type say what they are.
            if is_object_type(type_):
                type_.is_type_of = None
            elif is_abstract_type(type_):
                type_.resolve_type = _typename
        # Strawberry's own fails on a list or non-null type, which has no extensions: clients ask it of every type.
        introspected: Any = self._schema.type_map["__Type"]
        introspected.fields["isOneOf"].resolve = _is_one_of

    def create_extensions_runner(self, execution_context: Any, extensions: Any) -> OneExtension:
        return OneExtension(execution_context, extensions)

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Nothing: most are a caller's own. What broke on our side is logged where errors are shown."""


def _is_one_of(type_: Any, _: Any) -> bool | None:
    return type_.is_one_of if is_input_object_type(type_) else None


def _typename(row: Any, *_: Any) -> str:
    name: str = row["__typename"]
    return name


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Unit, Model, Organisation, Review, SupervisionSession, Delegation],
    config=StrawberryConfig(default_resolver=lambda row, name: row[name], scalar_map=SCALARS),
    execution_context_class=Planned,
    extensions=[Policed],
)
