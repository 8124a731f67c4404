"""Reorganisations: who hears what."""

from services.kernel.service import Service
from services.registration.reorganisations import events, handlers, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(events.ReorganiseUnits, handlers.reorganise_units)
    service.tells(events.PreviewReorganisation, handlers.preview_reorganisation)
    service.tells(events.ReorganisationsById, handlers.reorganisations_by_id)
    service.tells(events.ReorganisationsPage, handlers.reorganisations_page)
    service.tells(events.OpenModelsOfUnits, handlers.open_models_of_units)
