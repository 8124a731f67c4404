"""The driver's names that the rest of the code uses, the connection, and the ends of a transaction.

The only module that imports motor.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId
from bson.codec_options import CodecOptions
from motor.frameworks.asyncio import run_on_executor
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import (
    ASCENDING,
    DESCENDING,
    IndexModel,
    InsertOne,
    ReadPreference,
    ReplaceOne,
    ReturnDocument,
    UpdateOne,
)
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from services.kernel.config import Settings
from services.kernel.credentials import mongo_login

__all__ = [
    "AFTER",
    "ASCENDING",
    "DESCENDING",
    "MAJORITY",
    "SNAPSHOT",
    "BulkWriteError",
    "DuplicateKeyError",
    "IndexModel",
    "InsertOne",
    "OperationFailure",
    "PyMongoError",
    "ReplaceOne",
    "UpdateOne",
]

Document = dict[str, Any]
Client = AsyncIOMotorClient[Document]
Collection = AsyncIOMotorCollection[Document]
Session = AsyncIOMotorClientSession
Codecs = CodecOptions[Document]
Write = InsertOne[Document] | ReplaceOne[Document] | UpdateOne
Indexes = Mapping[str, Sequence[IndexModel]]
"""The indexes of each collection."""

MAJORITY = WriteConcern("majority", j=True)
"""A write succeeds when a majority of the replica set has it in its journal."""
SNAPSHOT = ReadConcern("snapshot")
AFTER = ReturnDocument.AFTER
"""`find_one_and_update` returns the document as it is after the update."""

AUTHENTICATION_FAILED, NAMESPACE_EXISTS, SNAPSHOT_UNAVAILABLE, DUPLICATE_KEY = 18, 48, 246, 11000
"""MongoDB's error codes."""


class Database(AsyncIOMotorDatabase[Document]):
    """Creates the object of each collection once: motor creates it at each access, which costs as much as a query."""

    def __init__(self, client: Client, name: str, **options: Any) -> None:
        super().__init__(client, name, **options)
        self._known: dict[str, Collection] = {}

    def __getitem__(self, name: str) -> Collection:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = super().__getitem__(name)
        return known


def connect(settings: Settings, *, user: str, application: str) -> Client:
    return AsyncIOMotorClient(
        settings.mongo,
        **mongo_login(settings, user),
        tz_aware=True,
        appname=application,
        serverSelectionTimeoutMS=2000,
        # The driver also gives up a health check after it, closes all connections and begins anew. A short time makes
        # a slow machine slower: it never gets to its work. A killed server refuses connections at once.
        connectTimeoutMS=20000,
        # Without it, a half-open connection to a killed server holds a request for minutes.
        socketTimeoutMS=20000,
        maxPoolSize=64,
    )


def database(client: Client, name: str, codecs: Codecs) -> Database:
    """The database, read and written with majority and journal at its primary."""
    return Database(
        client,
        name,
        codec_options=codecs,
        write_concern=MAJORITY,
        read_concern=ReadConcern("majority"),
        read_preference=ReadPreference.PRIMARY,
    )


def begin(client: Client) -> Session:
    """A session in a transaction that reads a snapshot and is committed with majority and journal.

    End it with `commit` or `abort`. Motor would start the session in a thread, though that does no input or output.
    """
    session = Session(client.delegate.start_session(), client)
    session.start_transaction(read_concern=SNAPSHOT, write_concern=MAJORITY)
    return session


async def commit(session: Session, last: Sequence[tuple[Collection, Sequence[Document]]]) -> None:
    """Inserts the last documents, commits and ends the session. When it raises, the transaction is aborted.

    One call of a thread does all of it. With a call for each, as motor does it, a transaction of six commands takes a
    fifth more processor time.
    """

    def work() -> None:
        with session.delegate as ours:
            for collection, documents in last:
                if len(documents) == 1:
                    collection.delegate.insert_one(documents[0], session=ours)
                elif documents:
                    collection.delegate.insert_many(documents, session=ours)
            ours.commit_transaction()

    await run_on_executor(session.get_io_loop(), work)  # type: ignore[no-untyped-call]


async def abort(session: Session) -> None:
    await session.end_session()


def new_digits() -> str:
    """24 unique hexadecimal digits. They sort by the second in which they were made."""
    return str(ObjectId())


def is_transient(error: BaseException) -> bool:
    """Whether the database failed, not the request: the same request may succeed when repeated."""
    if isinstance(error, OperationFailure) and error.code in (AUTHENTICATION_FAILED, SNAPSHOT_UNAVAILABLE):
        # A new server has no users until an operator creates them, and a new collection has no earlier moments.
        return True
    return isinstance(error, ConnectionFailure) or (
        isinstance(error, PyMongoError)
        and (
            error.has_error_label("TransientTransactionError")
            or error.has_error_label("UnknownTransactionCommitResult")
        )
    )
