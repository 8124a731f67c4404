"""What has been loaded into a database, so that a later start need not load it again."""

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
    """Said only after the load has settled: one that was interrupted is done again, and changes nothing twice."""
    store = Store(settings, OPERATOR_USER)
    try:
        await store.db.loads.update_one({"_id": name}, {"$set": {"at": moment()}}, upsert=True)
    finally:
        store.close()
