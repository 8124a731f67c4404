"""Reorganisations: the table of messages and their handlers."""

from services.kernel.table import Area, command, query
from services.registration.reorganisations import handlers, messages, repository

AREA = Area(
    messages=messages,
    commands=(command(messages.ReorganiseUnits, handlers.reorganise_units),),
    queries=(
        query(messages.PreviewOfReorganisation, handlers.preview_reorganisation),
        query(messages.ReorganisationsById, handlers.reorganisations_by_id),
        query(messages.ReorganisationsPage, handlers.reorganisations_page),
        query(messages.OpenModelsOfUnits, handlers.open_models_of_units),
    ),
    indexes=repository.INDEXES,
    unscoped=(repository.REORGANISATIONS, repository.TURNS),
)
