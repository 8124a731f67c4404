"""Who a process is to NATS and MongoDB: secrets in a folder of its own, one file each. Read here, made elsewhere."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.kernel.config import Settings

OPERATOR_USER = "operator"
"""The user of operators' commands; every other user is a process."""
NATS_SEED = "nats.seed"
MONGO_PASSWORD = "mongo.password"  # noqa: S105 - a file's name


def says_who(url: str) -> bool:
    """The address names a user, and so holds a secret itself; whoever uses it is that user."""
    return "@" in urlsplit(url).netloc


def nats_login(settings: Settings, user: str) -> dict[str, Any]:
    """The driver's options. The server keeps others out of what lies below the inbox prefix."""
    return {"name": user, "inbox_prefix": f"_INBOX_{user}", "nkeys_seed": nats_seed(settings, user)}


def nats_seed(settings: Settings, user: str) -> str | None:
    """The file with the user's key. None: the address says who we are, or the server need not know."""
    seed = settings.secrets_of(user) / NATS_SEED
    return str(seed) if seed.is_file() and not says_who(settings.nats) else None


def mongo_user(settings: Settings, user: str) -> str:
    """A service is called as its database: several systems may share a server."""
    return f"{settings.mongo_prefix}_{user}"


def mongo_login(settings: Settings, user: str) -> dict[str, Any]:
    """The driver's options; none of them where the address says who we are, or the server need not know."""
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
