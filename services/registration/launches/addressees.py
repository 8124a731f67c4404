"""The units that a launch addresses, kept in memory until any unit changes.

Reading the 3,321 communes of a launch over the whole country from the directory takes as long as 300 other queries.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from services.directory import lineage
from services.directory.units import Directory, mark
from services.kernel.mongo.access import Access
from services.kernel.units import COUNTRY, UnitLevel, UnitPath
from services.registration.launches.domain import Launch

MOST_UNITS = 100_000
"""Addressed units kept in memory, of all launches together; each takes about 500 bytes."""


class Addressed(NamedTuple):
    """An addressed unit. `segments`: of its path on the day of the launch. `since`: since when it was so, if known.

    `ended_on`: first day without it.

    `heirs`, of a unit that has ended: the id of each unit that holds its territory, and whether it holds all of it.
    """

    id: str
    segments: tuple[str, ...]
    since: date | None = None
    ended_on: date | None = None
    heirs: tuple[tuple[str, bool], ...] = ()


class _Key(NamedTuple):
    """`mark`: of the directory of units that they were read from."""

    mark: str
    unit: str
    level: UnitLevel
    on: date
    as_of: date


class Addressees:
    def __init__(self, most: int = MOST_UNITS) -> None:
        self._most = most
        self._known: OrderedDict[_Key, list[Addressed]] = OrderedDict()
        """The longest unused first."""
        self._reading: dict[_Key, asyncio.Task[list[Addressed]]] = {}

    async def seen(self, launch: Launch, access: Access) -> Sequence[Addressed]:
        """The addressed units that the caller may see, by code."""
        addressed = await self.all(launch, access)
        scope = access.scope.units
        if scope is None or COUNTRY in scope:
            return addressed
        return [one for one in addressed if not scope.isdisjoint(one.segments)]

    async def all(self, launch: Launch, access: Access) -> Sequence[Addressed]:
        """The units of the launch's level, by code: a launch addresses them, or organisations that they have."""
        key = _Key(
            await mark(access),
            launch.launched_in,
            launch.level,
            launch.launched_on,
            launch.as_of(access.today),
        )
        addressed = self._known.get(key)
        if addressed is None:
            # Callers who ask at the same moment wait for one reading.
            if (reading := self._reading.get(key)) is None:
                reading = self._reading[key] = asyncio.create_task(self._read(key, access))
            addressed = await asyncio.shield(reading)
        else:
            self._known.move_to_end(key)
        return addressed

    async def _read(self, key: _Key, access: Access) -> list[Addressed]:
        try:
            addressed = await _addressed(key, access)
        finally:
            del self._reading[key]
        self._known[key] = addressed
        kept = sum(map(len, self._known.values()))
        while kept > self._most and len(self._known) > 1:
            kept -= len(self._known.popitem(last=False)[1])
        return addressed


async def _addressed(key: _Key, access: Access) -> list[Addressed]:
    directory = Directory(access)
    above = await directory.get(key.unit)
    found = await directory.below(above, key.on, key.level, including=True)
    ended = [unit for unit in found if not unit.at(key.as_of)]
    succession = await lineage.succession(ended, directory.came_of)
    addressed = []
    for unit in found:
        spell = unit.in_force(key.on)
        segments = UnitPath(spell.path).segments
        if unit.at(key.as_of):
            one = Addressed(unit.id, segments, spell.since)
        else:
            heirs = await lineage.later(unit, key.on, key.as_of, succession)
            territory = tuple((heir.unit.id, heir.whole) for heir in heirs)
            one = Addressed(unit.id, segments, spell.since, unit.spells[-1].until, territory)
        addressed.append((spell.code, unit.id, one))
    return [one for *_, one in sorted(addressed, key=lambda row: row[:2])]
