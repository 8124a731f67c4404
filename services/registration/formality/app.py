"""Formality: who hears what, and the check that comes back again and again."""

import asyncio

from nats.aio.client import Client

from services.kernel.log.inbox import Inbox
from services.kernel.service import Service
from services.registration.formality import handlers, messages, repository

INDEXES = repository.INDEXES
READER = "formality"
CHECK_EVERY = 3600
"""Seconds between two checks for models that have not begun."""


def wire(service: Service) -> None:
    types = {type_.subject: type_ for type_ in handlers.HEARD}
    inbox = Inbox(service.store, service.name, types, handlers.suspect, name=READER)

    async def check(_: Client) -> None:
        while True:
            while await service.store.transaction(handlers.ask_idle):
                pass
            await asyncio.sleep(CHECK_EVERY)

    service.background(READER, inbox.run, lambda: [inbox])
    service.background("formality check", check)
    service.does(messages.AnswerQuestion, handlers.answer_question)
    service.does(messages.SettleQuestion, handlers.settle_question)
    service.tells(messages.QuestionsPage, handlers.questions_page)
    service.tells(messages.QuestionsById, handlers.questions_by_id)
    service.tells(messages.QuestionsOfModels, handlers.questions_of_models)
