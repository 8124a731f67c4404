"""The media type of the answer, chosen by the client's `Accept` header; and checks of other headers."""

import pytest

from gateway.transport.headers import EVENTS, GRAPHQL, JSON, is_json, may_connect, wanted

ACCEPTED = {
    b"": JSON,
    b"*/*": JSON,
    b"application/*": JSON,
    b"application/json": JSON,
    b"application/json; charset=utf-8": JSON,
    b'application/json;charset="UTF-8"': JSON,
    b"application/graphql-response+json": GRAPHQL,
    b"Application/GraphQL-Response+JSON": GRAPHQL,
    b"application/graphql-response+json, application/json;q=0.9": GRAPHQL,
    b"application/json;q=0.9, application/graphql-response+json": GRAPHQL,
    b"application/json, application/graphql-response+json": JSON,
    b"application/json;q=0, application/graphql-response+json;q=0.1": GRAPHQL,
    b"text/event-stream": EVENTS,
    b"text/event-stream, application/json": EVENTS,
    b"text/html,application/xhtml+xml,*/*;q=0.8": JSON,
    b"text/html": None,
    b"text/html, image/*": None,
    b"application/json;q=0": None,
    b"application/json;q=nan": None,
    b"application/json;q=rubbish": None,
    b"application/json; charset=latin-1": None,
    b"\xff": None,
    b",;,=": None,
}


@pytest.mark.parametrize("accept", ACCEPTED)
def test_best_accepted_media_type_is_answered(accept: bytes) -> None:
    assert wanted(accept) == ACCEPTED[accept]


BODIES = {
    b"application/json": True,
    b"Application/JSON; charset=UTF-8": True,
    b"application/json;": True,
    b"application/json; charset=utf-16": False,
    b"application/jsonp": False,
    b"text/json": False,
    b"": False,
}


@pytest.mark.parametrize("kind", BODIES)
def test_body_is_json_in_utf_8(kind: bytes) -> None:
    assert is_json(kind) is BODIES[kind]


ORIGINS = {
    b"": True,
    b"https://danvan.example.vn": True,
    b"http://127.0.0.1:8000": True,
    b"https://evil.example": False,
    b"http://127.0.0.1:8001": False,
    b"null": False,
}


@pytest.mark.parametrize("origin", ORIGINS)
def test_websocket_origin_is_own_or_listed(origin: bytes) -> None:
    headers = [(b"host", b"127.0.0.1:8000"), *([(b"origin", origin)] if origin else [])]
    allowed = may_connect({"headers": headers}, frozenset({"https://danvan.example.vn"}))
    assert allowed is ORIGINS[origin]
