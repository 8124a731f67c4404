"""Sends requests with all grants of the caller: own ones and delegated ones, with the units that they inherited."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

import msgspec

from services.kernel.caller import ANYBODY, Caller, Grant
from services.kernel.messages import Command, Query, Refusal, Unavailable
from services.kernel.messaging.client import Client
from services.kernel.rows import Fields
from services.registration.delegations.messages import EffectiveGrants

A = TypeVar("A")

FRESH = 5.0
"""Seconds between two requests for the grants of a caller. A revocation takes effect within this time."""
STALE = 60.0
"""Seconds for which known grants hold while registration does not answer."""
PATIENCE = 1.0
"""Seconds to wait for registration, if the last known grants can be used instead."""
MOST_CALLERS = 4096


class _Known(NamedTuple):
    caller: Caller
    effective: Caller
    at: float
    again: float
    """Time of the next request for the grants, by the monotonic clock."""


class Delegating:
    """A client that sends the effective grants of the caller. The services check the dates of these grants."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[int, _Known] = {}
        self._asking: dict[int, asyncio.Task[Caller]] = {}

    async def ask(
        self,
        message: Command | Query,
        caller: Caller,
        type_: type[A],
        *,
        key: str = "",
        fields: Fields | None = None,
        preview: bool = False,
    ) -> A:
        effective = await self.effective(caller)
        return await self._client.ask(message, effective, type_, key=key, fields=fields, preview=preview)

    async def ask_each(
        self,
        commands: Mapping[str, Command],
        caller: Caller,
        *,
        fields: Fields | None = None,
        preview: bool = False,
    ) -> list[dict[str, Any] | Refusal]:
        effective = await self.effective(caller)
        return await self._client.ask_each(commands, effective, fields=fields, preview=preview)

    async def effective(self, caller: Caller) -> Caller:
        """The caller with their effective grants; the same object if these are their own grants."""
        if caller is ANYBODY:
            return caller
        # Callers are known by identity, because comparing them costs more. A token is verified once, to one object.
        known = self._known.get(id(caller))
        if known and known.caller is caller and time.monotonic() < known.again:
            return known.effective
        asking = self._asking.get(id(caller))
        if asking is None:
            asking = self._asking[id(caller)] = asyncio.create_task(self._look_up(caller))
            asking.add_done_callback(partial(self._answered, caller))
        return await asyncio.shield(asking)

    def _answered(self, caller: Caller, task: asyncio.Task[Caller]) -> None:
        del self._asking[id(caller)]
        if not task.cancelled():
            task.exception()  # the waiting requests get the exception; there may be none left

    async def _look_up(self, caller: Caller) -> Caller:
        known = self._known.get(id(caller))
        now = time.monotonic()
        if known and (known.caller is not caller or now - known.at > STALE):
            known = None
        try:
            # Without known grants, only the client's own time limit applies: a slow answer is better than none.
            async with asyncio.timeout(PATIENCE if known else None):
                grants = await self._client.ask(EffectiveGrants(), caller, tuple[Grant, ...])
        except (TimeoutError, Unavailable) as error:
            if known is None:
                raise Unavailable("registration does not say which grants the caller has") from error
            self._known[id(caller)] = known._replace(again=now + FRESH)
            return known.effective
        if len(self._known) > MOST_CALLERS:
            self._known.clear()
        effective = caller if grants == caller.grants else msgspec.structs.replace(caller, grants=grants)
        if known and known.effective == effective:
            effective = known.effective  # the same object, because caches know callers by identity
        self._known[id(caller)] = _Known(caller, effective, now, now + FRESH)
        return effective
