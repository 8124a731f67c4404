"""The messages of relations between models, and the subscription that suggests them."""

from collections.abc import Sequence

from services.directory.unit_names import UnitNames
from services.kernel.log.inbox import Handler, Heard
from services.kernel.mongo.transaction import Transaction
from services.kernel.search.answers import Answers
from services.kernel.table import Area, batches, command, query
from services.registration.models.messages import (
    ModelCorrected,
    ModelDrafted,
    ModelOwnerChanged,
    ModelRevised,
)
from services.registration.relations import handlers, messages, repository
from services.registration.search.app import SEARCH

LARGEST_BATCH = 200
"""Models compared in one transaction, at most."""
PAUSE = 0.25
"""Seconds between two batches: a transaction for each draft costs as much as the draft."""
HEARD = (ModelDrafted, ModelRevised, ModelOwnerChanged, ModelCorrected)
"""After these events a model may resemble other models than before."""


def _suggest(search: Answers) -> Handler:
    projection = search.projection
    names = projection.source.text(UnitNames).names

    async def suggest(heard: Sequence[Heard], tx: Transaction) -> None:
        await handlers.suggest(heard, tx, projection.index, names)

    return suggest


AREA = Area(
    messages=messages,
    commands=(
        command(messages.ConfirmRelation, handlers.confirm_relation),
        command(messages.DismissRelation, handlers.dismiss_relation),
        command(messages.AssertRelation, handlers.assert_relation),
    ),
    queries=(
        query(messages.RelationsPage, handlers.relations_page),
        query(messages.RelationsById, handlers.relations_by_id),
        query(messages.RelationsOfModels, handlers.relations_of_models),
        query(messages.LookalikesOfModels, handlers.lookalikes_of_models),
    ),
    subscriptions=(
        batches(
            *HEARD,
            handler=SEARCH.late(_suggest),
            reader="lookalikes",
            limit=LARGEST_BATCH,
            pause=PAUSE,
            ready=SEARCH.late(lambda search: search.projection.reached),
        ),
    ),
    indexes=repository.INDEXES,
)
