"""Creates the users of MongoDB, each with its rights and the password from its folder."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from infra.secure.credentials import OUR_MONGO_KEY, mongod_login
from infra.secure.rights import mongo_roles
from services.catalogue import SERVICES, Catalogue
from services.kernel.config import Settings
from services.kernel.credentials import MONGO_PASSWORD, mongo_user, says_who

Client = MongoClient[dict[str, Any]]
Roles = Sequence[Mapping[str, Any]]

ALREADY_EXISTS = 51003
PATIENCE_MS = 2000


class NotLetIn(Exception):  # noqa: N818 - the message is a sentence for the user
    """The server is reachable and does not let us in."""


def make_users(settings: Settings, services: Catalogue = SERVICES) -> None:
    """Creates missing users, and updates rights and passwords of the others."""
    with _administrator(settings) as client:
        known = {user["user"]: user.get("customData") for user in client.admin.command("usersInfo")["users"]}
        for user, roles in mongo_roles(settings.mongo_prefix, services).items():
            name, password = mongo_user(settings, user), settings.secrets_of(user) / MONGO_PASSWORD
            mark = {"danvan": _mark(password, roles)}
            if known.get(name) != mark:
                _make(client, name, password, roles, mark, new=name not in known)


def _make(
    client: Client, name: str, password: Path, roles: Roles, mark: Mapping[str, str], *, new: bool
) -> None:
    try:
        client.admin.command(
            "createUser" if new else "updateUser",
            name,
            pwd=password.read_text(),
            roles=list(roles),
            mechanisms=["SCRAM-SHA-256"],
            customData=mark,
        )
    except OperationFailure as error:
        if error.code != ALREADY_EXISTS:
            raise
        _make(client, name, password, roles, mark, new=False)


def _mark(password: Path, roles: Roles) -> str:
    """A digest of password and roles: a user with the right mark needs no update. The password is too long to guess."""
    return sha256(password.read_bytes() + msgspec.json.encode(roles)).hexdigest()


@contextmanager
def _administrator(settings: Settings) -> Iterator[Client]:
    """A client that may manage users: the user in the address, the replica set's key, or no user, whichever works."""
    url, secrets = settings.mongo, settings.secrets_folder
    logins: list[dict[str, Any]] = [{}]
    if not says_who(url) and (secrets / OUR_MONGO_KEY).is_file():
        logins.insert(0, mongod_login(secrets))
    for login in logins:
        with Client(url, serverSelectionTimeoutMS=PATIENCE_MS, **login) as client:
            try:
                client.admin.command("usersInfo")
            except OperationFailure:
                continue
            yield client
            return
    raise NotLetIn(
        "This MongoDB does not let us create users. Name an administrator once: "
        "DANVAN_MONGO_URL=mongodb://<administrator>:<password>@<server>/… danvan provision --users"
    )
