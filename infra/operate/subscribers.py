"""External systems that read the public streams: the operator adds, tests, lists and removes them."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import nats
from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from infra.secure import accounts, credentials
from infra.secure.accounts import NAME, PING, PLACES, ping
from infra.secure.credentials import SUBSCRIBERS, make_secrets, subscribers
from services.catalogue import SERVICES
from services.kernel.calendar import moment
from services.kernel.config import Settings
from services.kernel.credentials import NATS_SEED, OPERATOR_USER, nats_login
from services.kernel.public import cloudevents, stream
from services.kernel.public.events import type_of
from services.kernel.public.published import Published

PATIENCE = 10.0
"""Longest wait, in seconds, until nats-server has read its users again."""
RELOAD = "nats-server does not know it yet: reload nats-server (with containers: `docker compose kill -s HUP nats`)."
EXAMPLE = Path(__file__).parents[2] / "services" / "review" / "contract" / "examples" / "python_nats.py"
PUBLISHING = tuple(name for name, table in SERVICES.items() if table.publishes)


class NoSubscriber(Exception):  # noqa: N818
    """The name is not valid, it is taken already, no subscriber has it, or no account is free."""


@dataclass(frozen=True)
class Place:
    """`read`: the subscriber confirmed all events up to this number. `waiting`: number of events not confirmed."""

    read: int
    waiting: int


@dataclass(frozen=True)
class Subscriber:
    """`places`: service → how far the subscriber has read its public stream; None while it has no consumer there."""

    name: str
    places: dict[str, Place | None]

    @property
    def sentence(self) -> str:
        parts = [
            f"{service}: read up to event {place.read}, {place.waiting} wait"
            if place
            else f"{service}: has not read yet"
            for service, place in self.places.items()
        ]
        return f"{self.name}: {'; '.join(parts)}"


def key_of(settings: Settings, name: str) -> Path:
    """The file with the secret key of the subscriber."""
    return settings.secrets_folder / SUBSCRIBERS / name / NATS_SEED


def example(settings: Settings, name: str) -> str:
    """A program in Python that prints the events, with the address, the key and the name filled in."""
    program = EXAMPLE.read_text(encoding="utf-8")
    given = {
        "nats://127.0.0.1:4222": settings.nats,
        "nats.seed": str(key_of(settings, name)),
        "example": name,
    }
    for shown, meant in given.items():
        program = program.replace(f'"{shown}"', f'"{meant}"', 1)
    return program


async def add(settings: Settings, name: str) -> bool:
    """Creates the subscriber and its key. Returns whether nats-server lets it in; waits up to `PATIENCE` seconds.

    Raises `NoSubscriber` if the name is not valid or is taken, or if no account is free.
    """
    if not NAME.fullmatch(name):
        raise NoSubscriber(
            f"“{name[:40]}” cannot be the name of a subscriber: use 2 to 31 of a-z, 0-9 and -, a letter first."
        )
    known = {one.name: one for one in subscribers(settings.secrets_folder)}
    if name in known:
        raise NoSubscriber(f"There is a subscriber {name} already. Its key: {key_of(settings, name)}")
    place = min({*PLACES} - {one.place for one in known.values()}, default=None)
    if place is None:
        raise NoSubscriber(f"There are {len(PLACES)} subscribers already: remove one first.")
    credentials.add_subscriber(settings.secrets_folder, name, place)
    make_secrets(settings.secrets_folder)
    return await _is_let_in(settings, name, True)


async def remove(settings: Settings, name: str) -> bool:
    """Removes the subscriber, its key and its consumers. Returns whether nats-server shuts it out.

    Waits up to `PATIENCE` seconds. Raises `NoSubscriber` if nobody has the name.
    """
    _known(settings, name)
    user = _user(settings, name)
    credentials.remove_subscriber(settings.secrets_folder, name)
    make_secrets(settings.secrets_folder)
    async with _operator(settings) as operator:
        js = stream.reached(operator)
        for service in PUBLISHING:
            with contextlib.suppress(NotFoundError):
                await js.delete_consumer(stream.name(service), name)
    return await _is_let_in(settings, name, False, user)


async def send_test(settings: Settings, name: str) -> None:
    """Sends the subscriber a test event of the type `ping`. No other subscriber sees it. Its number is 0.

    Raises `NoSubscriber` if nobody has the name.
    """
    place = _known(settings, name).place
    async with _operator(settings) as operator:
        for service in PUBLISHING:
            event = Published(
                id=0,
                event=uuid4().hex,
                type=type_of(service, PING),
                subject=name,
                at=moment(),
                trace=None,
                data={"subscriber": name},
            )
            await operator.publish(
                ping(place), cloudevents.body(event), headers=cloudevents.headers(event, service)
            )
        await operator.flush()


async def found(settings: Settings) -> Sequence[Subscriber]:
    """All subscribers, by name, and how far each has read."""
    names = [one.name for one in subscribers(settings.secrets_folder)]
    async with _operator(settings) as operator:
        return [await _state(operator, name) for name in names]


async def _state(operator: Nats, name: str) -> Subscriber:
    js = stream.reached(operator)
    places: dict[str, Place | None] = {}
    for service in PUBLISHING:
        try:
            info = await js.consumer_info(stream.name(service), name)
        except NotFoundError:
            places[service] = None
            continue
        read = info.ack_floor.stream_seq if info.ack_floor else 0
        places[service] = Place(read, (info.num_pending or 0) + (info.num_ack_pending or 0))
    return Subscriber(name, places)


def _known(settings: Settings, name: str) -> accounts.Subscriber:
    for one in subscribers(settings.secrets_folder):
        if one.name == name:
            return one
    raise NoSubscriber(f"There is no subscriber {name[:40]}.")


@asynccontextmanager
async def _operator(settings: Settings) -> AsyncGenerator[Nats, None]:
    connection = await nats.connect(settings.nats, **nats_login(settings, OPERATOR_USER))
    try:
        yield connection
    finally:
        await connection.close()


def _user(settings: Settings, name: str) -> dict[str, Any]:
    return {"nkeys_seed_str": key_of(settings, name).read_text()}


async def _is_let_in(settings: Settings, name: str, wanted: bool, user: dict[str, Any] | None = None) -> bool:
    """Waits until nats-server has read its users again. Returns whether the user is let in or shut out, as `wanted`."""
    user = user or _user(settings, name)
    until = time.monotonic() + PATIENCE
    while await _enters(settings, user) is not wanted:
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.1)
    return True


async def _enters(settings: Settings, user: dict[str, Any]) -> bool:
    async def quiet(_: Exception) -> None:
        """Logs nothing: `connect` raises the error."""

    connection = Nats()
    try:
        await connection.connect(settings.nats, allow_reconnect=False, error_cb=quiet, **user)
    except (NatsError, OSError):
        return False
    finally:
        await connection.close()
    return True
