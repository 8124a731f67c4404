"""Models: the table of messages and their handlers, and the task that adds up the numbers of their stages."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nats.aio.client import Client

from services.kernel.mongo.transaction import Transaction
from services.kernel.table import Area, Part, Task, command, query
from services.registration.models import handlers, messages, repository
from services.registration.stages import repository as stages

ADD_EVERY = 2.0
"""Seconds between two runs of the task. The more moves wait for it, the more documents a look at a launch reads."""
Transact = Callable[[Callable[[Transaction], Awaitable[Any]]], Awaitable[Any]]


async def _add_moves(transact: Transact, _: Client) -> None:
    await transact(repository.count_owners)
    while True:
        while await transact(stages.add_moves) == stages.MOST_MOVES:
            pass
        await asyncio.sleep(ADD_EVERY)


STAGES = Part(lambda store, _: partial(_add_moves, store.transaction))

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
    tasks=(Task("stages", STAGES.late(lambda add_moves: add_moves)),),
    indexes={**repository.INDEXES, **stages.INDEXES},
    unscoped=(stages.ADDED_UP, stages.OF_OWNERS),
)
