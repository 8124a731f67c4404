"""Runs query plans: the executor class that Strawberry uses, and a shorter way for queries that have a plan."""

from functools import lru_cache
from inspect import isawaitable
from typing import Any, cast

import orjson
from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    Visitor,
    execute,
    visit,
)
from graphql import ExecutionResult as CoreResult
from graphql.execution.values import get_variable_values
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.execution import ExecutionResult, PreExecutionError

from gateway.engine.plan import Execution, NotPlanned, QueryPlan, Variables
from gateway.engine.planner import plan_of
from gateway.engine.policy import Watch
from gateway.engine.query_cache import QueryDocument, query_cache
from services.kernel import telemetry
from services.kernel.messages import Refused, Unavailable

MOST_PLANS = 32
"""Plans of one document: one for each combination of the values of its @skip and @include."""
MOST_VARIABLES, LARGEST_VARIABLES = 128, 1024
"""Sets of variables in the cache of coerced values, and bytes of JSON of one set."""


class PlanningExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs a query by its plan, and everything else as its base class does."""

    on = True

    def execute_operation(self, serially: bool | None = None) -> Any:
        if self.on and self.operation.operation is OperationType.QUERY:
            plan = self._plan()
            if plan:
                return self._run(plan)
        return super().execute_operation(serially)

    async def _run(self, plan: QueryPlan) -> Any:
        answer = await _answer(plan, Execution(self.context_value.loader, Variables(self.variable_values)))
        if answer is not None:
            return CoreResult(answer, None)
        result = super().execute_operation()
        return await result if self.is_awaitable(result) else result

    def _plan(self) -> QueryPlan | None:
        """The plan of the operation for these values of its @skip and @include.

        It refers to nodes of its document, and stays in the cache with it.
        """
        plans = self.context_value.document.plans
        name = self.operation.name.value if self.operation.name else ""
        if name not in plans:
            plans[name] = _deciding(self)
        key = _key(name, plans[name], self.variable_values.coerced)
        if key not in plans:
            if len(plans) > MOST_PLANS:
                plans.clear()
            try:
                plans[key] = plan_of(self)
            except (NotPlanned, GraphQLError):  # such as null for @skip's `if`, which only running it shows
                plans[key] = None
        plan: QueryPlan | None = plans[key]
        return plan


async def execute_planned(
    schema: GraphQLSchema, text: str, name: str | None, variables: dict[str, Any] | None, context: Any
) -> ExecutionResult | None:
    """The result of a query that has a plan. None for any other operation: nothing of it has begun.

    It skips the preparation that Strawberry and graphql-core repeat for each operation: 55 % of the time of a page.
    """
    document = query_cache(schema).find(text)
    ready = (
        _ready(schema, document, name or "", variables or {}) if document and PlanningExecutor.on else None
    )
    if document is None or ready is None:
        return None
    context.document = document
    with telemetry.span("graphql"):
        watch = Watch(context, document)
        result: ExecutionResult
        if errors := watch.refusals(name, variables):
            result = PreExecutionError(data=None, errors=errors)
        else:
            try:
                async with watch.executing():
                    result = await _result(schema, document, name, variables, context, *ready)
            except Exception as error:
                if not isinstance(error, GraphQLError):
                    error = GraphQLError(str(error), original_error=error)
                result = PreExecutionError(data=None, errors=[error])
            except BaseException:
                watch.tell(None)
                raise
        watch.show(result)
        watch.tell(result)
        result.extensions = watch.extensions()
    return result


async def _result(
    schema: GraphQLSchema,
    document: QueryDocument,
    name: str | None,
    variables: dict[str, Any] | None,
    context: Any,
    plan: QueryPlan,
    given: Variables,
) -> ExecutionResult:
    answer = await _answer(plan, Execution(context.loader, given))
    if answer is not None:
        return ExecutionResult(answer, None)
    result: Any = execute(
        schema,
        cast(DocumentNode, document.tree),
        context_value=context,
        variable_values=variables,
        operation_name=name,
        executor_class=StrawberryGraphQLCoreExecutionContext,
    )
    result = await result if isawaitable(result) else result
    return ExecutionResult(result.data, result.errors)


async def _answer(plan: QueryPlan, run: Execution) -> Any:
    """None if the reference executor has to answer."""
    try:
        return await plan.run(run)
    except (NotPlanned, Refused, Unavailable, GraphQLError):
        return None
    except Exception:
        # An error in the plan. The reference executor answers without it.
        telemetry.log.exception("plan failed")
        return None


def _ready(
    schema: GraphQLSchema, document: QueryDocument, name: str, variables: dict[str, Any]
) -> tuple[QueryPlan, Variables] | None:
    operation = document.operation(name)
    if operation is None or operation.operation is not OperationType.QUERY:
        return None
    name = operation.name.value if operation.name else ""
    deciding = document.plans.get(name)
    if deciding is None:
        return None
    given = _given(schema, document, name, variables)
    plan = document.plans.get(_key(name, deciding, given.values.coerced)) if given else None
    return (plan, given) if plan and given else None


def _key(name: str, deciding: tuple[str, ...], values: dict[str, Any]) -> tuple[Any, ...]:
    return (name, *[values.get(variable) for variable in deciding])


def _given(
    schema: GraphQLSchema, document: QueryDocument, name: str, variables: dict[str, Any]
) -> Variables | None:
    """None if a value is not of its type. The reference executor words the error."""
    try:
        text = orjson.dumps(variables)
    except TypeError:
        return None
    read = _read if len(text) <= LARGEST_VARIABLES else _read.__wrapped__
    return read(schema, document, name, text)


@lru_cache(MOST_VARIABLES)
def _read(schema: GraphQLSchema, document: QueryDocument, name: str, variables: bytes) -> Variables | None:
    declared = document.operations[name].variable_definitions or ()
    found = get_variable_values(schema, declared, orjson.loads(variables))
    return None if isinstance(found, list) else Variables(found)


def _deciding(executor: PlanningExecutor) -> tuple[str, ...]:
    """Names of the variables in @skip and @include."""
    found = _Deciding()
    for node in (executor.operation, *executor.fragment_definitions.values()):
        visit(node, found)
    return tuple(sorted(found.names))


class _Deciding(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            if not isinstance(argument.value, BooleanValueNode) and hasattr(argument.value, "name"):
                self.names.add(argument.value.name.value)
