"""Who runs plans: the executor that Strawberry is given, and a short way for what it has planned before."""

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

from gateway.engine.documents import Document, documents
from gateway.engine.plan import Given, Plan, Run, Unusual, compiled
from gateway.engine.policy import Watch
from services.kernel import telemetry
from services.kernel.messages import Refused, Unavailable

MOST_PLANS = 32
"""Of one document, by the values of the variables that decide what is selected."""
MOST_GIVEN, LARGEST_GIVEN = 128, 1024
"""Variables whose values are remembered as they were read, and bytes of their JSON."""


class Planned(StrawberryGraphQLCoreExecutionContext):
    """Runs queries by plan where it can."""

    on = True

    def execute_operation(self, serially: bool | None = None) -> Any:
        if self.on and self.operation.operation is OperationType.QUERY:
            plan = self._plan()
            if plan:
                return self._run(plan)
        return super().execute_operation(serially)

    async def _run(self, plan: Plan) -> Any:
        answer = await _answer(plan, Run(self.context_value.door, Given(self.variable_values)))
        if answer is not None:
            return CoreResult(answer, None)
        result = super().execute_operation()
        return await result if self.is_awaitable(result) else result

    def _plan(self) -> Plan | None:
        """The plan of the operation, for these values of the variables that decide what is selected.

        It lives as long as its document is kept, whose nodes it refers to.
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
                plans[key] = compiled(self)
            except (Unusual, GraphQLError):  # such as null for @skip's `if`, which only running it shows
                plans[key] = None
        plan: Plan | None = plans[key]
        return plan


async def known(
    schema: GraphQLSchema, text: str, name: str | None, variables: dict[str, Any] | None, context: Any
) -> ExecutionResult | None:
    """The result of a query that was planned before; None for anything else, of which nothing is begun.

    It passes by what Strawberry and graphql-core prepare for each operation anew, which takes as long as all the rest.
    """
    document = documents(schema).find(text)
    ready = _ready(schema, document, name or "", variables or {}) if document and Planned.on else None
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
    document: Document,
    name: str | None,
    variables: dict[str, Any] | None,
    context: Any,
    plan: Plan,
    given: Given,
) -> ExecutionResult:
    answer = await _answer(plan, Run(context.door, given))
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


async def _answer(plan: Plan, run: Run) -> Any:
    """None for what the reference has to answer."""
    try:
        return await plan.run(run)
    except (Unusual, Refused, Unavailable, GraphQLError):
        return None
    except Exception:
        # A mistake of ours: the reference does not share it.
        telemetry.log.exception("plan failed")
        return None


def _ready(
    schema: GraphQLSchema, document: Document, name: str, variables: dict[str, Any]
) -> tuple[Plan, Given] | None:
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


def _given(schema: GraphQLSchema, document: Document, name: str, variables: dict[str, Any]) -> Given | None:
    """None for what is not of its type: the reference says in which words."""
    try:
        text = orjson.dumps(variables)
    except TypeError:
        return None
    read = _read if len(text) <= LARGEST_GIVEN else _read.__wrapped__
    return read(schema, document, name, text)


@lru_cache(MOST_GIVEN)
def _read(schema: GraphQLSchema, document: Document, name: str, variables: bytes) -> Given | None:
    declared = document.operations[name].variable_definitions or ()
    found = get_variable_values(schema, declared, orjson.loads(variables))
    return None if isinstance(found, list) else Given(found)


def _deciding(run: Planned) -> tuple[str, ...]:
    """The variables that stand in @skip and @include."""
    found = _Deciding()
    for node in (run.operation, *run.fragment_definitions.values()):
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
