"""Marks of data sets that were loaded, so that a later start does not load them again."""

from services.kernel.calendar import moment
from services.kernel.config import Settings
from services.kernel.credentials import OPERATOR_USER
from services.kernel.mongo.store import Store


async def was_loaded(settings: Settings, name: str) -> bool:
    store = Store(settings, OPERATOR_USER)
    try:
        return await store.db.loads.find_one({"_id": name}) is not None
    finally:
        store.close()


async def note_loaded(settings: Settings, name: str) -> None:
    """Call it after the load has settled. An interrupted load has no mark and runs again; nothing changes twice."""
    store = Store(settings, OPERATOR_USER)
    try:
        await store.db.loads.update_one({"_id": name}, {"$set": {"at": moment()}}, upsert=True)
    finally:
        store.close()
