"""Creates users, streams, collections and indexes for the services, or updates them. It can run any number of times."""

import asyncio
from collections.abc import Sequence

from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError
from pymongo.errors import ConnectionFailure, OperationFailure

from infra.secure.mongo_users import NotLetIn, make_users
from services.catalogue import SERVICES, Catalogue, producers
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER, nats_login, says_who
from services.kernel.log import streams
from services.kernel.mongo.store import Store
from services.kernel.table import Table

UNAUTHORIZED, NOT_AUTHENTICATED = 13, 18
"""MongoDB's error codes."""
PATIENCE = 5
"""Seconds until NATS must answer."""


class TooOld(Exception):  # noqa: N818
    """The NATS server silently ignores settings that the product depends on."""


async def provision(settings: Settings, *, users: bool, services: Catalogue = SERVICES) -> None:
    """`users`: also the users of MongoDB. NATS reads its users from its configuration.

    Readers create their consumers themselves, at their cursors, which are in their databases.
    """
    try:
        if users:
            await asyncio.to_thread(make_users, settings, services)
        databases = (_database(settings, table) for table in services.values())
        works = (_streams(settings, producers(services)), *databases)
        for outcome in await asyncio.gather(*works, return_exceptions=True):
            if outcome:
                raise outcome
    except OperationFailure as error:
        if error.code not in (UNAUTHORIZED, NOT_AUTHENTICATED):
            raise
        raise NotLetIn(
            "MongoDB does not let in the user that DANVAN_MONGO_URL names."
            if says_who(settings.mongo)
            else "MongoDB does not know our users: create them with `danvan provision --users`."
        ) from error
    except ConnectionFailure as error:
        raise NotLetIn("MongoDB does not answer at the address in DANVAN_MONGO_URL.") from error


async def _streams(settings: Settings, names: Sequence[str]) -> None:
    async def on_error(_: Exception) -> None:
        """The error is also raised. The default callback would print it with a traceback."""

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
        for producer in names:
            await streams.ensure(connection.jetstream(), producer)
    finally:
        await connection.close()


async def _database(settings: Settings, table: Table) -> None:
    store = Store(settings, table.name, user=OPERATOR_USER)
    try:
        await store.provision(table.indexes, table.fills, [what.name for what in table.unscoped])
    finally:
        store.close()
