"""Organisations: who hears what."""

from services.kernel.service import Service
from services.kernel.store import Indexes
from services.registration.organisations import events, handlers

INDEXES: Indexes = {}


def wire(service: Service) -> None:
    service.does(events.RegisterOrganisation, handlers.register_organisation)
    service.tells(events.OrganisationsById, handlers.organisations_by_id)
