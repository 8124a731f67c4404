"""Who is asking: a bearer token of the issuer, turned into a caller. It decides nothing about rights."""

from datetime import UTC, datetime

from services.kernel.caller import Caller, Tokens, unauthenticated
from services.kernel.config import Settings

ISSUER = "danvan-embedded"


class Identity:
    def __init__(self, settings: Settings) -> None:
        self._tokens = Tokens.from_file(ISSUER, settings.secrets_of("gateway") / "issuer.public.json")

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
