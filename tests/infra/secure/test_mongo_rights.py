"""Rights in MongoDB: a table kept by hand, tried user by user on a real server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from infra.run.embedded import MongoServer
from infra.run.provision import provision
from infra.secure.credentials import OUR_MONGO_KEY, make_secrets
from infra.secure.mongo_users import NotLetIn, make_users
from services.kernel.config import Settings
from services.kernel.credentials import MONGO_PASSWORD, mongo_login, mongo_user
from services.kernel.mongo.store import Store

PREFIX = "rights"
USERS = ("registration", "review", "supervision", "reporting", "operator")
DATABASES = (*USERS, "gateway")
ALL, SOME, NONE = "reads, writes and indexes", "reads and writes", "nothing"
UNAUTHORIZED = 13

TABLE = {
    # a service has its own database, and the operator has all
    "registration": {"registration": ALL},
    "review": {"review": ALL},
    "supervision": {"supervision": ALL},
    "reporting": {"reporting": ALL},
    "operator": dict.fromkeys(USERS, ALL),
}
FOREIGN = ("another_registration", "rights", "admin", "local", "config")
"""Databases of another system on the same server, and the server's own."""
AS_ADMINISTRATOR: dict[str, dict[str, Any]] = {
    "usersInfo": {"usersInfo": 1},
    "createUser": {"createUser": "mallory", "pwd": "x", "roles": ["root"]},
    "grantRolesToUser": {"grantRolesToUser": "rights_review", "roles": ["root"]},
    "listDatabases": {"listDatabases": 1},
    "serverStatus": {"serverStatus": 1},
    "setParameter": {"setParameter": 1, "quiet": True},
    "replSetGetConfig": {"replSetGetConfig": 1},
    "fsync": {"fsync": 1},
}

Client = MongoClient[dict[str, Any]]


@pytest.fixture(scope="module")
def system(mongo: MongoServer, secrets: Path) -> Settings:
    settings = Settings(mongo_url=mongo.url, mongo_prefix=PREFIX, secrets=secrets)
    make_users(settings)
    return settings


@pytest.fixture(scope="module")
def clients(system: Settings) -> Iterator[dict[str, Client]]:
    made = {user: Client(system.mongo, **mongo_login(system, user)) for user in USERS}
    yield made
    for client in made.values():
        client.close()


def _allowed(client: Client, database: str, command: dict[str, Any]) -> bool:
    try:
        client[database].command(command)
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        return False
    return True


def _may(client: Client, database: str) -> set[str]:
    things = "things"
    index = {"key": {"name": 1}, "name": "by_name"}
    tried: dict[str, dict[str, Any]] = {
        "write": {"insert": things, "documents": [{"name": "n"}]},
        "change": {"update": things, "updates": [{"q": {}, "u": {"$set": {"name": "m"}}}]},
        "read": {"find": things, "limit": 1},
        "count": {"aggregate": things, "pipeline": [{"$count": "all"}], "cursor": {}},
        "index": {"createIndexes": things, "indexes": [index]},
        "remove": {"delete": things, "deletes": [{"q": {}, "limit": 0}]},
        "list": {"listCollections": 1},
        "drop": {"drop": things},
    }
    return {name for name, command in tried.items() if _allowed(client, database, command)}


EVERYTHING = {"write", "change", "read", "count", "index", "remove", "list", "drop"}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("database", DATABASES)
def test_only_its_service_and_the_operator_use_a_database(
    clients: dict[str, Client], user: str, database: str
) -> None:
    found = _may(clients[user], f"{PREFIX}_{database}")
    # listCollections is not refused: it lists only collections that the user may see.
    assert found - {"list"} == (EVERYTHING - {"list"} if database in TABLE[user] else set())


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("database", FOREIGN)
def test_no_user_of_ours_uses_a_foreign_database(
    clients: dict[str, Client], user: str, database: str
) -> None:
    assert _may(clients[user], database) <= {"list"}


@pytest.mark.parametrize("user", USERS)
def test_no_user_of_ours_administers_the_server(clients: dict[str, Client], user: str) -> None:
    allowed = {name for name, does in AS_ADMINISTRATOR.items() if _allowed(clients[user], "admin", does)}
    assert allowed <= {"listDatabases"}  # it lists only databases that the user may see
    shown = {database["name"] for database in clients[user].list_databases()}
    assert shown <= {f"{PREFIX}_{database}" for database in TABLE[user]}


def test_aggregation_cannot_write_into_another_database(clients: dict[str, Client]) -> None:
    foreign = {"db": f"{PREFIX}_registration", "coll": "models"}
    for stage in ({"$out": foreign}, {"$merge": {"into": foreign}}):
        command = {"aggregate": "reviews", "pipeline": [stage], "cursor": {}}
        assert not _allowed(clients["review"], f"{PREFIX}_review", command)


def test_gateway_has_no_user_and_authentication_is_required(mongo: MongoServer, system: Settings) -> None:
    assert mongo_login(system, "gateway") == {}
    with Client(mongo.url) as nobody:
        for database in (*(f"{PREFIX}_{name}" for name in DATABASES), "admin"):
            with pytest.raises(OperationFailure, match="requires authentication"):
                nobody[database].things.find_one()
    with mongo.client() as server:
        known = {user["user"] for user in server.admin.command("usersInfo")["users"]}
    assert {name for name in known if name.startswith(f"{PREFIX}_")} == {f"{PREFIX}_{u}" for u in USERS}


def test_wrong_password_is_refused(mongo: MongoServer, system: Settings) -> None:
    login = mongo_login(system, "review") | {"password": "x"}
    with (
        Client(mongo.url, **login) as guesser,
        pytest.raises(OperationFailure, match="Authentication failed"),
    ):
        guesser[f"{PREFIX}_review"].things.find_one()


async def test_store_of_a_service_reaches_only_its_own_database(system: Settings) -> None:
    store = Store(system, "review")
    try:
        await store.db.things.insert_one({"_id": 1})
        assert await store.transaction(lambda tx: tx.documents("things").find_one({}))
        with pytest.raises(OperationFailure, match="not authorized on rights_registration"):
            await store.beside("registration").things.find_one()
    finally:
        store.close()


def test_replaced_password_works_and_the_old_one_does_not(
    mongo: MongoServer, secrets: Path, tmp_path: Path
) -> None:
    """Does what `danvan secrets` and a start do after an operator has deleted a password."""
    make_secrets(tmp_path)
    (tmp_path / OUR_MONGO_KEY).write_text((secrets / OUR_MONGO_KEY).read_text())
    settings = Settings(mongo_url=mongo.url, mongo_prefix="rotated", secrets=tmp_path)
    make_users(settings)
    old = mongo_login(settings, "review")
    password = settings.secrets_of("review") / MONGO_PASSWORD
    password.unlink()
    make_secrets(tmp_path)
    make_users(settings)
    make_users(settings)  # a second call changes nothing
    new = mongo_login(settings, "review")
    assert new != old
    with Client(mongo.url, **new) as client:
        client.rotated_review.things.insert_one({})
    with Client(mongo.url, **old) as client, pytest.raises(OperationFailure, match="Authentication failed"):
        client.rotated_review.things.find_one()


def test_administrator_in_the_address_creates_the_users(mongo: MongoServer, tmp_path: Path) -> None:
    """The server belongs to the operator: its replica set has a key that we do not know."""
    make_secrets(tmp_path)
    with mongo.client() as server:
        server.admin.command("createUser", "boss", pwd="b0ss", roles=["userAdminAnyDatabase"])
    without = Settings(mongo_url=mongo.url, mongo_prefix="own", secrets=tmp_path)
    with pytest.raises(NotLetIn, match="danvan provision --users"):
        make_users(without)
    by_boss = mongo.url.replace("//", "//boss:b0ss@").replace("?", "?authSource=admin&")
    make_users(without.model_copy(update={"mongo_url": by_boss}))
    with Client(mongo.url, **mongo_login(without, "review")) as client:
        client.own_review.things.insert_one({})


async def test_message_says_that_the_server_does_not_know_our_users(
    settings: Settings, tmp_path: Path
) -> None:
    make_secrets(tmp_path)
    (tmp_path / "operator" / "nats.seed").write_text(
        (settings.secrets_of("operator") / "nats.seed").read_text()
    )
    stranger = settings.model_copy(update={"secrets": tmp_path})
    with pytest.raises(
        NotLetIn, match=r"MongoDB does not know our users: create them with `danvan provision"
    ):
        await provision(stranger, users=False)
    assert mongo_user(stranger, "review") == f"{settings.mongo_prefix}_review"
