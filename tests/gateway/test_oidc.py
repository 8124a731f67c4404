"""Tokens of an OpenID Connect issuer: a small HTTP server that publishes keys, some of them in faulty answers."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from gateway.callers import oidc
from gateway.callers.identity import Embedded, Identity
from gateway.callers.oidc import LARGEST_ANSWER, SKEW
from infra.operate.operator import IssuedElsewhere, user_token
from infra.secure.credentials import make_secrets
from services.kernel.caller import LEEWAY, LIFE, Caller, Grant, Tokens
from services.kernel.config import Settings
from services.kernel.messages import Refused, Role
from tests.waiting import DEADLINE

NOW = 1_800_000_000.0
FIRST = RSAKey.generate_key(2048, {"kid": "first"})
SECOND = RSAKey.generate_key(2048, {"kid": "second"})
JWKS, CONFIGURATION = "/keys", "/.well-known/openid-configuration"
GRANTS = [{"role": "officer", "unit": "u437", "since": "2026-01-01", "until": "2026-12-31"}]


class Issuer:
    """`answers`: path → bytes, a value to send as JSON, or a function that writes the answer."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {}
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        self._thread.start()
        self.publish(FIRST)

    def publish(self, *keys: Any) -> None:
        self.answers = {
            JWKS: {"keys": [key if isinstance(key, dict) else key.as_dict(private=False) for key in keys]},
            CONFIGURATION: {"issuer": self.url, "jwks_uri": self.url + JWKS},
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                answer = issuer.answers.get(self.path)
                if callable(answer):
                    answer(self)
                    return
                if answer is None:
                    self.send_error(500)
                    return
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

        return Handler


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


class Gateway:
    """The part of a gateway that verifies tokens."""

    def __init__(self, issuer: Issuer, **settings: Any) -> None:
        self.issuer = issuer
        self.clock = Clock()
        self.identity = Identity(Settings(oidc_issuer=issuer.url, **settings), self.clock)

    def token(self, key: Any = FIRST, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A valid token, changed by `claims` and `header`. A claim that is None is left out."""
        good = {
            "iss": self.issuer.url,
            "aud": "danvan",
            "sub": "ann",
            "name": "Ann",
            "exp": NOW + 3600,
            "danvan_grants": GRANTS,
        }
        head = {"alg": "RS256", "kid": key.kid} | (header or {})
        head = {name: value for name, value in head.items() if value is not None}
        body = {name: value for name, value in (good | claims).items() if value is not None}
        return f"Bearer {jwt.encode(head, body, key, algorithms=[head['alg']])}"

    async def knows(self, authorization: str) -> Caller:
        caller = await self.identity.identify(authorization)
        assert caller
        return caller

    async def refuses(self, authorization: str) -> str:
        """The English reason of the refusal. Checks its code, its field, and that it has a Vietnamese text."""
        with pytest.raises(Refused) as refused:
            await self.identity.identify(authorization)
        refusal = refused.value.refusal
        assert (refusal.code, refusal.fields) == ("unauthenticated", ("Authorization",))
        assert refusal.vi
        return refusal.en


@pytest.fixture
def gateway(issuer: Issuer) -> Gateway:
    return Gateway(issuer)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys may be fetched again without a pause."""
    monkeypatch.setattr(oidc, "PAUSE", 0.0)
    monkeypatch.setattr(oidc, "PAUSE_WITHOUT", 0.0)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_token_of_the_issuer_gives_caller_grants_and_expiry(gateway: Gateway) -> None:
    caller = await gateway.knows(gateway.token())
    grant = Grant(role=Role.OFFICER, unit="u437", since=date(2026, 1, 1), until=date(2026, 12, 31))
    assert (caller.id, caller.name, caller.grants) == ("ann", "Ann", (grant,))
    assert caller.expires
    assert caller.expires.timestamp() == NOW + 3600


async def test_request_without_token_has_no_caller(gateway: Gateway) -> None:
    assert await gateway.identity.identify(None) is None
    assert await gateway.identity.identify("") is None
    assert gateway.issuer.asked == []


async def test_keys_are_found_by_discovery_or_where_the_setting_says(issuer: Issuer) -> None:
    discovering = Gateway(issuer)
    await discovering.knows(discovering.token())
    assert issuer.asked == [CONFIGURATION, JWKS]
    told = Gateway(issuer, oidc_jwks=issuer.url + JWKS)
    await told.knows(told.token())
    assert issuer.asked == [CONFIGURATION, JWKS, JWKS]


async def test_configuration_of_another_issuer_is_refused(gateway: Gateway) -> None:
    gateway.issuer.answers[CONFIGURATION]["issuer"] = "https://elsewhere.example"
    assert "does not answer" in await gateway.refuses(gateway.token())
    assert gateway.issuer.asked == [CONFIGURATION]


GOOD_CLAIMS: dict[str, dict[str, Any]] = {
    "several audiences": {"aud": ["billing", "danvan"]},
    "expired within the skew": {"exp": NOW - SKEW},
    "to come within the skew": {"nbf": NOW + SKEW, "iat": NOW + SKEW},
    "a moment with a fraction": {"exp": NOW + 0.5},
    "no grants": {"danvan_grants": None},
    "no name": {"name": None},
}


@pytest.mark.parametrize("claims", GOOD_CLAIMS.values(), ids=GOOD_CLAIMS)
async def test_valid_token_is_accepted(gateway: Gateway, claims: dict[str, Any]) -> None:
    assert (await gateway.knows(gateway.token(**claims))).id == "ann"


BAD_CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": NOW - SKEW - 1}, "expired"),
    "without an end": ({"exp": None}, "wrong in exp"),
    "with an end that is no number": ({"exp": "tomorrow"}, "wrong in exp"),
    "with an end that is true": ({"exp": True}, "wrong in exp"),
    "with an end that is no moment": ({"exp": 1e300}, "wrong in exp"),
    "with an end that never comes": ({"exp": float("inf")}, "wrong in exp"),
    "not in force yet": ({"nbf": NOW + SKEW + 1}, "not in force"),
    "made in the future": ({"iat": NOW + SKEW + 1}, "not in force"),
    "with a beginning that is no number": ({"nbf": "now"}, "wrong in nbf"),
    "for another audience": ({"aud": "billing"}, "another audience"),
    "for other audiences": ({"aud": ["billing", "danvan-test"]}, "another audience"),
    "for no audience": ({"aud": None}, "another audience"),
    "for an audience that is a table": ({"aud": {"danvan": 1}}, "another audience"),
    "of another issuer": ({"iss": "https://elsewhere.example"}, "another issuer"),
    "of our issuer with a stroke more": ({"iss": "/"}, "another issuer"),
    "of nobody": ({"sub": None}, "wrong in sub"),
    "of nobody in particular": ({"sub": ""}, "whose it is"),
    "of a number": ({"sub": 7}, "wrong in sub"),
    "with a role that there is not": ({"danvan_grants": [{"role": "king", "unit": "vn"}]}, "danvan_grants"),
    "with a grant that is a word": ({"danvan_grants": "officer"}, "danvan_grants"),
}


@pytest.mark.parametrize(("claims", "why"), BAD_CLAIMS.values(), ids=BAD_CLAIMS)
async def test_invalid_token_is_refused(gateway: Gateway, claims: dict[str, Any], why: str) -> None:
    assert why in await gateway.refuses(gateway.token(**claims))


async def test_only_the_default_algorithm_is_accepted(gateway: Gateway) -> None:
    must = "must be signed with RS256"
    assert must in await gateway.refuses(gateway.token(header={"alg": "RS512"}))
    assert must in await gateway.refuses(gateway.token(header={"alg": "PS256"}))
    elliptic = ECKey.generate_key("P-256", {"kid": "first"})
    assert must in await gateway.refuses(gateway.token(elliptic, header={"alg": "ES256"}))
    head, claims, signature = gateway.token().removeprefix("Bearer ").split(".")
    none = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    assert must in await gateway.refuses(f"Bearer {none}.{claims}.")
    # Anybody knows the public key, so a verifier that uses it as a shared secret accepts forged tokens.
    public = OctKey.import_key(json.dumps(FIRST.as_dict(private=False)))
    assert must in await gateway.refuses(gateway.token(public, header={"alg": "HS256", "kid": "first"}))
    assert "not valid" in await gateway.refuses(f"Bearer {head}.{claims}.{signature[:-4]}AAAA")
    assert "not valid" in await gateway.refuses(f"Bearer {head}.{claims}.")


async def test_configured_algorithm_is_accepted(issuer: Issuer) -> None:
    key = ECKey.generate_key("P-256", {"kid": "elliptic"})
    issuer.publish(FIRST, key)
    gateway = Gateway(issuer, oidc_algorithm="ES256")
    await gateway.knows(gateway.token(key, header={"alg": "ES256"}))
    assert "must be signed with ES256" in await gateway.refuses(gateway.token())


NO_TOKENS = {
    "another scheme": "Basic YW5uOmFubg==",
    "no token": "Bearer ",
    "one word": "Bearer x",
    "a header that is no JSON": "Bearer bm8.bm8.bm8",
    "a header of brackets": "Bearer " + "W1tb" * 300 + ".e30.x",
    "too long": "Bearer " + "x" * 20_000,
    "no ASCII": "Bearer é.é.é",
    "a critical extension": "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6ImZpcnN0IiwiY3JpdCI6WyJ4Il0sIngiOjF9.e30.x",
}


@pytest.mark.parametrize("authorization", NO_TOKENS.values(), ids=NO_TOKENS)
async def test_malformed_token_is_refused(gateway: Gateway, authorization: str) -> None:
    await gateway.knows(gateway.token())
    await gateway.refuses(authorization)


async def test_new_key_is_fetched_when_a_token_names_it(gateway: Gateway, at_once: None) -> None:
    await gateway.knows(gateway.token())
    gateway.issuer.publish(FIRST, SECOND)
    assert (await gateway.knows(gateway.token(SECOND))).id == "ann"
    await gateway.knows(gateway.token())


async def test_many_unknown_keys_cause_one_fetch(gateway: Gateway) -> None:
    known = gateway.token()
    await asyncio.gather(*(gateway.knows(known) for _ in range(20)))
    assert gateway.issuer.asked.count(JWKS) == 1
    for kid in "abcdefgh":
        assert "has no key for this token" in await gateway.refuses(gateway.token(header={"kid": kid}))
    assert gateway.issuer.asked.count(JWKS) == 1


async def test_removed_key_is_no_longer_accepted(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "REFRESH", 0.0)
    first, second = gateway.token(), gateway.token(SECOND)
    await gateway.knows(first)
    gateway.issuer.publish(SECOND)
    # No token names an unknown key: the keys are fetched because they are old.
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                await gateway.knows(first)
            except Refused as refused:
                assert "has no key for this token" in refused.refusal.en  # noqa: PT017
                break
            await asyncio.sleep(0.01)
    assert (await gateway.knows(second)).id == "ann"


async def test_token_without_key_id_is_accepted_while_there_is_one_key(
    gateway: Gateway, at_once: None
) -> None:
    anonymous = FIRST.as_dict(private=False)
    del anonymous["kid"]
    gateway.issuer.publish(anonymous)
    token = gateway.token(header={"kid": None})
    await gateway.knows(token)
    gateway.issuer.publish(FIRST, SECOND)
    assert "has no key for this token" in await gateway.refuses(gateway.token(header={"kid": "new"}))
    assert "has no key for this token" in await gateway.refuses(token)


async def test_keys_for_other_purposes_are_ignored(gateway: Gateway) -> None:
    first = FIRST.as_dict(private=False)
    gateway.issuer.publish(
        {**first, "kid": "a", "use": "enc"},
        {**first, "kid": "b", "alg": "RS512"},
        {**first, "kid": "c", "n": "!"},
        {"kid": "d", "kty": "oct", "k": "c2VjcmV0"},
        {"kid": "e", "kty": "of tomorrow"},
        {"kty": "RSA"},
        {**first, "kid": ["a", "list"]},
        SECOND,
    )
    await gateway.knows(gateway.token(SECOND))
    for kid in "abcde":
        assert "has no key for this token" in await gateway.refuses(gateway.token(header={"kid": kid}))


def _drips(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.02)
    except OSError:
        pass


def _redirects(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "http://127.0.0.1:1/")
    handler.end_headers()


BAD_ANSWERS: dict[str, Any] = {
    "garbage": b"\xff\xfe<html>",
    "brackets": b"[" * 100_000,
    "a list": [],
    "keys that are none": {"keys": 7},
    "no keys": {"keys": []},
    "oversized": b" " * (LARGEST_ANSWER + 1),
    "an error": None,
    "elsewhere": _redirects,
    "without end": _drips,
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
async def test_old_keys_stay_valid_when_the_issuer_fails(
    gateway: Gateway, at_once: None, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    await gateway.knows(gateway.token())
    monkeypatch.setattr(oidc, "PATIENCE", 0.2)
    gateway.issuer.answers[JWKS] = answer
    assert "has no key for this token" in await gateway.refuses(gateway.token(SECOND))
    await gateway.knows(gateway.token(sub="ann", jti="another"))
    # A token that was verified before is still accepted.
    await gateway.knows(gateway.token())


async def test_issuer_that_never_answered_is_reported(gateway: Gateway, at_once: None) -> None:
    away, gateway.issuer.answers = gateway.issuer.answers, {}
    assert "issuer does not answer" in await gateway.refuses(gateway.token())
    gateway.issuer.answers = away
    await gateway.knows(gateway.token())


async def test_slow_issuer_does_not_delay_tokens_with_known_keys(gateway: Gateway, at_once: None) -> None:
    known = gateway.token()
    await gateway.knows(known)
    answers = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        answers.wait(20)
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(json.dumps({"keys": [SECOND.as_dict(private=False)]}).encode())

    gateway.issuer.answers[JWKS] = slow
    waiting = asyncio.create_task(gateway.knows(gateway.token(SECOND)))
    await _until(lambda: gateway.issuer.asked.count(JWKS) == 2)
    await gateway.knows(known)
    await gateway.knows(gateway.token(jti="another"))
    assert not waiting.done()
    answers.set()
    assert (await waiting).id == "ann"


async def test_cached_token_expires_to_the_second(gateway: Gateway) -> None:
    token = gateway.token(exp=NOW + 10)
    first = await gateway.knows(token)
    gateway.clock.now = NOW + 10 + SKEW
    assert await gateway.knows(token) is first  # from the cache, not verified again
    gateway.clock.now += 0.001
    assert "expired" in await gateway.refuses(token)


async def test_token_cache_is_bounded(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.callers.identity.REMEMBERED", 2)
    kept, other, latest = (gateway.token(sub=name) for name in ("ann", "bob", "eve"))
    first = await gateway.knows(kept)
    forgotten = await gateway.knows(other)
    assert await gateway.knows(kept) is first
    await gateway.knows(latest)
    assert await gateway.knows(kept) is first
    assert await gateway.knows(other) is not forgotten


async def test_embedded_issuer_is_refused_if_another_is_set(issuer: Issuer, tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets")
    embedded = Settings(var=tmp_path)
    ann = Caller(id="ann", name="Ann")
    token = f"Bearer {user_token(embedded, ann, LIFE)}"
    known = Identity(embedded).caller(token)
    assert known
    assert known.id == "ann"
    assert "must be signed with RS256" in await Gateway(issuer, var=tmp_path).refuses(token)
    with pytest.raises(IssuedElsewhere, match=f"only tokens of {issuer.url}"):
        user_token(Settings(var=tmp_path, oidc_issuer=issuer.url), ann, LIFE)


def test_cached_token_of_the_embedded_issuer_expires_to_the_second(tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets")
    settings = Settings(var=tmp_path)
    clock = Clock()
    identity = Identity(settings, clock)
    private = Tokens.from_file("danvan-embedded", settings.secrets_of("operator") / "issuer.private.json")
    token = f"Bearer {private.sign(Caller(id='ann', name='Ann'), datetime.fromtimestamp(NOW, UTC), LIFE)}"
    first = identity.caller(token)
    clock.now = NOW + (LIFE + LEEWAY).total_seconds()
    assert identity.caller(token) is first
    clock.now += 0.001
    with pytest.raises(Refused, match="expired"):
        identity.caller(token)


def test_header_of_brackets_is_no_token_of_the_embedded_issuer(tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets")
    with pytest.raises(Refused, match="not valid"):
        Embedded(Settings(var=tmp_path)).verify("W1tb" * 3000 + ".e30.x", NOW)
