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
Days = Annotated[float, Field(gt=0, le=36_500)]
Cost = Annotated[int, Field(ge=1)]
Rate = Annotated[int, Field(ge=0)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DANVAN_", frozen=True)

    nats_url: str | None = Field(default=None, repr=False)
    """The address of a NATS server, 2.11 or newer with JetStream. Default: the embedded server."""
    mongo_url: str | None = Field(default=None, repr=False)
    """The address of a MongoDB replica set. Default: the embedded one-node set."""
    mongo_prefix: str = "danvan"
    """Each service keeps its documents in the database `<prefix>_<service>`."""
    var: Path = Path("var")
    """The folder of data, secrets and logs."""
    secrets: Path | None = None
    """A folder with a folder for each process, which reads only its own. Default: `secrets` in `var`."""
    host: str = "127.0.0.1"
    port: Port = 8000
    """The gateway's port. The health routes of the services take the ports after it."""
    otlp_endpoint: str | None = None
    """The receiver of spans, as OTLP over HTTP, e.g. `http://127.0.0.1:4318`. None: spans are not recorded."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    request_timeout: Seconds = 10.0
    """Seconds after which the gateway stops asking a service and answers that it is unavailable."""
    mongo_cache_mb: Annotated[int, Field(ge=256, le=1_000_000)] = 256
    """Megabytes of memory for the cache of the embedded MongoDB."""
    answer_days: Days = 30.0
    """Days for which an idempotency key is known: a repeated command gets the same answer."""
    refusal_days: Days = 1.0
    """The same for refusals. After that, the same command with the same key is handled as a new one."""
    backdated_years: Annotated[int, Field(ge=0, le=200)] = 1
    """Calendar years before the present one into which a person may date acts on records of their own unit."""
    backdated_years_above: Annotated[int, Field(ge=0, le=200)] = 10
    """The same for records of units below that of the person's role."""
    lease: Seconds = 5.0
    """Seconds of a lease, of a sequencer or a reader. Another process takes over that long after a crash."""
    heartbeat: Seconds = 1.0
    """Seconds between the messages in which a producer announces its last sequence number."""
    watchdog: Seconds = 30.0
    """Seconds without progress of the event loop after which a process ends, to be started again."""
    plan: bool = True
    """Whether the gateway executes queries by plan where it can; otherwise graphql-core executes all."""
    graphiql: bool = True
    """Whether the gateway serves GraphiQL under `/graphiql`."""
    cors_origins: str | None = None
    """Origins, separated by commas, whose pages may query the gateway, e.g. `https://danvan.example.vn`."""
    persisted_only: Literal["nobody", "anonymous", "everyone"] = "anonymous"
    """The callers that may run only the operations of `gateway/operations.json`."""
    subscriptions_per_connection: Annotated[int, Field(ge=1, le=1000)] = 20
    """Most operations under way on one WebSocket."""
    subscriptions_per_caller: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Most subscriptions of one caller at one gateway process, over all connections."""
    keep_alive: Seconds = 12.0
    """Seconds between keep-alive messages on a long-lived connection."""
    slow_client: Seconds = 15.0
    """Seconds after which the gateway ends the connection of a client that does not read."""
    connections: Annotated[int, Field(ge=1)] = 10_000
    """Most connections of clients to one gateway process; fewer where the system allows fewer open files."""
    connections_per_address: Annotated[int, Field(ge=1)] = 500
    """Most connections from one address that is no trusted proxy."""
    anonymous_websockets: Annotated[int, Field(ge=1)] = 100
    """Most WebSockets of one address that have shown no token."""
    header_timeout: Seconds = 20.0
    """Seconds within which the headers of a request must arrive."""
    body_timeout: Seconds = 20.0
    """Seconds within which the body of a request must arrive, and one more for each `body_rate` bytes that did."""
    body_rate: Annotated[int, Field(ge=1)] = 500
    operation_timeout: Seconds = 12.0
    """Seconds that an operation may take in the gateway: more than a request to one service."""
    slow: Seconds = 1.0
    """Seconds after which an operation is logged as slow."""
    introspection: bool = False
    """Whether callers without a token see the schema: introspection, and suggestions for misspelt names."""
    cost_anonymous: Cost = 2_000
    """Highest cost of one operation: without a token, of a person, of an operator."""
    cost_person: Cost = 10_000
    cost_service: Cost = 100_000
    rate_anonymous: Rate = 60_000
    """Cost per minute in each gateway process: of all callers without a token at one address, of a person, of an
    operator. 0: no limit.
    """
    rate_person: Rate = 600_000
    rate_service: Rate = 6_000_000
    rate_address: Rate = 6_000_000
    """Cost per minute of all callers at one address."""
    trusted_proxies: str = ""
    """Networks of proxies whose `X-Forwarded-For` is trusted, e.g. `10.0.0.0/8, fd00::/8`."""

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
    """The issuer of tokens. None: the embedded issuer, whose tokens `danvan token` creates."""
    oidc_jwks: Annotated[str, Field(pattern="^https?://")] | None = None
    """The address of the issuer's keys. Default: as in its `.well-known/openid-configuration`."""
    oidc_audience: Annotated[str, Field(min_length=1)] = "danvan"
    """The audience that tokens must name."""
    oidc_algorithm: OidcAlgorithm = "RS256"
    """The algorithm that tokens must be signed with."""
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
