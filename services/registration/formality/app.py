"""Formality: the table of its messages, and its periodic check."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from nats.aio.client import Client

from services.kernel.mongo.transaction import Transaction
from services.kernel.table import Area, Part, Task, batches, command, query
from services.registration.formality import handlers, messages, repository

CHECK_EVERY = 3600
"""Seconds between two checks for models that have not begun."""


Transact = Callable[[Callable[[Transaction], Awaitable[int]]], Awaitable[int]]


async def _check(transact: Transact, _: Client) -> None:
    """Opens questions about registered models that should have begun by today."""
    while True:
        while await transact(handlers.ask_idle):
            pass
        await asyncio.sleep(CHECK_EVERY)


CHECK = Part(lambda store, _: partial(_check, store.transaction))

AREA = Area(
    messages=messages,
    commands=(
        command(messages.AnswerQuestion, handlers.answer_question),
        command(messages.SettleQuestion, handlers.settle_question),
    ),
    queries=(
        query(messages.QuestionsPage, handlers.questions_page),
        query(messages.QuestionsById, handlers.questions_by_id),
        query(messages.QuestionsOfModels, handlers.questions_of_models),
    ),
    subscriptions=(
        batches(*handlers.HEARD, handler=handlers.suspect, reader="formality"),
        batches(*handlers.HEARD_LATER, handler=handlers.suspect, reader="formality-corrections"),
    ),
    tasks=(Task("formality check", CHECK.late(lambda check: check)),),
    indexes=repository.INDEXES,
    fills=repository.FILLS,
    unscoped=(repository.GROUPS, repository.DUE),
)
