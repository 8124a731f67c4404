"""Models: who hears what."""

from services.kernel.service import Service
from services.registration.models import events, handlers, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(events.DraftModel, handlers.draft_model)
    service.does(events.SubmitModel, handlers.submit_model)
    service.does(events.ReturnModel, handlers.return_model)
    service.does(events.AcceptModel, handlers.accept_model)
    service.does(events.RecordContribution, handlers.record_contribution)
    service.tells(events.ModelsPage, handlers.models_page)
    service.tells(events.ModelsById, handlers.models_by_id)
