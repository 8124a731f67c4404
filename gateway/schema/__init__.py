"""The GraphQL schema, composed of the areas in the folders beside this file."""

import gateway.schema.words  # isort: skip  # noqa: F401 - before any type uses a word

from collections.abc import Iterable
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError, is_abstract_type, is_input_object_type, is_object_type
from strawberry import ID
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from gateway.engine.executor import PlanningExecutor, execute_planned
from gateway.engine.policy import Policed
from gateway.fields import declare
from gateway.fields.declare import RootQuery, by_id, root
from gateway.fields.owners import OWNERS
from gateway.fields.relay import Node, described
from gateway.fields.scalars import SCALARS
from gateway.schema.corrections import OWNERS as CORRECTED
from gateway.schema.corrections import Correction, CorrectionsMutation, CorrectionsQuery
from gateway.schema.registration.delegations import Delegation, DelegationsMutation, DelegationsQuery
from gateway.schema.registration.documents import DocumentsMutation, DocumentsQuery, GoverningDocument
from gateway.schema.registration.formality import FormalityMutation, FormalityQuery, Question
from gateway.schema.registration.handovers import HandOversMutation, HandOversQuery
from gateway.schema.registration.launches import Launch, LaunchesMutation, LaunchesQuery
from gateway.schema.registration.models import Model, ModelsMutation, ModelsQuery
from gateway.schema.registration.organisations import Organisation, OrganisationsMutation, OrganisationsQuery
from gateway.schema.registration.programmes import Programme, ProgrammesMutation, ProgrammesQuery
from gateway.schema.registration.relations import Relation, RelationsMutation, RelationsQuery
from gateway.schema.registration.reorganisations import (
    Reorganisation,
    ReorganisationsMutation,
    ReorganisationsQuery,
)
from gateway.schema.registration.search import SearchQuery
from gateway.schema.registration.sheets import SheetJob, SheetsMutation, SheetsQuery, SheetsSubscription
from gateway.schema.registration.units import Unit, UnitsQuery
from gateway.schema.reporting.reports import ReportsQuery
from gateway.schema.review.reviews import Review, ReviewsMutation, ReviewsQuery, ReviewsSubscription
from gateway.schema.supervision.activities import Activity, SupervisionMutation, SupervisionQuery
from gateway.schema.todo import ToDoQuery
from services.kernel.kinds import Kind
from services.kernel.rows import ByKeys
from services.registration.delegations.messages import DELEGATION, DelegationsById
from services.registration.documents.messages import DOCUMENT, DocumentsById
from services.registration.formality.messages import QUESTION, QuestionsById
from services.registration.launches.messages import LAUNCH, LaunchesById
from services.registration.models.messages import MODEL, ModelsById
from services.registration.organisations.messages import ORGANISATION, OrganisationsById
from services.registration.programmes.messages import PROGRAMME, ProgrammesById
from services.registration.relations.messages import RELATION, RelationsById
from services.registration.reorganisations.messages import REORGANISATION, ReorganisationsById
from services.registration.units.messages import UnitsOnDay
from services.review.messages import REVIEW, ReviewsById
from services.supervision.messages import ACTIVITY, ActivitiesById

NODES: dict[Kind, tuple[type[ByKeys], type]] = {
    REORGANISATION: (ReorganisationsById, Reorganisation),
    DELEGATION: (DelegationsById, Delegation),
    RELATION: (RelationsById, Relation),
    **{owner.kind: (owner.CorrectionsById, Correction) for owner in CORRECTED},
    DOCUMENT: (DocumentsById, GoverningDocument),
    **{owner.JOB: (owner.JobsById, SheetJob) for owner in OWNERS},
    LAUNCH: (LaunchesById, Launch),
    MODEL: (ModelsById, Model),
    ORGANISATION: (OrganisationsById, Organisation),
    PROGRAMME: (ProgrammesById, Programme),
    QUESTION: (QuestionsById, Question),
    REVIEW: (ReviewsById, Review),
    ACTIVITY: (ActivitiesById, Activity),
}
"""Kind of an id → the query that finds the record, and its type. Every other id is that of a unit."""
_BY_PREFIX = {kind.prefix: node for kind, node in NODES.items()}
declare.NODES.update({prefix: message for prefix, (message, _) in _BY_PREFIX.items()})


def _node(id: Annotated[ID, described("Mã của đối tượng, bất kể loại nào.")]) -> RootQuery | None:
    message, type_ = _BY_PREFIX.get(id[: id.find("_") + 1], (UnitsOnDay, Unit))
    return by_id(message, id, type_.__name__)


@strawberry.type(description="Những gì có thể hỏi; chỉ thấy những gì thuộc phạm vi của người hỏi.")
class Query(
    UnitsQuery,
    ReorganisationsQuery,
    HandOversQuery,
    ModelsQuery,
    ReviewsQuery,
    SupervisionQuery,
    ReportsQuery,
    DelegationsQuery,
    SearchQuery,
    RelationsQuery,
    CorrectionsQuery,
    SheetsQuery,
    FormalityQuery,
    OrganisationsQuery,
    DocumentsQuery,
    ProgrammesQuery,
    LaunchesQuery,
    ToDoQuery,
):
    node: Node | None = root(
        _node, "Tra một đối tượng bằng mã.", UnitsOnDay, *(message for message, _ in NODES.values())
    )


@strawberry.type(
    description="Mỗi lệnh nhận `idempotencyKey`: gửi lại cùng khóa, cùng nội dung thì nhận lại cùng câu trả lời."
)
class Mutation(
    OrganisationsMutation,
    ReorganisationsMutation,
    HandOversMutation,
    ModelsMutation,
    ReviewsMutation,
    SupervisionMutation,
    DelegationsMutation,
    RelationsMutation,
    CorrectionsMutation,
    SheetsMutation,
    FormalityMutation,
    DocumentsMutation,
    ProgrammesMutation,
    LaunchesMutation,
):
    pass


@strawberry.type(description="Những gì có thể nghe khi đang diễn ra.")
class Subscription(ReviewsSubscription, SheetsSubscription):
    pass


class Schema(strawberry.Schema):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for type_ in self._schema.type_map.values():
            # Values are rows, not instances of types. A row of an abstract type has the name of its type.
            if is_object_type(type_):
                type_.is_type_of = None
            elif is_abstract_type(type_):
                type_.resolve_type = _typename
        # Clients ask every type for `isOneOf`. Strawberry's resolver fails on list and non-null types, because these
        # have no extensions.
        introspected: Any = self._schema.type_map["__Type"]
        introspected.fields["isOneOf"].resolve = _is_one_of

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """A query with a plan does not look at `allowed_operation_types`: queries are allowed in every mode."""
        result = await execute_planned(
            self._schema, query or "", operation_name, variable_values, context_value
        )
        return result or await super().execute(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            allowed_operation_types,
            operation_extensions,
        )

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Logs nothing: most errors are faults of the caller. `errors.shown` logs our own."""


def _is_one_of(type_: Any, _: Any) -> bool | None:
    return type_.is_one_of if is_input_object_type(type_) else None


def _typename(row: Any, *_: Any) -> str:
    name: str = row["__typename"]
    return name


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Unit, *dict.fromkeys(type_ for _, type_ in NODES.values())],
    config=StrawberryConfig(default_resolver=lambda row, name: row[name], scalar_map=SCALARS),
    execution_context_class=PlanningExecutor,
    extensions=[Policed],
)
