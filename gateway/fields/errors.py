"""Errors as callers see them: refusals with code and reason, never the details of a fault."""

import re
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from services.kernel import telemetry
from services.kernel.messages import Refused, Unavailable

INVALID = "graphql-invalid"
SHOWN = 5
"""Errors shown in one answer. The others are only counted."""
LONGEST = 500
"""Characters of a message, at most. A message repeats a part of the document."""
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")


def refused(*, code: str, vi: str, en: str, **more: Any) -> GraphQLError:
    """An error with its code and both languages."""
    return GraphQLError(vi, extensions={"code": code, "vi": vi, "en": en, **more})


def shown(errors: Sequence[GraphQLError], trace: str, *, suggestions: bool) -> list[GraphQLError]:
    """At most `SHOWN` errors, each with a code and both languages.

    `suggestions`: whether messages may suggest names of the schema.
    """
    return [_shown(error, trace, suggestions) for error in errors[:SHOWN]]


def _shown(error: GraphQLError, trace: str, suggestions: bool) -> GraphQLError:
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        # An error of graphql-core: syntax, validation, or a variable of the wrong type.
        if "code" in (error.extensions or {}):
            return error
        en = error.message if suggestions else _SUGGESTION.sub("", error.message)
        en = en if len(en) <= LONGEST else f"{en[:LONGEST]}…"
        return _error(error, en, code=INVALID, vi=f"Yêu cầu GraphQL không hợp lệ: {en}", en=en)
    if isinstance(cause, Refused):
        refusal = cause.refusal
        fields = list(refusal.fields)
        return _error(error, refusal.vi, code=refusal.code, fields=fields, vi=refusal.vi, en=refusal.en)
    if isinstance(cause, Unavailable):
        vi = "Dịch vụ tạm thời không trả lời; hãy gửi lại cùng idempotencyKey."
        en = "The service does not answer at the moment; send the request again with the same idempotencyKey."
        return _error(error, vi, code="unavailable", vi=vi, en=en, traceId=cause.trace or trace)
    telemetry.log.error("unexpected", exc_info=cause, trace_id=trace)
    vi = "Lỗi hệ thống; xin báo mã vết cho người vận hành."
    en = "Internal error; please give the trace id to the operator."
    return _error(error, vi, code="internal", vi=vi, en=en, traceId=trace)


def _error(error: GraphQLError, message: str, **extensions: Any) -> GraphQLError:
    # graphql-core reads the text up to each place of an error, so an error keeps only a few places.
    nodes, places = (error.nodes or [])[:SHOWN], list(error.positions or ())[:SHOWN]
    return GraphQLError(message, nodes, error.source, places, error.path, extensions=extensions)
