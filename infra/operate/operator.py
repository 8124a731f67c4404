"""Basis of the operators' commands: the addresses of the running system, and the caller they act as."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from gateway.callers.identity import ISSUER
from services.kernel.calendar import moment
from services.kernel.caller import OPERATOR_ID, Caller, Grant, Tokens
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messages import Command, Role
from services.kernel.messaging import client
from services.kernel.messaging.client import Client
from services.kernel.units import COUNTRY
from services.reporting.messages import RebuildCounters

OPERATOR = Caller(id=OPERATOR_ID, name="Người vận hành", grants=(Grant(role=Role.OPERATOR, unit=COUNTRY),))


class NotRunning(Exception):  # noqa: N818
    """No running system is known."""


class IssuedElsewhere(Exception):  # noqa: N818
    """Another issuer signs people's tokens: the gateway would refuse one of ours."""


def located(settings: Settings) -> Settings:
    """Settings with the addresses of the stack that runs on this folder, unless they name other servers."""
    if settings.nats_url and settings.mongo_url:
        return settings
    noted = _noted(settings.var)
    try:
        return settings.model_copy(
            update={
                "nats_url": settings.nats_url or noted["nats"],
                "mongo_url": settings.mongo_url or noted["mongo"],
            }
        )
    except KeyError:
        raise NotRunning(
            "A server's address contains a password, so it is not written to stack.json: "
            "set DANVAN_NATS_URL and DANVAN_MONGO_URL for this command too."
        ) from None


def gateway_url(settings: Settings) -> str:
    try:
        return str(_noted(settings.var)["gateway"])
    except NotRunning:
        return f"http://{settings.host}:{settings.port}/graphql"


@asynccontextmanager
async def asking(settings: Settings) -> AsyncGenerator[Client, None]:
    """A client of the services that signs with the gateway's key. The user must be able to read that key."""
    tokens = Tokens.from_file("gateway", settings.secrets_of("gateway") / "caller.private.json")
    connection = await client.connect(settings, OPERATOR_USER)
    try:
        yield Client(connection, tokens, timeout=30)
    finally:
        await connection.close()


async def rebuild(settings: Settings, command: Command | None = None) -> None:
    """Asks for a rebuild, by default of the counters; returns when the request is stored."""
    async with asking(settings) as services:
        await services.ask(command or RebuildCounters(), OPERATOR, int, key=f"rebuild/{moment().isoformat()}")


def user_token(settings: Settings, caller: Caller, life: timedelta) -> str:
    """A bearer token for the gateway, from the embedded issuer."""
    if settings.oidc_issuer:
        raise IssuedElsewhere(f"The gateway takes tokens of {settings.oidc_issuer} only: get one from it.")
    tokens = Tokens.from_file(ISSUER, settings.secrets_of(OPERATOR_USER) / "issuer.private.json")
    return tokens.sign(caller, moment(), life)


def _noted(var: Path) -> dict[str, str]:
    try:
        noted: dict[str, str] = json.loads((var / "stack.json").read_text())
    except FileNotFoundError:
        raise NotRunning(f"Danvan does not run on the folder {var}: start it with `make run`.") from None
    if "gateway" not in noted:
        raise NotRunning(f"Danvan is just starting on the folder {var}: try again in a moment.")
    return noted
