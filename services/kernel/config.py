"""Every setting of every process: an environment variable with the prefix `DANVAN_`."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
OidcAlgorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"
]
Cost = Annotated[int, Field(ge=1)]
Rate = Annotated[int, Field(ge=0)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DANVAN_", frozen=True)

    nats_url: str | None = Field(default=None, repr=False)
    """A NATS server of one's own, 2.11 or newer with JetStream; the embedded one otherwise."""
    mongo_url: str | None = Field(default=None, repr=False)
    """A MongoDB replica set of one's own; the embedded one-node set otherwise."""
    mongo_prefix: str = "danvan"
    """Each service keeps its documents in the database `<prefix>_<service>`."""
    var: Path = Path("var")
    """Where data, secrets and logs are kept."""
    secrets: Path | None = None
    """A folder with a folder for each process, which reads nothing but its own; `secrets` in `var` otherwise."""
    host: str = "127.0.0.1"
    port: Port = 8000
    """The gateway's; the services' health routes take the ports after it."""
    otlp_endpoint: str | None = None
    """Where spans go, as OTLP over HTTP, e.g. `http://127.0.0.1:4318`. None: they are not recorded."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    request_timeout: Seconds = 10.0
    """Seconds the gateway keeps asking a service before it says that it is unavailable."""
    mongo_cache_mb: Annotated[int, Field(ge=256, le=1_000_000)] = 256
    """Megabytes of its data that the embedded MongoDB keeps in memory."""
    lease: Seconds = 5.0
    """Seconds a sequencer's lease lasts; another process takes over that long after a crash."""
    heartbeat: Seconds = 1.0
    """Seconds between a producer's announcements of its last sequence number."""
    watchdog: Seconds = 30.0
    """Seconds an event loop may stand still before its process gives up and is restarted."""
    plan: bool = True
    """Whether queries run by plan where they can; otherwise graphql-core runs them all."""
    graphiql: bool = True
    """Whether the gateway serves GraphiQL under `/graphiql`."""
    cors_origins: str | None = None
    """Origins, separated by commas, whose pages may ask the gateway, e.g. `https://danvan.example.vn`."""
    persisted_only: Literal["nobody", "anonymous", "everyone"] = "anonymous"
    """Who may run only the operations of `gateway/operations.json`."""
    subscriptions_per_connection: Annotated[int, Field(ge=1, le=1000)] = 20
    """Operations that one WebSocket may have under way."""
    subscriptions_per_caller: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Subscriptions that one caller may have at one gateway process, over whatever connections."""
    keep_alive: Seconds = 12.0
    """Seconds between signs of life on a connection that lasts."""
    slow_client: Seconds = 15.0
    """Seconds a client may leave unread what is sent to it before its connection is ended."""
    operation_timeout: Seconds = 12.0
    """Seconds an operation may take in the gateway: longer than one service is asked for."""
    slow: Seconds = 1.0
    """Seconds from which on an operation is logged as slow."""
    introspection: bool = False
    """Whether callers without a token see the schema too: introspection, and suggestions for misspelt names."""
    cost_anonymous: Cost = 2_000
    """What one operation may cost: without a token, of a person, of an operator or a program with that role."""
    cost_person: Cost = 10_000
    cost_service: Cost = 100_000
    rate_anonymous: Rate = 60_000
    """Cost per minute in each gateway process: of all without a token from one address, of a person, of an operator;
    0 is without limit."""
    rate_person: Rate = 600_000
    rate_service: Rate = 6_000_000
    rate_address: Rate = 6_000_000
    """Of everybody from one address."""
    trusted_proxies: str = ""
    """Networks of proxies whose `X-Forwarded-For` is believed, e.g. `10.0.0.0/8, fd00::/8`."""

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for part in filter(str.strip, value.split(",")):
            ip_network(part.strip())
        return value

    @property
    def origins(self) -> frozenset[str]:
        listed = (self.cors_origins or "").split(",")
        return frozenset(origin.strip().rstrip("/") for origin in listed if origin.strip())

    oidc_issuer: Annotated[str, Field(pattern="^https?://")] | None = None
    """Whose tokens the gateway takes. None: those of the embedded issuer, which `danvan token` makes."""
    oidc_jwks: Annotated[str, Field(pattern="^https?://")] | None = None
    """Where the issuer's keys are; by default where its `.well-known/openid-configuration` says."""
    oidc_audience: Annotated[str, Field(min_length=1)] = "danvan"
    """Whom its tokens must be made for."""
    oidc_algorithm: OidcAlgorithm = "RS256"
    """The one that its tokens must be signed with."""
    oidc_grants_claim: Annotated[str, Field(min_length=1)] = "danvan_grants"
    """The claim with the grants, a list of `{role, unit, since, until, organisation}`."""

    @property
    def secrets_folder(self) -> Path:
        return self.secrets or self.var / "secrets"

    def secrets_of(self, user: str) -> Path:
        return self.secrets_folder / user

    @property
    def nats(self) -> str:
        return self.nats_url or "nats://127.0.0.1:4222"

    @property
    def mongo(self) -> str:
        return self.mongo_url or "mongodb://127.0.0.1:27017/?directConnection=true"
