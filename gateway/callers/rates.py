"""Budgets of callers and addresses for each minute: token buckets of this process, in cost.

Each process of a gateway counts for itself. A caller with budget left may begin any operation, even one that costs more
than the rest of the budget. After that, the caller waits until the bucket is above zero again.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

BURST = 15.0
"""Seconds whose budget can be spent at once."""
REMEMBERED = 10_000
"""Buckets in memory. Beyond that the bucket that was idle longest is dropped, so it is full again."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Taken(NamedTuple):
    """`left`: rest of the caller's bucket (None: no limit). `retry_after`: seconds to wait; 0 if the cost was taken."""

    left: int | None
    retry_after: float = 0.0


class Buckets:
    """One bucket for each key. It fills at its rate, up to the budget of `BURST` seconds."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def level(self, key: str, per_minute: int, now: float) -> float:
        found = self._buckets.get(key)
        if found is None:
            return per_minute * BURST / 60
        level, at = found
        return min(per_minute * BURST / 60, level + (now - at) * per_minute / 60)

    def put(self, key: str, level: float, now: float) -> None:
        self._buckets[key] = (level, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)


class Rates:
    """Takes cost from the buckets before the work, and never gives it back. A rate of 0 means no limit."""

    def __init__(self, address_per_minute: int) -> None:
        self._per_address = address_per_minute
        self._callers = Buckets()
        self._addresses = Buckets()

    def take(self, caller: str, address: str, per_minute: int, cost: float, now: float) -> Taken:
        mine = self._callers.level(caller, per_minute, now) if per_minute else 1.0
        place = network(address)
        theirs = self._addresses.level(place, self._per_address, now) if self._per_address else 1.0
        if mine <= 0 or theirs <= 0:
            waits = (_until(mine, per_minute), _until(theirs, self._per_address))
            return Taken(0, max(waits))
        if self._per_address:
            self._addresses.put(place, theirs - cost, now)
        if not per_minute:
            return Taken(None)
        self._callers.put(caller, mine - cost, now)
        return Taken(max(0, int(mine - cost)))


def _until(level: float, per_minute: int) -> float:
    """Seconds until the bucket is above zero."""
    return 0.0 if level > 0 else (1 - level) * 60 / per_minute


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """The network that an address counts for. An IPv6 subscriber has 2⁶⁴ addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found.packed, 64), strict=False))


def networks(text: str) -> tuple[Network, ...]:
    """The networks in `10.0.0.0/8, ::1`; `ValueError` names a text that is none."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def address(peer: str, forwarded: Iterable[str], trusted: tuple[Network, ...]) -> str:
    """Address of the client: `peer`, or if that is a trusted proxy, the client in its `X-Forwarded-For`.

    The header is read from the end. The first address that is no trusted proxy is the client. The client itself may
    have invented all addresses before it.
    """
    if not trusted or not is_within(peer, trusted):
        return peer
    hops = [hop.strip() for value in forwarded for hop in value.split(",") if hop.strip()]
    for hop in reversed(hops):
        if not is_within(hop, trusted):
            return hop if _is_address(hop) else peer
    return hops[0] if hops and _is_address(hops[0]) else peer


def is_within(text: str, trusted: tuple[Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(found in each for each in trusted)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
