"""Corrections of models: the table of messages and their handlers."""

from services.kernel.table import Area, command
from services.registration.corrections import handlers, messages

AREA = Area(
    messages=messages,
    commands=(
        command(messages.CorrectContribution, handlers.correct_contribution),
        command(messages.ReverseContribution, handlers.reverse_contribution),
        command(messages.CorrectModel, handlers.correct_model),
        command(messages.ReverseMerge, handlers.reverse_merge),
        command(messages.CorrectModelStep, handlers.correct_model_step),
    ),
)
