"""Everything the services find ready: users, streams, indexes. Run as often as one likes."""

import asyncio
from collections.abc import Mapping

from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError
from pymongo.errors import ConnectionFailure, OperationFailure

from infra.secure.mongo_users import NotLetIn, make_users
from infra.secure.rights import PRODUCERS
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER, nats_login, says_who
from services.kernel.log import streams
from services.kernel.mongo.driver import Indexes
from services.kernel.mongo.store import Store
from services.registration.app import INDEXES as REGISTRATION
from services.reporting.repository import INDEXES as REPORTING
from services.review.repository import INDEXES as REVIEW
from services.supervision.repository import INDEXES as SUPERVISION

DATABASES: Mapping[str, Indexes] = {
    "registration": REGISTRATION,
    "review": REVIEW,
    "supervision": SUPERVISION,
    "reporting": REPORTING,
}
UNAUTHORIZED, NOT_AUTHENTICATED = 13, 18
"""MongoDB's error codes."""
PATIENCE = 5
"""Seconds in which NATS must answer."""


class TooOld(Exception):  # noqa: N818
    """The NATS server would ignore, without a word, settings that the product depends on."""


async def provision(settings: Settings, *, users: bool) -> None:
    """`users`: those of MongoDB too; the embedded one has no others. NATS learns its users from its configuration.

    Consumers are not among it: each reader makes its own at its cursor, and the cursor is with its data.
    """
    try:
        if users:
            await asyncio.to_thread(make_users, settings)
        works = (_streams(settings), *(_database(settings, name) for name in DATABASES))
        for outcome in await asyncio.gather(*works, return_exceptions=True):
            if outcome:
                raise outcome
    except OperationFailure as error:
        if error.code not in (UNAUTHORIZED, NOT_AUTHENTICATED):
            raise
        raise NotLetIn(
            "MongoDB does not let in the user that DANVAN_MONGO_URL names."
            if says_who(settings.mongo)
            else "MongoDB does not know our users: make them with `danvan provision --users`."
        ) from error
    except ConnectionFailure as error:
        raise NotLetIn("MongoDB does not answer at the address in DANVAN_MONGO_URL.") from error


async def _streams(settings: Settings) -> None:
    async def on_error(_: Exception) -> None:
        """It is raised too; by default it would be printed as well, with a traceback."""

    connection = Nats()
    login = nats_login(settings, OPERATOR_USER)
    try:
        await connection.connect(
            settings.nats, connect_timeout=PATIENCE, allow_reconnect=False, error_cb=on_error, **login
        )
    except (NatsError, OSError, TimeoutError) as error:
        await connection.close()
        raise NotLetIn(f"NATS does not let the user operator in: {error}") from error
    try:
        version = connection.connected_server_version
        if (version.major, version.minor) < (2, 11):
            raise TooOld(f"NATS {version.major}.{version.minor} is too old: 2.11 or newer is needed.")
        for producer in PRODUCERS:
            await streams.ensure(connection.jetstream(), producer)
    finally:
        await connection.close()


async def _database(settings: Settings, name: str) -> None:
    store = Store(settings, name, user=OPERATOR_USER)
    try:
        await store.provision(DATABASES[name])
    finally:
        store.close()
