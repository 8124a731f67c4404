"""Relations between models: who hears what."""

from collections.abc import Sequence

from services.kernel.inbox import Heard, Inbox
from services.kernel.service import Service
from services.kernel.store import Transaction
from services.registration.models.events import ModelDrafted, ModelOwnerChanged, ModelRevised
from services.registration.relations import events, handlers, repository
from services.registration.search.projection import PRODUCER, Projection

INDEXES = repository.INDEXES
READER = "lookalikes"
AT_ONCE = 200
"""Models compared in one transaction."""
HEARD = (ModelDrafted, ModelRevised, ModelOwnerChanged)
"""After these, a model may be alike to others than before."""


def wire(service: Service, search: Projection) -> None:
    async def suggest(heard: Sequence[Heard], tx: Transaction) -> None:
        await handlers.suggest(heard, tx, search.index, search.sources.names)

    types = {type_.subject: type_ for type_ in HEARD}
    inbox = Inbox(service.store, PRODUCER, types, suggest, name=READER, limit=AT_ONCE, ready=search.reached)
    service.background(READER, inbox.run, lambda: [inbox])
    service.does(events.ConfirmRelation, handlers.confirm_relation)
    service.does(events.DismissRelation, handlers.dismiss_relation)
    service.does(events.AssertRelation, handlers.assert_relation)
    service.tells(events.RelationsPage, handlers.relations_page)
    service.tells(events.RelationsById, handlers.relations_by_id)
    service.tells(events.RelationsOfModels, handlers.relations_of_models)
    service.tells(events.LookalikesOfModels, handlers.lookalikes_of_models)
