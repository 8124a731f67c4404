"""The secrets by which a process logs in to NATS and MongoDB: one file each, in the process's own folder.

`infra.secure` creates them; this module only reads them.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.kernel.config import Settings

OPERATOR_USER = "operator"
"""The user of operators' commands; every other user is a process."""
NATS_SEED = "nats.seed"
MONGO_PASSWORD = "mongo.password"  # noqa: S105 - a file's name


def says_who(url: str) -> bool:
    """Whether the address names a user, and so holds a password: the connection logs in as that user."""
    return "@" in urlsplit(url).netloc


def nats_login(settings: Settings, user: str) -> dict[str, Any]:
    """The driver's options. The server lets no other user read replies below the inbox prefix."""
    return {"name": user, "inbox_prefix": f"_INBOX_{user}", "nkeys_seed": nats_seed(settings, user)}


def nats_seed(settings: Settings, user: str) -> str | None:
    """The file with the user's key; None if the address names a user or the server needs no login."""
    seed = settings.secrets_of(user) / NATS_SEED
    return str(seed) if seed.is_file() and not says_who(settings.nats) else None


def mongo_user(settings: Settings, user: str) -> str:
    """The user has the name of its database, as several systems may share a server."""
    return f"{settings.mongo_prefix}_{user}"


def mongo_login(settings: Settings, user: str) -> dict[str, Any]:
    """The driver's options; empty if the address names a user or the server needs no login."""
    password = settings.secrets_of(user) / MONGO_PASSWORD
    if says_who(settings.mongo) or not password.is_file():
        return {}
    return scram(mongo_user(settings, user), password, "admin")


def scram(name: str, password: Path, database: str) -> dict[str, Any]:
    return {
        "username": name,
        "password": password.read_text(),
        "authSource": database,
        "authMechanism": "SCRAM-SHA-256",
    }
