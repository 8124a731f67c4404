"""Everything the services find ready: keys, streams, indexes. Run as often as one likes."""

import asyncio
from collections.abc import Mapping

import nats

from services.kernel import streams
from services.kernel.caller import make_keys
from services.kernel.config import Settings
from services.kernel.store import Indexes, Store
from services.registration.app import INDEXES as REGISTRATION
from services.reporting.repository import INDEXES as REPORTING
from services.review.repository import INDEXES as REVIEW
from services.supervision.repository import INDEXES as SUPERVISION

PRODUCERS = ("registration", "review", "supervision")
DATABASES: Mapping[str, Indexes] = {
    "registration": REGISTRATION,
    "review": REVIEW,
    "supervision": SUPERVISION,
    "reporting": REPORTING,
}


class TooOld(Exception):  # noqa: N818
    """The NATS server would ignore, without a word, settings that the product depends on."""


async def provision(settings: Settings) -> None:
    """Consumers are not among it: each reader makes its own at its cursor, and the cursor is with its data."""
    make_keys(settings.keys, "caller")
    make_keys(settings.keys, "issuer")
    await asyncio.gather(_streams(settings), *(_database(settings, name) for name in DATABASES))


async def _streams(settings: Settings) -> None:
    connection = await nats.connect(settings.nats, connect_timeout=5, max_reconnect_attempts=5)
    try:
        version = connection.connected_server_version
        if (version.major, version.minor) < (2, 11):
            raise TooOld(f"NATS {version.major}.{version.minor} is too old: 2.11 or newer is needed.")
        for producer in PRODUCERS:
            await streams.ensure(connection.jetstream(), producer)
    finally:
        await connection.close()


async def _database(settings: Settings, name: str) -> None:
    store = Store(settings.mongo, settings.mongo_prefix, name)
    try:
        await store.provision(DATABASES[name])
    finally:
        store.close()
