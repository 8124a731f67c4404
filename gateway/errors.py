"""What callers see of errors: what was refused and why, never what broke inside."""

import contextlib
from collections.abc import Iterator
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import ParserCache, SchemaExtension
from strawberry.types.graphql import OperationType

from services.kernel import telemetry
from services.kernel.messages import Refused, Unavailable

INVALID = "graphql-invalid"


class Errors(SchemaExtension):
    """One span per operation, its trace id in every answer, and errors with a code and both languages."""

    def on_operation(self) -> Iterator[None]:
        with telemetry.span("graphql"):
            self._trace = telemetry.trace_id()
            yield
        self._show(self.execution_context.result)

    def on_stream_result(self, result: Any) -> Iterator[None]:
        """What goes out over a WebSocket is sent before the operation ends."""
        self._show(result)
        yield

    def _show(self, result: Any) -> None:
        if getattr(result, "errors", None):
            result.errors = [shown(error, self._trace) for error in result.errors]

    def get_results(self) -> dict[str, Any]:
        return {"traceId": self._trace}


class Parsed(ParserCache):
    """Documents that were parsed lately. What does not parse is left for Strawberry to find.

    An error raised here would pass by `Errors`, and over a WebSocket nobody would be told at all.
    """

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        with contextlib.suppress(Exception):
            context.graphql_document = self.cached_parse_document(context.query, **context.parse_options)
        yield


class OneOperation(SchemaExtension):
    """Of several operations one has to be named: Strawberry would run the first. And a request has one answer.

    Listed after `ValidationCache`, which would overwrite what is found here.
    """

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        operations = (
            [d for d in document.definitions if isinstance(d, OperationDefinitionNode)] if document else []
        )
        found = None
        if len(operations) > 1 and not context._provided_operation_name:
            found = _invalid(
                "Yêu cầu có nhiều thao tác: phải nêu “operationName”.",
                "The request has several operations: name one in “operationName”.",
            )
        elif context.operation_type is OperationType.SUBSCRIPTION and not context.context.live:
            found = _invalid(
                "Theo dõi sự kiện (subscription) cần WebSocket với giao thức graphql-transport-ws.",
                "A subscription needs a WebSocket that speaks graphql-transport-ws.",
            )
        if found and not context.pre_execution_errors:
            context.pre_execution_errors = [found]
        yield


def shown(error: GraphQLError, trace: str) -> GraphQLError:
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        # graphql's own: syntax, validation, a variable of the wrong kind. It says where.
        if "code" in (error.extensions or {}):
            return error
        vi = f"Yêu cầu GraphQL không hợp lệ: {error.message}"
        return _error(error, error.message, code=INVALID, vi=vi, en=error.message)
    if isinstance(cause, Refused):
        refusal = cause.refusal
        fields = list(refusal.fields)
        return _error(error, refusal.vi, code=refusal.code, fields=fields, vi=refusal.vi, en=refusal.en)
    if isinstance(cause, Unavailable):
        vi = "Dịch vụ tạm thời không trả lời; hãy gửi lại cùng idempotencyKey."
        en = "The service does not answer for now; send it again with the same idempotencyKey."
        return _error(error, vi, code="unavailable", vi=vi, en=en, traceId=cause.trace or trace)
    telemetry.log.error("unexpected", exc_info=cause, trace_id=trace)
    vi = "Lỗi hệ thống; xin báo mã vết cho người vận hành."
    en = "Internal error; please give the trace id to the operator."
    return _error(error, vi, code="internal", vi=vi, en=en, traceId=trace)


def _error(error: GraphQLError, message: str, **extensions: Any) -> GraphQLError:
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, extensions=extensions
    )


def _invalid(vi: str, en: str) -> GraphQLError:
    return GraphQLError(vi, extensions={"code": INVALID, "vi": vi, "en": en})
