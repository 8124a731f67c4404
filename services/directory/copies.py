"""The event handler of services that copy both units and organisations."""

from collections.abc import Sequence

from services.directory.organisations import copy_organisations
from services.directory.units import copy_units
from services.kernel.log.inbox import Heard
from services.kernel.mongo.transaction import Transaction


async def copy_directory(heard: Sequence[Heard], tx: Transaction) -> None:
    await copy_units(heard, tx)
    await copy_organisations(heard, tx)
