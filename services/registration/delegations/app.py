"""Delegations: who hears what."""

from services.kernel.service import Service
from services.registration.delegations import handlers, messages, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(messages.DelegateRole, handlers.delegate_role)
    service.does(messages.RevokeDelegation, handlers.revoke_delegation)
    service.tells(messages.DelegationsPage, handlers.delegations_page)
    service.tells(messages.DelegationsById, handlers.delegations_by_id)
    service.tells(messages.GrantsDelegated, handlers.grants_delegated)
