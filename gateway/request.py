"""A GraphQL request of any transport, and the reasons for which a request is not run."""

from typing import Any, NamedTuple

from services.kernel.messages import Refusal


class GraphQLRequest(NamedTuple):
    """It has a document, the hash of a persisted document, or both."""

    query: str
    variables: dict[str, Any] | None
    operation: str | None
    persisted: str | None


class RequestRefused(Exception):  # noqa: N818 - a noun, like `Refused`
    """The reason for which a request is not run, and the status code of the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        vi: str,
        en: str,
        message: str = "",
        fields: tuple[str, ...] = (),
        legacy: int | None = None,
        allow: bytes = b"",
    ) -> None:
        """`legacy`: the status for clients that accept only `application/json`, which is 200 for errors that
        GraphQL itself finds. `allow`: the allowed methods, if the request's method is not."""
        super().__init__(en)
        self.status = status
        self.legacy = legacy or status
        self.code = code
        self.allow = allow
        extensions = {"code": code, "vi": vi, "en": en, **({"fields": fields} if fields else {})}
        self.error: dict[str, Any] = {"message": message or vi, "extensions": extensions}

    @classmethod
    def because(cls, status: int, refusal: Refusal) -> "RequestRefused":
        return cls(status, refusal.code, vi=refusal.vi, en=refusal.en, fields=refusal.fields)
