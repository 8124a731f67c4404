"""Backs up and restores the database of one service, as operators do with their own tools."""

from collections.abc import Mapping, Sequence

from services.kernel.mongo.access import Access
from services.kernel.mongo.driver import Document
from services.kernel.mongo.store import Store

Backup = Mapping[str, Sequence[Document]]
"""Collection → documents, all as of one moment."""


async def back_up(store: Store) -> Backup:
    names = await _collections(store)

    async def read(snapshot: Access) -> Backup:
        return {name: [d async for d in store.db[name].find(session=snapshot.session)] for name in names}

    return await store.snapshot(store.ours(), read)


async def restore(store: Store, backup: Backup) -> None:
    """While no process uses the database. As with `mongorestore --drop`, collections that the backup lacks stay."""
    for name, documents in backup.items():
        await store.db[name].delete_many({})
        if documents:
            await store.db[name].insert_many(documents)


async def _collections(store: Store) -> list[str]:
    return [name for name in await store.db.list_collection_names() if not name.startswith("system.")]
