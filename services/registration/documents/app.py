"""Governing documents: who hears what."""

from services.kernel.service import Service
from services.registration.documents import events, handlers, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(events.RegisterDocument, handlers.register_document)
    service.tells(events.DocumentsPage, handlers.documents_page)
    service.tells(events.DocumentsById, handlers.documents_by_id)
