"""What each user may do: say and hear on NATS, read and write in MongoDB. The least that its work needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.kernel.credentials import OPERATOR_USER
from services.kernel.log import streams

SERVICES = ("registration", "review", "supervision", "reporting")
PRODUCERS = ("registration", "review", "supervision")
"""The services that announce something."""
HEARS: Mapping[str, Sequence[str]] = {
    "gateway": ("review",),
    "registration": ("registration",),
    "review": ("registration",),
    "supervision": ("registration",),
    "reporting": PRODUCERS,
}
"""Whose events each user reads."""


@dataclass(frozen=True, slots=True)
class Rights:
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    responds: bool = False
    """May answer what it was asked, wherever the asker wants the answer, once."""

    def __or__(self, other: "Rights") -> "Rights":
        return Rights(
            self.publish + other.publish,
            self.subscribe + other.subscribe,
            self.responds or other.responds,
        )


ASKS = Rights(publish=("command.>", "query.>"))


def _own_inbox(user: str) -> Rights:
    return Rights(subscribe=(f"_INBOX_{user}.>",))


def _hears(producer: str) -> Rights:
    # To subscribe to a stream's subjects is no way to read it, to make a consumer is: that is what is granted.
    stream = streams.name(producer)
    return Rights(
        publish=(
            f"$JS.API.CONSUMER.CREATE.{stream}",
            f"$JS.API.CONSUMER.INFO.{stream}.*",
            f"$JS.API.STREAM.INFO.{stream}",
            f"$JS.FC.{stream}.>",
            streams.replay_subject(producer),
        ),
        subscribe=(streams.heartbeat_subject(producer),),
    )


def _serves(service: str) -> Rights:
    nudge = streams.nudge_subject(service)
    return Rights(
        publish=(nudge,), subscribe=(f"command.{service}.>", f"query.{service}.>", nudge), responds=True
    )


def _announces(producer: str) -> Rights:
    # It may make its stream when that is gone, and never change it: a stream takes in whatever its settings say.
    stream = streams.name(producer)
    return Rights(
        publish=(
            streams.subjects(producer),
            streams.heartbeat_subject(producer),
            f"$JS.API.STREAM.CREATE.{stream}",
            f"$JS.API.STREAM.INFO.{stream}",
            f"$JS.API.STREAM.MSG.GET.{stream}",
        ),
        subscribe=(streams.replay_subject(producer),),
    )


def _looks_after(producer: str) -> Rights:
    """Everything about its stream but to put events into it."""
    stream = streams.name(producer)
    kinds = (f"$JS.API.*.*.{stream}", f"$JS.API.*.MSG.*.{stream}")
    return Rights(
        publish=(*kinds, *(f"{kind}.>" for kind in kinds), streams.replay_subject(producer)),
        subscribe=(streams.subjects(producer), streams.heartbeat_subject(producer)),
    )


def _all(*rights: Rights) -> Rights:
    total = Rights()
    for some in rights:
        total |= some
    return total


RIGHTS: Mapping[str, Rights] = {
    "gateway": _all(_own_inbox("gateway"), ASKS, *map(_hears, HEARS["gateway"])),
    **{
        service: _all(
            _own_inbox(service),
            _serves(service),
            *map(_hears, HEARS.get(service, ())),
            *([_announces(service)] if service in PRODUCERS else []),
        )
        for service in SERVICES
    },
    OPERATOR_USER: _all(_own_inbox(OPERATOR_USER), ASKS, *map(_looks_after, PRODUCERS)),
}
"""On NATS, by user."""


def mongo_roles(prefix: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """In MongoDB, by user: a service its own database, the operator all of them, the gateway is not known there."""
    roles = {service: [_may("readWrite", prefix, service)] for service in SERVICES}
    roles[OPERATOR_USER] = [
        _may(role, prefix, service)
        for service in (*SERVICES, OPERATOR_USER)
        for role in ("readWrite", "dbAdmin")
    ]
    return roles


def _may(role: str, prefix: str, service: str) -> Mapping[str, Any]:
    return {"role": role, "db": f"{prefix}_{service}"}
