"""Verifies tokens of an OpenID Connect issuer, and fetches its keys."""

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from services.kernel import telemetry
from services.kernel.caller import LAST_SECOND, Caller, Grant, unauthenticated
from services.kernel.config import Settings
from services.kernel.messages import Refused

SKEW = 30.0
"""Seconds by which the clocks of issuer and gateway may differ."""
REFRESH = 300.0
"""Seconds after which the keys are fetched again in any case."""
PAUSE = 10.0
"""Shortest time between two fetches, in seconds, however many tokens name an unknown key."""
PAUSE_WITHOUT = 1.0
"""The same, in seconds, while the gateway has no key."""
PATIENCE = 3.0
"""Seconds within which the issuer's whole answer must arrive."""
LARGEST_ANSWER = 256 * 1024
DISCOVERY = "/.well-known/openid-configuration"
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_SHORTEST_RSA = 2048

Keys = Mapping[str, RSAKey | ECKey | OKPKey]


class KeyUnknown(Refused):
    """The token names an unknown key, perhaps a new one."""


class Issuer:
    """The last fetched keys stay valid while the issuer does not answer."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._url = url
        self._jwks = settings.oidc_jwks
        self._audience = settings.oidc_audience
        self._algorithm = settings.oidc_algorithm
        self._grants_claim = settings.oidc_grants_claim
        self._registry = jws.JWSRegistry(algorithms=[self._algorithm], strict_check_header=False)
        self._keys: Keys = {}
        self._fetching: asyncio.Task[None] | None = None
        self._fetched_at = -math.inf
        self.generation = 0
        """Rises when the keys change: tokens verified with the old keys must be verified again."""

    def verify(self, token: str, now: float) -> tuple[Caller, float]:
        """The caller of a valid token, and when it expires."""
        try:
            key = self._key(jws.extract_compact(token.encode()).headers())
            claims = jwt.decode(token, key, registry=self._registry).claims
        # A header of ten thousand brackets is a RecursionError.
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise unauthenticated("Mã truy cập không hợp lệ.", "The token is not valid.") from error
        self._check_purpose(claims)
        return self._caller(claims, until := _good_until(claims, now)), until

    def refresh(self) -> None:
        """Fetches old keys again, in the background."""
        if self._fetching is None and time.monotonic() > self._fetched_at + REFRESH:
            self._begin()

    async def fetch(self) -> None:
        """Fetches the keys, but not within `PAUSE` after the last fetch. Returns even if the issuer takes too long."""
        pause = PAUSE if self._keys else PAUSE_WITHOUT
        if self._fetching is None and time.monotonic() > self._fetched_at + pause:
            self._begin()
        if self._fetching:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await asyncio.shield(self._fetching)

    def _key(self, header: Mapping[str, Any]) -> RSAKey | ECKey | OKPKey:
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm != self._algorithm:
            raise unauthenticated(
                f"Mã truy cập phải được ký bằng {self._algorithm}.",
                f"The token must be signed with {self._algorithm}.",
            )
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if isinstance(kid, str) and kid in self._keys:
            return self._keys[kid]
        if self._keys:
            raise KeyUnknown(
                "unauthenticated",
                "Authorization",
                vi="Nơi cấp mã không có khóa đã ký mã truy cập này.",
                en="The issuer has no key for this token.",
            )
        raise KeyUnknown(
            "unauthenticated",
            "Authorization",
            vi="Chưa kiểm tra được mã truy cập vì nơi cấp mã không trả lời; hãy thử lại sau.",
            en="The token cannot be checked, because its issuer does not answer: try again later.",
        )

    def _check_purpose(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") != self._url:
            raise unauthenticated("Mã truy cập do nơi khác cấp.", "The token is from another issuer.")
        audience = claims.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise unauthenticated(
                "Mã truy cập không dành cho hệ thống này.", "The token was made for another audience."
            )

    def _caller(self, claims: Mapping[str, Any], until: float) -> Caller:
        try:
            id_ = msgspec.convert(claims.get("sub"), str)
            grants = msgspec.convert(claims.get(self._grants_claim) or (), tuple[Grant, ...])
        except msgspec.ValidationError as error:
            raise unauthenticated(
                f"Mã truy cập sai ở sub hoặc {self._grants_claim}.",
                f"The token is wrong in sub or {self._grants_claim}: {error}",
            ) from error
        name = claims.get("name") or claims.get("preferred_username") or id_
        expires = datetime.fromtimestamp(until - SKEW, UTC)
        return Caller(id=id_, name=str(name), grants=grants, expires=expires)

    def _begin(self) -> None:
        self._fetching = asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        try:
            # In a thread: a TLS context and the import of keys take longer than other requests can wait.
            keys = await asyncio.to_thread(self._fetched)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, RecursionError) as error:
            telemetry.log.warning("issuer gives no keys", issuer=self._url, why=repr(error)[:300])
        else:
            if _shown(keys) != _shown(self._keys):
                self.generation += 1
            self._keys = keys
        finally:
            self._fetched_at = time.monotonic()
            self._fetching = None

    def _fetched(self) -> Keys:
        with httpx.Client(timeout=PATIENCE) as http:
            if self._jwks is None:
                found = _got(http, self._url.rstrip("/") + DISCOVERY)
                if found["issuer"] != self._url:
                    raise ValueError("it says that it is another issuer")
                jwks = str(found["jwks_uri"])
                if urlsplit(jwks).scheme not in ("http", "https"):
                    raise ValueError("its jwks_uri is no address")
            else:
                jwks = self._jwks
            keys = self._usable(_got(http, jwks)["keys"])
        if not keys:
            raise ValueError(f"it has no key for {self._algorithm}")
        return keys

    def _usable(self, keys: list[Any]) -> Keys:
        """Keys for other purposes or of unknown kinds are ignored."""
        usable: dict[str, RSAKey | ECKey | OKPKey] = {}
        for key in keys:
            with_us = (
                isinstance(key, dict)
                and key.get("kty") == _KINDS[self._algorithm[:2]]
                and key.get("use", "sig") == "sig"
                and key.get("alg", self._algorithm) == self._algorithm
            )
            if with_us and (made := _imported(key)):
                usable.setdefault(str(key.get("kid", "")), made)
        return usable


def _imported(key: dict[str, Any]) -> RSAKey | ECKey | OKPKey | None:
    try:
        made = JWKRegistry.import_key(key)
    except Exception:  # one bad key does not spoil the others
        return None
    if isinstance(made, RSAKey):
        return made if made.raw_value.key_size >= _SHORTEST_RSA else None
    return made if isinstance(made, ECKey | OKPKey) else None


def _shown(keys: Keys) -> dict[str, Any]:
    return {kid: key.as_dict(private=False) for kid, key in keys.items()}


def _got(http: httpx.Client, url: str) -> Any:
    until = time.monotonic() + PATIENCE
    body = b""
    with http.stream("GET", url) as answer:
        answer.raise_for_status()
        # The client's time limit is for each chunk of an answer, and there can be many.
        for part in answer.iter_bytes():
            body += part
            if len(body) > LARGEST_ANSWER:
                raise ValueError("its answer is too large")
            if time.monotonic() > until:
                raise ValueError("its answer takes too long")
    return json.loads(body)


def _good_until(claims: Mapping[str, Any], now: float) -> float:
    """When the token expires. Refused if it has expired, or is not valid yet."""
    for name in ("nbf", "iat"):
        if name in claims and _seconds(claims, name) > now + SKEW:
            raise unauthenticated("Mã truy cập chưa có hiệu lực.", "The token is not in force yet.")
    until = _seconds(claims, "exp") + SKEW
    if now > until:
        raise unauthenticated("Mã truy cập đã hết hạn.", "The token has expired.")
    return until


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LAST_SECOND:
        raise unauthenticated(f"Mã truy cập sai ở {name}.", f"The token is wrong in {name}.")
    return float(value)
