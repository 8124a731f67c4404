"""The databases of tests on one mongod. A test gets them provisioned and empty.

Creating all collections and indexes costs mongod 0.4 s of processor time, so a test takes the databases that the test
before it has left, without their documents.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

from infra.run.embedded import MongoServer
from infra.run.provision import provision
from infra.secure.rights import mongo_roles
from services.kernel.config import Settings
from services.kernel.credentials import MONGO_PASSWORD, mongo_user

TOY = "toy"
"""A service of the tests, with a database of its own."""


class Databases:
    """Belongs to one worker, which runs one test at a time."""

    def __init__(self, mongo: MongoServer, secrets: Path) -> None:
        self.prefix = "test"
        self._client = mongo.client()
        self._secrets = secrets
        self._provisioned: dict[str, set[str]] = {}
        """Database → its collections after the first provisioning."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    async def empty(self, settings: Settings) -> None:
        """Removes all documents, and the collections that tests have added. Creates what tests have dropped."""
        if self._provisioned:
            self._end_transactions(settings)
            self._remove()
        await provision(settings, users=True)
        if not self._provisioned:
            self._add_toy(settings)
            self._provisioned = {
                name: set(self._client[name].list_collection_names()) for name in self._names()
            }

    def _names(self) -> list[str]:
        return [name for name in self._client.list_database_names() if name.startswith(f"{self.prefix}_")]

    def _end_transactions(self, settings: Settings) -> None:
        """Ends transactions of killed processes: otherwise, documents could not be removed for some seconds."""
        users = [mongo_user(settings, user) for user in (*mongo_roles(self.prefix), TOY)]
        self._client.admin.command("killAllSessions", [{"user": user, "db": "admin"} for user in users])

    def _remove(self) -> None:
        for name in self._names():
            database = self._client[name]
            for collection in database.list_collection_names():
                if collection in self._provisioned.get(name, ()):
                    database[collection].delete_many({})
                else:
                    database[collection].drop()

    def _add_toy(self, settings: Settings) -> None:
        name = mongo_user(settings, TOY)
        self._client.admin.command(
            "createUser",
            name,
            pwd=(self._secrets / TOY / MONGO_PASSWORD).read_text(),
            roles=[{"role": "readWrite", "db": name}],
            mechanisms=["SCRAM-SHA-256"],
        )
