"""Turns a bearer token into a caller. It does not check rights."""

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

from gateway.callers.oidc import Issuer, KeyUnknown
from gateway.callers.person import person
from services.kernel.caller import LEEWAY, Caller, Tokens, unauthenticated
from services.kernel.config import Settings

ISSUER = "danvan-embedded"
REMEMBERED = 4096
"""Verified tokens in the cache."""
LONGEST = 16 * 1024


class Embedded:
    """The issuer of `danvan token`. Its key is in the gateway's secrets folder."""

    generation = 0

    def __init__(self, settings: Settings) -> None:
        self._tokens = Tokens.from_file(ISSUER, settings.secrets_of("gateway") / "issuer.public.json")

    def verify(self, token: str, now: float) -> tuple[Caller, float]:
        caller = self._tokens.verify(token, datetime.fromtimestamp(now, UTC))
        assert caller.expires is not None, "every token has an end"  # noqa: S101
        return caller, caller.expires.timestamp() + LEEWAY.total_seconds()

    def refresh(self) -> None: ...

    async def fetch(self) -> None: ...


class Identity:
    """Verifies the token of each request. A verified token stays in a cache until it expires."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._issuer = Issuer(settings, settings.oidc_issuer) if settings.oidc_issuer else Embedded(settings)
        self._known: OrderedDict[str, tuple[Caller, float]] = OrderedDict()
        self._generation = 0

    async def identify(self, authorization: str | None) -> Caller | None:
        """Like `caller`, but fetches the issuer's keys if the token names an unknown one."""
        try:
            return self.caller(authorization)
        except KeyUnknown:
            await self._issuer.fetch()
            return self.caller(authorization)

    def caller(self, authorization: str | None) -> Caller | None:
        """None without a header. `Refused` unless the header has a valid token."""
        if not authorization:
            return None
        now = self._now()
        self._issuer.refresh()
        if self._generation != self._issuer.generation:
            self._generation = self._issuer.generation
            self._known.clear()
        known = self._known.get(authorization)
        if known and now <= known[1]:
            self._known.move_to_end(authorization)
            return known[0]
        caller, until = self._issuer.verify(_token(authorization), now)
        caller = person(caller)
        self._known[authorization] = (caller, until)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return caller


def _token(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated(
            "Tiêu đề Authorization phải có dạng “Bearer <mã>”.",
            "The Authorization header must read “Bearer <token>”.",
        )
    if len(token) > LONGEST:
        raise unauthenticated("Mã truy cập quá dài.", "The token is too long.")
    return token.strip()
