"""The units of the whole country as a service keeps them, without registration and its events."""

from collections.abc import Sequence
from functools import partial

from services.directory.units import keep_units
from services.kernel.caller import OURSELVES
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from services.kernel.units import DatedUnit
from services.registration.units.domain import LARGEST_BATCH
from services.registration.units.national import national_units


async def keep_country(store: Store) -> None:
    """In batches: on a slow machine, all units outlast the 5 seconds of a transaction."""
    units = national_units()
    for start in range(0, len(units), LARGEST_BATCH):
        await store.transaction(partial(_keep, units[start : start + LARGEST_BATCH]), caller=OURSELVES)


async def _keep(units: Sequence[DatedUnit], tx: Transaction) -> None:
    await keep_units(units, tx)
