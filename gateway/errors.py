"""What callers see of errors: what was refused and why, never what broke inside."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

from services.kernel import telemetry
from services.kernel.messages import Refused, Unavailable


class Errors(SchemaExtension):
    """One span per operation, its trace id in every answer, and errors with a code and both languages."""

    def on_operation(self) -> Iterator[None]:
        with telemetry.span("graphql"):
            self._trace = telemetry.trace_id()
            yield
        result: Any = self.execution_context.result
        if result is not None and getattr(result, "errors", None):
            result.errors = [shown(error, self._trace) for error in result.errors]

    def get_results(self) -> dict[str, Any]:
        return {"traceId": self._trace}


def shown(error: GraphQLError, trace: str) -> GraphQLError:
    cause = error.original_error
    if cause is None:
        return error  # graphql's own: syntax, validation, a variable of the wrong kind
    if isinstance(cause, Refused):
        refusal = cause.refusal
        fields = list(refusal.fields)
        return _error(error, refusal.vi, code=refusal.code, fields=fields, vi=refusal.vi, en=refusal.en)
    if isinstance(cause, GraphQLError):
        return cause
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
        message, nodes=error.nodes, path=error.path, positions=error.positions, extensions=extensions
    )
