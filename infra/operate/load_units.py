"""Loads the country's units, before and after 2025-07-01, and the decrees since then, by commands of registration."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from infra.operate import decrees
from infra.operate.decrees import Decree
from infra.operate.operator import OPERATOR, asking
from services.kernel.config import Settings
from services.registration.units.domain import LARGEST_BATCH
from services.registration.units.messages import RecordUnits
from services.registration.units.national import national_units


@dataclass(frozen=True)
class LoadedUnits:
    """`units`: their number. `refused`: the decrees that contradict what was entered by other acts."""

    units: int
    refused: list[Decree]


async def load_units(settings: Settings, progress: Callable[[int, int], None]) -> LoadedUnits:
    """A second run changes nothing. `progress` gets the number of units done and the total."""
    units = national_units()
    async with asking(settings) as services:
        for start in range(0, len(units), LARGEST_BATCH):
            command = RecordUnits(units=tuple(units[start : start + LARGEST_BATCH]))
            # The key is a digest of the content: the same units are the same request and get the same reply.
            key = f"units/{hashlib.sha256(msgspec.json.encode(command)).hexdigest()}"
            await services.ask(command, OPERATOR, int, key=key)
            progress(min(start + LARGEST_BATCH, len(units)), len(units))
        refused = await decrees.apply(services)
    return LoadedUnits(len(units), refused)
