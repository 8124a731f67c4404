"""Relations between models: who hears what."""

from collections.abc import Sequence

from services.kernel.log.inbox import Heard, Inbox
from services.kernel.mongo.transaction import Transaction
from services.kernel.service import Service
from services.registration.models.messages import ModelDrafted, ModelOwnerChanged, ModelRevised
from services.registration.relations import handlers, messages, repository
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
    service.does(messages.ConfirmRelation, handlers.confirm_relation)
    service.does(messages.DismissRelation, handlers.dismiss_relation)
    service.does(messages.AssertRelation, handlers.assert_relation)
    service.tells(messages.RelationsPage, handlers.relations_page)
    service.tells(messages.RelationsById, handlers.relations_by_id)
    service.tells(messages.RelationsOfModels, handlers.relations_of_models)
    service.tells(messages.LookalikesOfModels, handlers.lookalikes_of_models)
