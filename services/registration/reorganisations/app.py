"""Reorganisations: who hears what."""

from services.kernel.service import Service
from services.registration.reorganisations import handlers, messages, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(messages.ReorganiseUnits, handlers.reorganise_units)
    service.tells(messages.PreviewOfReorganisation, handlers.preview_reorganisation)
    service.tells(messages.ReorganisationsById, handlers.reorganisations_by_id)
    service.tells(messages.ReorganisationsPage, handlers.reorganisations_page)
    service.tells(messages.OpenModelsOfUnits, handlers.open_models_of_units)
