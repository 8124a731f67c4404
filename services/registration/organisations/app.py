"""Organisations: who hears what."""

from services.kernel.service import Service
from services.registration.organisations import handlers, messages, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(messages.RegisterOrganisation, handlers.register_organisation)
    service.does(messages.RenameOrganisation, handlers.rename_organisation)
    service.does(messages.EndOrganisation, handlers.end_organisation)
    service.tells(messages.OrganisationsPage, handlers.organisations_page)
    service.tells(messages.OrganisationsById, handlers.organisations_by_id)
