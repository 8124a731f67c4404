"""Used by all operators' commands: the addresses of the running system, and the caller of their requests."""

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
    """No system runs on the folder, or its addresses are not known."""


class IssuedElsewhere(Exception):  # noqa: N818
    """Another issuer signs people's tokens: the gateway would refuse one of ours."""


def located(settings: Settings) -> Settings:
    """The settings, where an address that is not set is that of the stack that runs on the folder `var`."""
    if settings.nats_url and settings.mongo_url:
        return settings
    addresses = _addresses(settings.var)
    try:
        return settings.model_copy(
            update={
                "nats_url": settings.nats_url or addresses["nats"],
                "mongo_url": settings.mongo_url or addresses["mongo"],
            }
        )
    except KeyError:
        raise NotRunning(
            "A server's address contains a password, so it is not written to stack.json: "
            "set DANVAN_NATS_URL and DANVAN_MONGO_URL for this command too."
        ) from None


def gateway_url(settings: Settings) -> str:
    try:
        return str(_addresses(settings.var)["gateway"])
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
        raise IssuedElsewhere(f"The gateway accepts only tokens of {settings.oidc_issuer}: get one there.")
    tokens = Tokens.from_file(ISSUER, settings.secrets_of(OPERATOR_USER) / "issuer.private.json")
    return tokens.sign(caller, moment(), life)


def _addresses(var: Path) -> dict[str, str]:
    """The addresses that the stack has written to `stack.json`."""
    try:
        addresses: dict[str, str] = json.loads((var / "stack.json").read_text())
    except FileNotFoundError:
        raise NotRunning(f"Danvan does not run on the folder {var}: start it with `make run`.") from None
    if "gateway" not in addresses:
        raise NotRunning(f"Danvan is just starting on the folder {var}: try again in a moment.")
    return addresses
