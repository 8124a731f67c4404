"""Models: who hears what."""

from services.kernel.service import Service
from services.registration.models import handlers, messages, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(messages.DraftModel, handlers.draft_model)
    service.does(messages.ReviseModel, handlers.revise_model)
    service.does(messages.SubmitModel, handlers.submit_model)
    service.does(messages.ReturnModel, handlers.return_model)
    service.does(messages.AcceptModel, handlers.accept_model)
    service.does(messages.WithdrawModel, handlers.withdraw_model)
    service.does(messages.BeginModel, handlers.begin_model)
    service.does(messages.NoteProgress, handlers.note_progress)
    service.does(messages.RecordContribution, handlers.record_contribution)
    service.does(messages.SelfAssessModel, handlers.self_assess_model)
    service.does(messages.CarryOverModel, handlers.carry_over_model)
    service.does(messages.ChangeModelLevel, handlers.change_model_level)
    service.does(messages.ChangeModelOwner, handlers.change_model_owner)
    service.does(messages.DiscontinueModel, handlers.discontinue_model)
    service.tells(messages.ModelsPage, handlers.models_page)
    service.tells(messages.ModelsById, handlers.models_by_id)
    service.tells(messages.ModelHistory, handlers.model_history)
    service.tells(messages.ModelNotes, handlers.model_notes)
