"""Creates the secrets: a folder for each process, and the files that the servers need."""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nkeys
from joserfc.jwk import OKPKey

from infra.secure.accounts import Subscriber, accounts
from infra.secure.rights import RIGHTS, Rights, mongo_roles
from services.catalogue import SERVICES, Catalogue
from services.kernel.credentials import MONGO_PASSWORD, NATS_SEED, OPERATOR_USER, scram

NATS_USERS = Path("nats-server", "users.conf")
"""It holds no secret: a server needs only public keys, and a user's proof never crosses the network."""
MONGO_KEY = Path("mongod", "key")
"""mongod accepts only a file that no other user can read, so it has a copy of its own."""
OUR_MONGO_KEY = Path(OPERATOR_USER, "mongod.key")
SUBSCRIBERS = "subscribers"
"""The folder with one folder for each subscriber. The operator hands the key in it to the external system."""
PLACE = "place"
"""The file with the number of the subscriber's account."""
ANSWER_WITHIN = "30s"


def make_secrets(folder: Path, rights: Mapping[str, Rights] = RIGHTS, services: Catalogue = SERVICES) -> None:
    """Creates missing secrets and rewrites derived files. To replace a secret, delete its file first."""
    caller = _once(folder / "gateway" / "caller.private.json", new_key)
    for service in services:
        _write(folder / service / "caller.public.json", public_half(caller))
    issuer = _once(folder / OPERATOR_USER / "issuer.private.json", new_key)
    _write(folder / "gateway" / "issuer.public.json", public_half(issuer))
    seeds = {user: _once(folder / user / NATS_SEED, _new_seed) for user in rights}
    publishing = [name for name, table in services.items() if table.publishes]
    _write(folder / NATS_USERS, accounts(_nats_users(rights, seeds), subscribers(folder), publishing))
    for user in mongo_roles("", services):
        _once(folder / user / MONGO_PASSWORD, _new_password)
    _write(folder / MONGO_KEY, _once(folder / OUR_MONGO_KEY, _new_password))


def subscribers(folder: Path) -> list[Subscriber]:
    """The external systems that may read the public streams, sorted by name. `folder`: of all secrets."""
    found = (seed.parent for seed in sorted((folder / SUBSCRIBERS).glob(f"*/{NATS_SEED}")))
    return [
        Subscriber(one.name, int((one / PLACE).read_text()), public_key((one / NATS_SEED).read_text()))
        for one in found
    ]


def add_subscriber(folder: Path, name: str, place: int) -> None:
    """Creates the subscriber's key. `make_secrets` then adds its user. `place`: the number of a free account."""
    _once(folder / SUBSCRIBERS / name / PLACE, lambda: str(place))
    _once(folder / SUBSCRIBERS / name / NATS_SEED, _new_seed)


def remove_subscriber(folder: Path, name: str) -> None:
    """Deletes the subscriber's key. `make_secrets` then removes its user."""
    of_subscriber = folder / SUBSCRIBERS / name
    for file in (NATS_SEED, PLACE):
        (of_subscriber / file).unlink()
    of_subscriber.rmdir()


def mongod_login(folder: Path) -> dict[str, Any]:
    """Login as a member of the replica set, by its key. It has all rights and works before any user exists."""
    return scram("__system", folder / OUR_MONGO_KEY, "local")


def new_key() -> str:
    return json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))


def public_half(private: str) -> str:
    return json.dumps(OKPKey.import_key(json.loads(private)).as_dict(private=False))


def _new_seed() -> str:
    seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
    return seed.decode()


def _new_password() -> str:
    return secrets.token_hex(32)


def _nats_users(rights: Mapping[str, Rights], seeds: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "nkey": public_key(seeds[user]),
            "permissions": {
                "publish": {"allow": rights_.publish},
                "subscribe": {"allow": rights_.subscribe},
                **({"allow_responses": {"max": 1, "expires": ANSWER_WITHIN}} if rights_.responds else {}),
            },
        }
        for user, rights_ in rights.items()
    ]


def public_key(seed: str) -> str:
    """The public nkey of a secret one."""
    key: bytes = nkeys.from_seed(bytearray(seed.encode())).public_key
    return key.decode()


def _once(file: Path, make: Callable[[], str]) -> str:
    """The content of the file, created when missing. When two processes create it, both get the same content."""
    if not file.exists():
        fresh = _beside(file, make())
        try:
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text()


def _write(file: Path, text: str) -> None:
    if not file.exists() or file.read_text() != text:
        _beside(file, text).replace(file)


def _beside(file: Path, text: str) -> Path:
    """A new file with the text. Only its owner can read it."""
    for folder in (file.parent.parent, file.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    return fresh
