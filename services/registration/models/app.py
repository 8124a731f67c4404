"""Models: who hears what."""

from services.kernel.service import Service
from services.registration.models import events, handlers, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(events.DraftModel, handlers.draft_model)
    service.does(events.ReviseModel, handlers.revise_model)
    service.does(events.SubmitModel, handlers.submit_model)
    service.does(events.ReturnModel, handlers.return_model)
    service.does(events.AcceptModel, handlers.accept_model)
    service.does(events.WithdrawModel, handlers.withdraw_model)
    service.does(events.BeginModel, handlers.begin_model)
    service.does(events.NoteProgress, handlers.note_progress)
    service.does(events.RecordContribution, handlers.record_contribution)
    service.does(events.SelfAssessModel, handlers.self_assess_model)
    service.does(events.CarryOverModel, handlers.carry_over_model)
    service.does(events.ChangeModelLevel, handlers.change_model_level)
    service.does(events.ChangeModelOwner, handlers.change_model_owner)
    service.does(events.DiscontinueModel, handlers.discontinue_model)
    service.tells(events.ModelsPage, handlers.models_page)
    service.tells(events.ModelsById, handlers.models_by_id)
    service.tells(events.ModelHistory, handlers.model_history)
    service.tells(events.ModelNotes, handlers.model_notes)
