"""What is refused before GraphQL is even parsed: bodies that are too large, or are not one JSON object in UTF-8."""

import re
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 256 * 1024
DEEPEST = 64
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class Guard:
    """In front of the GraphQL application. Each refusal is a GraphQL error body with a status code of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        refusal = _refusal(scope, body)
        if refusal:
            await respond(send, *refusal)
            return
        await self._app(scope, _replay(body or b"", receive), send)


async def respond(send: Send, status: int, code: str, vi: str, en: str) -> None:
    errors = [{"message": vi, "extensions": {"code": code, "vi": vi, "en": en}}]
    body = orjson.dumps({"errors": errors})
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _refusal(scope: Scope, body: bytes | None) -> tuple[int, str, str, str] | None:
    if body is None:
        limit = LARGEST_BODY // 1024
        return 413, "body-too-large", f"Yêu cầu lớn hơn {limit} kB.", f"The request is over {limit} kB."
    kind = dict(scope["headers"]).get(b"content-type", b"").split(b";")[0].strip().lower()
    if kind != b"application/json":
        return (
            415,
            "content-type",
            "Content-Type phải là application/json.",
            "The Content-Type must be application/json.",
        )
    # Counted before parsing: a parser would recurse, or refuse without saying what is wrong.
    if _depth(body) > DEEPEST:
        return (
            400,
            "json-too-deep",
            f"JSON lồng quá {DEEPEST} tầng.",
            f"The JSON is over {DEEPEST} levels deep.",
        )
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"dòng {error.lineno}, cột {error.colno}"
        return (
            400,
            "json-invalid",
            f"Nội dung không phải JSON UTF-8 hợp lệ ({where}).",
            f"The body is not valid UTF-8 JSON: {error}.",
        )
    return _shape(document)


def _shape(document: Any) -> tuple[int, str, str, str] | None:
    if not isinstance(document, dict):
        return (
            400,
            "request-invalid",
            "Yêu cầu phải là một đối tượng JSON có trường “query”.",
            "The request must be one JSON object with a field “query”.",
        )
    wants = {"query": str, "operationName": (str, type(None)), "variables": (dict, type(None))}
    for name, kinds in wants.items():
        if (name in document or name == "query") and not isinstance(document.get(name), kinds):  # type: ignore[arg-type]
            return (
                400,
                "request-invalid",
                f"Trường “{name}” thiếu hoặc sai kiểu.",
                f"The field “{name}” is missing or of the wrong type.",
            )
    return None


def _depth(body: bytes) -> int:
    depth = deepest = 0
    for match in _BRACKETS.finditer(body):
        first = match[0][:1]
        if first in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif first in (b"]", b"}"):
            depth -= 1
    return deepest


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None as soon as it is over the limit."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST_BODY:
            return None
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again
