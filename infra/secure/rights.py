"""Rights of each user on NATS and MongoDB: the least that its work needs, derived from the tables of the services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.secure.accounts import api, ping
from services.catalogue import SERVICES, Catalogue, producers
from services.kernel.credentials import OPERATOR_USER
from services.kernel.log import streams
from services.kernel.log.replay import replay_subject
from services.kernel.public import stream
from services.kernel.sheets import alive
from services.kernel.table import Table

GATEWAY = "gateway"
READ_BY_GATEWAY = ("review",)
"""The services whose events the gateway reads, for subscriptions. It is not a service and so has no table."""


@dataclass(frozen=True, slots=True)
class Rights:
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    responds: bool = False
    """May send one reply to each request it receives, to the reply subject of the request."""

    def __or__(self, other: "Rights") -> "Rights":
        return Rights(
            self.publish + other.publish,
            self.subscribe + other.subscribe,
            self.responds or other.responds,
        )


SENDS_REQUESTS = Rights(publish=("command.>", "query.>"))


def _own_inbox(user: str) -> Rights:
    return Rights(subscribe=(f"_INBOX_{user}.>",))


def _reads(producer: str) -> Rights:
    # A stream is read through a consumer, so the right is to create one. Subscribing to its subjects is not needed.
    its = streams.name(producer)
    return Rights(
        publish=(
            f"$JS.API.CONSUMER.CREATE.{its}",
            f"$JS.API.CONSUMER.INFO.{its}.*",
            f"$JS.API.STREAM.INFO.{its}",
            f"$JS.FC.{its}.>",
            replay_subject(producer),
        ),
        subscribe=(streams.heartbeat_subject(producer),),
    )


def _serves(service: str) -> Rights:
    nudge = streams.nudge_subject(service)
    workers = alive.subject(service)
    return Rights(
        publish=(nudge, workers),
        subscribe=(f"command.{service}.>", f"query.{service}.>", nudge, workers),
        responds=True,
    )


def _announces(producer: str) -> Rights:
    # A producer may create its missing stream. It may not change one: the settings decide what a stream takes in.
    its = streams.name(producer)
    return Rights(
        publish=(
            streams.subjects(producer),
            streams.heartbeat_subject(producer),
            f"$JS.API.STREAM.CREATE.{its}",
            f"$JS.API.STREAM.INFO.{its}",
            f"$JS.API.STREAM.MSG.GET.{its}",
        ),
        subscribe=(replay_subject(producer),),
    )


def _looks_after(producer: str) -> Rights:
    """All rights to its stream, except to publish events to it."""
    its = streams.name(producer)
    kinds = (f"$JS.API.*.*.{its}", f"$JS.API.*.MSG.*.{its}")
    return Rights(
        publish=(*kinds, *(f"{kind}.>" for kind in kinds), replay_subject(producer)),
        subscribe=(streams.subjects(producer), streams.heartbeat_subject(producer)),
    )


def _publishes(service: str) -> Rights:
    """Publishing to its public stream, and creating the stream if it is missing."""
    wanted = ("STREAM.CREATE.", "STREAM.INFO.", "STREAM.MSG.GET.")
    requests = [one for one in api(service) if one.removeprefix(f"{stream.API}.").startswith(wanted)]
    return Rights(publish=(stream.subjects(service), *requests))


def _looks_after_subscribers(services: Catalogue) -> Rights:
    requests = [one for name, table in services.items() if table.publishes for one in api(name)]
    return Rights(publish=(*requests, ping(">")))


def _all(*rights: Rights) -> Rights:
    total = Rights()
    for some in rights:
        total |= some
    return total


def nats_rights(services: Catalogue = SERVICES) -> Mapping[str, Rights]:
    """User → rights on NATS."""
    return {
        GATEWAY: _all(_own_inbox(GATEWAY), SENDS_REQUESTS, *map(_reads, READ_BY_GATEWAY)),
        **{name: _of_service(table) for name, table in services.items()},
        OPERATOR_USER: _all(
            _own_inbox(OPERATOR_USER),
            SENDS_REQUESTS,
            _looks_after_subscribers(services),
            *map(_looks_after, producers(services)),
        ),
    }


def _of_service(table: Table) -> Rights:
    return _all(
        _own_inbox(table.name),
        _serves(table.name),
        *map(_reads, table.hears),
        *([_announces(table.name)] if table.announces else []),
        *([_publishes(table.name)] if table.publishes else []),
    )


RIGHTS = nats_rights()


def mongo_roles(prefix: str, services: Catalogue = SERVICES) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """User → roles in MongoDB. A service has its own database, the operator all. The gateway has no user there."""
    roles = {service: [_may("readWrite", prefix, service)] for service in services}
    roles[OPERATOR_USER] = [
        _may(role, prefix, service)
        for service in (*services, OPERATOR_USER)
        for role in ("readWrite", "dbAdmin")
    ]
    return roles


def _may(role: str, prefix: str, service: str) -> Mapping[str, Any]:
    return {"role": role, "db": f"{prefix}_{service}"}
