"""Parses the JSON of requests. Refused: requests that are too large, or are not one JSON object in UTF-8."""

import re
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive

from gateway.request import GraphQLRequest, RequestRefused

LARGEST_BODY = 256 * 1024
LARGEST_URL = 16 * 1024
DEEPEST = 64
MOST_BRACKETS = 10_000
"""Brackets in the JSON, those in texts included: the parser makes an object of each."""
MOST_VALUES = 2_000
"""Values in the JSON. An error about a wrong variable repeats all values around it."""
_HASH = re.compile("[0-9a-f]{64}")


async def read(receive: Receive) -> bytes:
    """The whole body, refused as soon as it exceeds the limit."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        if len(body) > LARGEST_BODY:
            break
        message = await receive()
        body += message.get("body", b"")
    if len(body) > LARGEST_BODY:
        raise _too_large(413, "body-too-large", LARGEST_BODY)
    return body


def in_body(body: bytes) -> GraphQLRequest:
    return asked(_loaded(body))


def in_url(query: bytes) -> GraphQLRequest:
    if len(query) > LARGEST_URL:
        raise _too_large(414, "url-too-long", LARGEST_URL)
    try:
        document: dict[str, Any] = dict(parse_qsl(query.decode("ascii"), True, errors="strict"))
    except UnicodeError:
        vi, en = "Địa chỉ không phải UTF-8 hợp lệ.", "The address is not valid UTF-8."
        raise RequestRefused(400, "request-invalid", vi=vi, en=en) from None
    for name in ("variables", "extensions"):
        if text := document.pop(name, ""):
            document[name] = _loaded(text.encode())
    return asked(document)


def frame(text: str) -> dict[str, Any]:
    """A message of graphql-transport-ws, with a type. Its other fields are not checked here."""
    if len(body := text.encode(errors="surrogatepass")) > LARGEST_BODY:
        raise _too_large(413, "message-too-large", LARGEST_BODY)
    found = _loaded(body)
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        vi, en = "Tin phải là một đối tượng có “type”.", "A message must be one object with a “type”."
        raise RequestRefused(400, "request-invalid", vi=vi, en=en)
    return found


def asked(document: Any) -> GraphQLRequest:
    if not isinstance(document, dict):
        vi = "Yêu cầu phải là một đối tượng JSON có trường “query”."
        en = "The request must be one JSON object with a field “query”."
        raise RequestRefused(400, "request-invalid", vi=vi, en=en)
    extensions = _field(document, "extensions", dict) or {}
    persisted = _hash(extensions["persistedQuery"]) if "persistedQuery" in extensions else None
    query = _field(document, "query", str) or ""
    if not query and not persisted:
        raise _wrong("query")
    variables = _field(document, "variables", dict)
    return GraphQLRequest(query, variables, _field(document, "operationName", str), persisted)


def _field(document: dict[str, Any], name: str, kind: type) -> Any:
    value = document.get(name)
    if value is not None and not isinstance(value, kind):
        raise _wrong(name)
    return value


def _hash(persisted: Any) -> str:
    found = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(found, str) or not _HASH.fullmatch(found):
        raise _wrong("extensions.persistedQuery.sha256Hash")
    return found


def _wrong(name: str) -> RequestRefused:
    vi = f"Trường “{name}” thiếu, rỗng hoặc sai kiểu."
    en = f"The field “{name}” is missing, empty or of the wrong type."
    return RequestRefused(400, "request-invalid", vi=vi, en=en)


def _loaded(body: bytes) -> Any:
    if body.count(b"[") + body.count(b"{") > MOST_BRACKETS:
        raise _too_many_values()
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if "depth limit" in error.msg:  # orjson's own, 1024
            raise _too_deep() from None
        vi = f"Nội dung không phải JSON UTF-8 hợp lệ (dòng {error.lineno}, cột {error.colno})."
        raise RequestRefused(
            400, "json-invalid", vi=vi, en=f"The content is not valid UTF-8 JSON: {error}."
        ) from None
    _check_size(document)
    return document


def _check_size(document: Any) -> None:
    """Counts values level by level, up to the limits."""
    depth = values = 0
    level: list[Any] = [[document]]
    while level:
        values += sum(map(len, level))
        if values > MOST_VALUES:
            raise _too_many_values()
        if depth > DEEPEST:
            raise _too_deep()
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        depth += 1


def _too_many_values() -> RequestRefused:
    vi, en = f"JSON có quá {MOST_VALUES} giá trị.", f"The JSON has over {MOST_VALUES} values."
    return RequestRefused(400, "json-too-large", vi=vi, en=en)


def _too_deep() -> RequestRefused:
    vi, en = f"JSON lồng quá {DEEPEST} tầng.", f"The JSON is over {DEEPEST} levels deep."
    return RequestRefused(400, "json-too-deep", vi=vi, en=en)


def _too_large(status: int, code: str, limit: int) -> RequestRefused:
    vi, en = f"Yêu cầu lớn hơn {limit // 1024} kB.", f"The request is over {limit // 1024} kB."
    return RequestRefused(status, code, vi=vi, en=en)
