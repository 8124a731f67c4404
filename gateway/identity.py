"""Who is asking: a bearer token of the issuer, turned into a caller. It decides nothing about rights."""

from datetime import UTC, datetime

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.guard import respond
from services.kernel.caller import Caller, Tokens, unauthenticated
from services.kernel.config import Settings
from services.kernel.messages import Refused

ISSUER = "danvan-embedded"


class Identity:
    def __init__(self, settings: Settings) -> None:
        self._tokens = Tokens.from_file(ISSUER, settings.keys / "issuer.public.json")

    def caller(self, authorization: str | None) -> Caller | None:
        """None for nobody; `Refused` for a header that says something else than a token of ours in force."""
        if not authorization:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise unauthenticated(
                "Tiêu đề Authorization phải có dạng “Bearer <mã>”.",
                "The Authorization header must read “Bearer <token>”.",
            )
        return self._tokens.verify(token.strip(), datetime.now(UTC))


class Authenticated:
    """Puts the caller into the request's scope; a token that is no good ends the request with 401."""

    def __init__(self, app: ASGIApp, identity: Identity) -> None:
        self._app = app
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            try:
                scope["danvan.caller"] = self._identity.caller(header)
            except Refused as refused:
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": 4401})
                    return
                refusal = refused.refusal
                await respond(send, 401, refusal.code, refusal.vi, refusal.en)
                return
        await self._app(scope, receive, send)
