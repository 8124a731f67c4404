"""Governing documents: the table of messages and their handlers."""

from services.kernel.table import Area, command, query
from services.registration.documents import handlers, messages, repository

AREA = Area(
    messages=messages,
    commands=(command(messages.RegisterDocument, handlers.register_document),),
    queries=(
        query(messages.DocumentsPage, handlers.documents_page),
        query(messages.DocumentsById, handlers.documents_by_id),
    ),
    indexes=repository.INDEXES,
    unscoped=(repository.EVERYBODYS,),
)
