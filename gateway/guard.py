"""What is refused before GraphQL is even parsed: requests that are too large, or are not one JSON object in UTF-8."""

import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 256 * 1024
LARGEST_URL = 16 * 1024
DEEPEST = 64
# A string that never ends matches too, to the end: looking for its end again from each quote would be quadratic.
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_KINDS: dict[str, tuple[type, ...]] = {
    "query": (str,),
    "operationName": (str, type(None)),
    "variables": (dict, type(None)),
    "extensions": (dict, type(None)),
}


class Bad(NamedTuple):
    """Why a request is refused, with the status code it ends with."""

    status: int
    code: str
    vi: str
    en: str


class Guard:
    """In front of the GraphQL application. Each refusal is a GraphQL error body with a status code of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bad = None
        if scope["type"] == "websocket":
            receive = _checked_frames(receive, send)
        elif scope["method"] == "POST":
            body = await _read(receive)
            bad = _bad_body(scope, body)
            receive = _replay(body or b"", receive)
        elif scope["method"] == "GET":
            bad = _bad_url(scope["query_string"])
        if bad:
            await respond(send, *bad)
        else:
            await self._app(scope, receive, send)


async def respond(send: Send, status: int, code: str, vi: str, en: str) -> None:
    errors = [{"message": vi, "extensions": {"code": code, "vi": vi, "en": en}}]
    body = orjson.dumps({"errors": errors})
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _bad_body(scope: Scope, body: bytes | None) -> Bad | None:
    if body is None:
        return _too_large("body-too-large", LARGEST_BODY)
    kind = dict(scope["headers"]).get(b"content-type", b"").split(b";")[0].strip().lower()
    if kind != b"application/json":
        vi, en = "Content-Type phải là application/json.", "The Content-Type must be application/json."
        return Bad(415, "content-type", vi, en)
    document = _loaded(body)
    return document if isinstance(document, Bad) else _bad_shape(document)


def _bad_url(query: bytes) -> Bad | None:
    if len(query) > LARGEST_URL:
        return _too_large("url-too-long", LARGEST_URL)
    try:
        document: dict[str, Any] = dict(parse_qsl(query.decode("ascii"), True, errors="strict"))
    except UnicodeError:
        vi, en = "Địa chỉ không phải UTF-8 hợp lệ.", "The address is not valid UTF-8."
        return Bad(400, "request-invalid", vi, en)
    for name in ("variables", "extensions"):
        if text := document.pop(name, ""):
            value = _loaded(text.encode())
            if isinstance(value, Bad):
                return value
            document[name] = value
    return _bad_shape(document)


def _bad_frame(message: Message) -> Bad | None:
    """A message of graphql-transport-ws; what its type allows is the protocol's own business."""
    text = message.get("text")
    if not isinstance(text, str):
        return None  # refused by the protocol
    if len(body := text.encode(errors="surrogatepass")) > LARGEST_BODY:
        return _too_large("message-too-large", LARGEST_BODY)
    frame = _loaded(body)
    if isinstance(frame, Bad):
        return frame
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        return Bad(400, "request-invalid", "Tin phải là một đối tượng.", "A message must be one object.")
    if frame["type"] != "subscribe":
        return None
    if not isinstance(frame.get("id"), str):
        return Bad(400, "request-invalid", "Tin thiếu “id”.", "The message has no “id”.")
    return _bad_shape(frame.get("payload"))


def _loaded(body: bytes) -> Any:
    # Counted before parsing: a parser would recurse, or refuse without saying what is wrong.
    if _depth(body) > DEEPEST:
        vi, en = f"JSON lồng quá {DEEPEST} tầng.", f"The JSON is over {DEEPEST} levels deep."
        return Bad(400, "json-too-deep", vi, en)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return Bad(
            400,
            "json-invalid",
            f"Nội dung không phải JSON UTF-8 hợp lệ (dòng {error.lineno}, cột {error.colno}).",
            f"The content is not valid UTF-8 JSON: {error}.",
        )


def _bad_shape(document: Any) -> Bad | None:
    if not isinstance(document, dict):
        return Bad(
            400,
            "request-invalid",
            "Yêu cầu phải là một đối tượng JSON có trường “query”.",
            "The request must be one JSON object with a field “query”.",
        )
    for name, kinds in _KINDS.items():
        value = document.get(name)
        if not isinstance(value, kinds) or (name == "query" and not value):
            return Bad(
                400,
                "request-invalid",
                f"Trường “{name}” thiếu, rỗng hoặc sai kiểu.",
                f"The field “{name}” is missing, empty or of the wrong type.",
            )
    return None


def _too_large(code: str, limit: int) -> Bad:
    kilobytes = limit // 1024
    status = 414 if code == "url-too-long" else 413
    return Bad(status, code, f"Yêu cầu lớn hơn {kilobytes} kB.", f"The request is over {kilobytes} kB.")


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


def _checked_frames(receive: Receive, send: Send) -> Receive:
    """Ends the connection, as graphql-transport-ws wants it, at the first message that cannot be one."""

    async def checked() -> Message:
        message = await receive()
        bad = _bad_frame(message) if message["type"] == "websocket.receive" else None
        if bad is None:
            return message
        await send({"type": "websocket.close", "code": 4400, "reason": f"{bad.code}: {bad.en}"[:120]})
        return {"type": "websocket.disconnect", "code": 4400}

    return checked
