"""Organisations: who hears what."""

from services.kernel.service import Service
from services.registration.organisations import events, handlers, repository

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(events.RegisterOrganisation, handlers.register_organisation)
    service.does(events.RenameOrganisation, handlers.rename_organisation)
    service.does(events.EndOrganisation, handlers.end_organisation)
    service.tells(events.OrganisationsPage, handlers.organisations_page)
    service.tells(events.OrganisationsById, handlers.organisations_by_id)
