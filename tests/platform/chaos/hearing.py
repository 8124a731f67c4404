"""Readers that store the ids of events in the order of arrival."""

from collections.abc import Sequence

from services.kernel.log.inbox import Handler, Heard, Inbox
from services.kernel.mongo.access import Unscoped
from services.kernel.mongo.driver import UpdateOne
from services.kernel.mongo.store import Store
from services.kernel.mongo.transaction import Transaction
from tests.platform.chaos.happenings import PRODUCER, Happened

HEARD = Unscoped("heard", "only the chaos tests read it")
READER = "reporting"
"""The service whose database they use."""


def hearing(name: str) -> Handler:
    async def hear(heard: Sequence[Heard], tx: Transaction) -> None:
        # One array, not a document per event: an event that is applied twice raises no error and shows in the array.
        ids = [one.recorded.id for one in heard]
        effects = {"$push": {"ids": {"$each": ids}}, "$inc": {"batches": 1}}
        await tx.unscoped(HEARD).write([UpdateOne({"_id": name}, effects, upsert=True)])

    return hear


def inbox(store: Store, name: str, handle: Handler) -> Inbox:
    return Inbox(store, PRODUCER, {Happened.subject: Happened}, handle, name=name)
