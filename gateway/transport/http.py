"""GraphQL over HTTP, as its specification says, on bare ASGI."""

from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult

from gateway.callers.identity import Identity
from gateway.operations import Operations, encoded, is_request_error, response
from gateway.request import GraphQLRequest, RequestRefused
from gateway.transport import guard, live, sse
from gateway.transport.headers import EVENTS, GRAPHQL, JSON, SECURITY, Media, is_json, one, wanted
from services.kernel import telemetry
from services.kernel.caller import Caller
from services.kernel.config import Settings
from services.kernel.messages import Refused

ALLOWED = b"GET, HEAD, POST, OPTIONS"
_HEADERS = {
    media: [(b"content-type", media + b"; charset=utf-8"), (b"cache-control", b"no-store"), *SECURITY]
    for media in (JSON, GRAPHQL)
}
_KEPT = {
    media: [(name, b"private, no-cache" if name == b"cache-control" else value) for name, value in headers]
    + [(b"vary", b"accept, authorization")]
    for media, headers in _HEADERS.items()
}
"""Headers of an answer with an entity tag. Caches must revalidate it."""
_STATUS = {"unauthenticated": 401, "rate-limited": 429, "timeout": 408}
"""Status of a request error by its code; 400 for all others."""


class Http:
    def __init__(self, settings: Settings, identity: Identity, operations: Operations) -> None:
        self._settings = settings
        self._identity = identity
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        media: Media | None = wanted(one(scope, b"accept"))
        policy, caller = self._operations.policy, None
        address = policy.address(scope)
        try:
            if scope["method"] == "OPTIONS":
                await _write(send, 204, [(b"allow", ALLOWED), *SECURITY], b"")
                return
            if scope["method"] not in ("POST", "GET", "HEAD"):
                vi, en = "Chỉ nhận GET và POST.", "Only GET and POST are accepted."
                raise RequestRefused(405, "method-not-allowed", vi=vi, en=en, allow=ALLOWED)
            if media is None:
                raise _not_acceptable()
            caller = await self._caller(scope)
            await policy.admit(caller, address)
            reading = scope["method"] != "POST"
            asked = _in_url(scope) if reading else await _in_body(scope, receive)
            if media == EVENTS:
                stream = sse.Stream(self._settings, self._operations, caller, scope, send)
                await stream.run(asked, receive, reading=reading)
                return
            result, tag = await self._operations.once(asked, caller, address, reading=reading)
            await _answer(send, media, result, tag.encode(), one(scope, b"if-none-match"))
        except RequestRefused as bad:
            answer = self._operations.refused(bad, caller, address)
            await _refuse(send, GRAPHQL if media == GRAPHQL else JSON, bad, answer)
        except Exception:
            telemetry.log.exception("unexpected")
            broken = live.broken()
            await _refuse(send, JSON, broken, self._operations.refused(broken, caller, address))

    async def _caller(self, scope: Scope) -> Caller | None:
        try:
            return await self._identity.identify(one(scope, b"authorization").decode("latin-1"))
        except Refused as refused:
            raise RequestRefused.because(401, refused.refusal) from None


def _in_url(scope: Scope) -> GraphQLRequest:
    # A page of another site can send a GET without a preflight. It could not read the answer, and there are no cookies,
    # but a browser inside a trusted network must not ask on such a page's behalf either.
    if not (one(scope, b"authorization") or one(scope, b"graphql-preflight")):
        vi = "Truy vấn qua GET cần tiêu đề Authorization hoặc GraphQL-Preflight."
        en = "A query over GET needs the header Authorization or GraphQL-Preflight."
        raise RequestRefused(400, "preflight-missing", vi=vi, en=en)
    return guard.in_url(scope["query_string"])


async def _in_body(scope: Scope, receive: Receive) -> GraphQLRequest:
    kind = one(scope, b"content-type")
    if kind.lower().startswith(b"multipart/"):
        vi = "GraphQL không nhận tệp; chỉ nhận application/json."
        en = "Files are not uploaded through GraphQL, which takes application/json only."
        raise RequestRefused(415, "no-uploads", vi=vi, en=en)
    if not is_json(kind):
        vi = "Content-Type phải là application/json, bằng UTF-8."
        raise RequestRefused(
            415, "content-type", vi=vi, en="The Content-Type must be application/json, in UTF-8."
        )
    return guard.in_body(await guard.read(receive))


async def _answer(send: Send, media: Media, result: ExecutionResult, tag: bytes, held: bytes) -> None:
    """`held`: entity tags in the client's cache."""
    status, headers = 200, list(_HEADERS[media])
    if tag:
        headers = [*_KEPT[media], (b"etag", tag)]
        if _opaque(tag) in map(_opaque, held.split(b",")) or held.strip() == b"*":
            await _write(send, 304, headers, b"")
            return
    if is_request_error(result):
        extensions = (result.errors[0].extensions if result.errors else None) or {}
        if media == GRAPHQL:
            status = _STATUS.get(str(extensions.get("code")), 400)
        _tell_when(headers, extensions)
    await _write(send, status, headers, encoded(response(result)))


def _opaque(tag: bytes) -> bytes:
    """The quoted part of a tag. Proxies that compress turn strong tags into weak ones, and some do the reverse."""
    return tag.strip().removeprefix(b"W/")


async def _refuse(send: Send, media: Media, bad: RequestRefused, answer: dict[str, Any]) -> None:
    headers = list(_HEADERS[media])
    if bad.allow:
        headers.append((b"allow", bad.allow))
    status = bad.status if media == GRAPHQL else bad.legacy
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    _tell_when(headers, bad.error["extensions"])
    await _write(send, status, headers, encoded(answer))


def _tell_when(headers: list[tuple[bytes, bytes]], extensions: Mapping[str, Any]) -> None:
    if "retryAfter" in extensions:
        headers.append((b"retry-after", b"%d" % extensions["retryAfter"]))


async def _write(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    headers = headers if status in (204, 304) else [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _not_acceptable() -> RequestRefused:
    kinds = "application/graphql-response+json, application/json, text/event-stream"
    vi, en = f"Chỉ trả lời bằng {kinds}.", f"Answers are {kinds}."
    return RequestRefused(406, "not-acceptable", vi=vi, en=en)
