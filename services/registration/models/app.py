"""Models: the table of messages and their handlers."""

from services.kernel.table import Area, command, query
from services.registration.models import handlers, messages, repository

AREA = Area(
    messages=messages,
    commands=(
        command(messages.DraftModel, handlers.draft_model),
        command(messages.ReviseModel, handlers.revise_model),
        command(messages.SubmitModel, handlers.submit_model),
        command(messages.ReturnModel, handlers.return_model),
        command(messages.AcceptModel, handlers.accept_model),
        command(messages.WithdrawModel, handlers.withdraw_model),
        command(messages.BeginModel, handlers.begin_model),
        command(messages.NoteProgress, handlers.note_progress),
        command(messages.RecordContribution, handlers.record_contribution),
        command(messages.SelfAssessModel, handlers.self_assess_model),
        command(messages.CarryOverModel, handlers.carry_over_model),
        command(messages.ChangeModelLevel, handlers.change_model_level),
        command(messages.ChangeModelOwner, handlers.change_model_owner),
        command(messages.DiscontinueModel, handlers.discontinue_model),
    ),
    queries=(
        query(messages.ModelsPage, handlers.models_page),
        query(messages.ModelsById, handlers.models_by_id),
        query(messages.ModelHistory, handlers.model_history),
        query(messages.ModelNotes, handlers.model_notes),
    ),
    indexes=repository.INDEXES,
)
