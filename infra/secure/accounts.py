"""The accounts of nats-server: one for Danvan's processes, one for the public streams, and one for each subscriber.

A subscriber's account exports nothing. It imports from the public account the requests that a client needs to read a
stream through a durable consumer. The rights of its user allow only the consumer that has the subscriber's name. So
subscribers can use the default inbox, and cannot see, use or disturb the consumer of another subscriber.

If an account is added to the configuration, nats-server serves it only after a restart; a reload is not enough. So the
configuration always has all accounts for subscribers, and a new subscriber gets a free one.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from services.kernel.public import stream

OURS, PUBLIC = "DANVAN", "PUBLIC"
NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")
"""A subscriber's name. It is a part of subjects, so it has no dots."""
PLACES = range(1, 65)
"""The numbers of the accounts for subscribers."""
PING = "ping"
"""The name of the test event."""
_FOR_US = (
    *("STREAM.CREATE.{stream}", "STREAM.INFO.{stream}", "STREAM.MSG.GET.{stream}", "STREAM.DELETE.{stream}"),
    *("CONSUMER.NAMES.{stream}", "CONSUMER.INFO.{stream}.*", "CONSUMER.DELETE.{stream}.*"),
)
_FOR_ALL = ("STREAM.INFO.{stream}", "STREAM.MSG.GET.{stream}")
_OF_ONE = (
    *("CONSUMER.CREATE.{stream}.{name}", "CONSUMER.CREATE.{stream}.{name}.>"),
    *("CONSUMER.DURABLE.CREATE.{stream}.{name}", "CONSUMER.INFO.{stream}.{name}"),
    *("CONSUMER.DELETE.{stream}.{name}", "CONSUMER.MSG.NEXT.{stream}.{name}"),
)
_WITHOUT_STREAM = ("INFO", "STREAM.NAMES")
"""A client sends INFO first. Without an import of INFO, nats-server answers all requests for the user's own account."""
_SEVERAL_REPLIES = "CONSUMER.MSG.NEXT."

Json = dict[str, Any]


class Subscriber(NamedTuple):
    """`place`: the number of its account. `key`: its public nkey."""

    name: str
    place: int
    key: str


def ping(place: int | str) -> str:
    """The subject of test events for one subscriber. `place`: the number of its account, or `*`, or `>`."""
    return f"danvan.{PING}.{place}"


def api(service: str) -> tuple[str, ...]:
    """The subjects by which Danvan's processes manage the public stream of a service."""
    return tuple(f"{stream.API}.{one.format(stream=stream.name(service))}" for one in _FOR_US)


def accounts(users: Sequence[Json], subscribers: Sequence[Subscriber], publishing: Sequence[str]) -> str:
    """The part of nats-server's configuration with all accounts, as text.

    `users`: of Danvan's processes. `publishing`: the services with a public stream.
    """
    ours = [f"$JS.API.{one.format(stream=stream.name(of))}" for of in publishing for one in _FOR_US]
    ours += [stream.subjects(of) for of in publishing]
    theirs = list(_requests("*", publishing))
    found: Json = {
        OURS: {
            "jetstream": "enabled",
            "users": users,
            "exports": [{"stream": ping("*")}],
            "imports": [_import(subject, to=_renamed(subject)) for subject in ours],
        },
        PUBLIC: {
            "jetstream": "enabled",
            # Every account may import these. The imports, in this file too, decide what each account reaches.
            "exports": [_export(subject) for subject in dict.fromkeys([*ours, *theirs])],
        },
    }
    for place in PLACES:
        found[f"SUBSCRIBER_{place}"] = {
            "users": [_user(one, publishing) for one in subscribers if one.place == place],
            "imports": [
                *(
                    {"stream": {"account": OURS, "subject": ping(place)}, "to": to}
                    for to in _pings(publishing)
                ),
                *map(_import, theirs),
            ],
        }
    return f"accounts: {json.dumps(found, indent=1)}\n"


def _requests(name: str, publishing: Sequence[str]) -> Iterable[str]:
    """The subjects to which a subscriber with this name may publish. The name can be `*`."""
    yield from (f"$JS.API.{one}" for one in _WITHOUT_STREAM)
    for of in publishing:
        yield from (f"$JS.API.{one.format(stream=stream.name(of), name=name)}" for one in _FOR_ALL + _OF_ONE)
        yield f"$JS.ACK.{stream.name(of)}.{name}.>"


def _pings(publishing: Sequence[str]) -> list[str]:
    return [stream.subjects(of).replace(">", PING) for of in publishing]


def _user(one: Subscriber, publishing: Sequence[str]) -> Json:
    may = {
        "publish": {"allow": list(_requests(one.name, publishing))},
        "subscribe": {"allow": ["_INBOX.>", *_pings(publishing)]},
    }
    return {"nkey": one.key, "permissions": may}


def _export(subject: str) -> Json:
    return {"service": subject, **({"response_type": "stream"} if _SEVERAL_REPLIES in subject else {})}


def _import(subject: str, to: str = "") -> Json:
    return {"service": {"account": PUBLIC, "subject": subject}, **({"to": to} if to else {})}


def _renamed(subject: str) -> str:
    return subject.replace("$JS.API", stream.API, 1) if subject.startswith("$JS.API") else ""
