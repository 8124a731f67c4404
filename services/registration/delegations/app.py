"""Delegations: who hears what."""

from services.kernel.service import Service
from services.registration.delegations import events, handlers, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(events.DelegateRole, handlers.delegate_role)
    service.does(events.RevokeDelegation, handlers.revoke_delegation)
    service.tells(events.DelegationsPage, handlers.delegations_page)
    service.tells(events.DelegationsById, handlers.delegations_by_id)
    service.tells(events.GrantsDelegated, handlers.grants_delegated)
