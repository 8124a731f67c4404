"""Governing documents: who hears what."""

from services.kernel.service import Service
from services.registration.documents import handlers, messages, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(messages.RegisterDocument, handlers.register_document)
    service.tells(messages.DocumentsPage, handlers.documents_page)
    service.tells(messages.DocumentsById, handlers.documents_by_id)
