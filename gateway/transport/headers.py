"""HTTP headers: media types of answers, allowed origins, and security headers."""

from functools import lru_cache
from typing import Final, Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON: Final = b"application/json"
GRAPHQL: Final = b"application/graphql-response+json"
EVENTS: Final = b"text/event-stream"
Media = Literal[b"application/json", b"application/graphql-response+json", b"text/event-stream"]

Headers = list[tuple[bytes, bytes]]
SECURITY: Headers = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]
"""On every response. HTTPS and HSTS are up to the proxy in front of the gateway."""
PAGE: Headers = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src data:; "
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    *SECURITY[1:],
    (b"cache-control", b"no-cache"),
]
"""On the files of GraphiQL."""


def one(scope: Scope, name: bytes) -> bytes:
    """The value of a header. Several headers of the same name make one list."""
    return b", ".join(value for key, value in scope["headers"] if key == name)


@lru_cache(256)
def wanted(accept: bytes) -> Media | None:
    """The media type that the client prefers; None if the client accepts none of ours.

    A client that accepts any type gets `application/json`, as clients older than the specification expect.
    """
    best: tuple[float, int, Media] | None = None
    for rank, part in enumerate((accept or b"*/*").lower().split(b",")):
        kind, _, rest = part.partition(b";")
        parameters = dict(_parameter(each) for each in rest.split(b";"))
        media = _media(kind.strip())
        if media is None or parameters.get(b"charset", b"utf-8") not in (b"utf-8", b"utf8"):
            continue
        quality = _quality(parameters.get(b"q", b"1"))
        if quality > 0 and (best is None or (quality, -rank) > best[:2]):
            best = (quality, -rank, media)
    return best[2] if best else None


def _parameter(text: bytes) -> tuple[bytes, bytes]:
    name, _, value = text.partition(b"=")
    return name.strip(), value.strip().strip(b'"')


def _media(kind: bytes) -> Media | None:
    match kind:
        case b"application/graphql-response+json":
            return GRAPHQL
        case b"text/event-stream":
            return EVENTS
        case b"application/json" | b"application/*" | b"*/*":
            return JSON
    return None


def _quality(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


@lru_cache(256)
def is_json(content_type: bytes) -> bool:
    kind, _, rest = content_type.lower().partition(b";")
    parameters = dict(_parameter(each) for each in rest.split(b";"))
    return kind.strip() == JSON and parameters.get(b"charset", b"utf-8") in (b"utf-8", b"utf8")


def may_connect(scope: Scope, origins: frozenset[str]) -> bool:
    """A page may open a WebSocket to its own origin, or if its origin is listed. Browsers send no preflight for it."""
    origin = one(scope, b"origin").decode("latin-1")
    host = one(scope, b"host").decode("latin-1")
    return not origin or origin in origins or origin.partition("://")[2] == host


class Secured:
    """Adds the headers that a response does not have yet."""

    def __init__(self, app: ASGIApp, headers: Headers = SECURITY) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message.get("headers", ())}
                more = [header for header in self._headers if header[0] not in present]
                message["headers"] = [*message.get("headers", ()), *more]
            await send(message)

        await self._app(scope, receive, secured)
