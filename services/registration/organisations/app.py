"""Organisations: the table of messages and their handlers."""

from services.kernel.table import Area, command, query
from services.registration.organisations import handlers, messages, repository

AREA = Area(
    messages=messages,
    commands=(
        command(messages.RegisterOrganisation, handlers.register_organisation),
        command(messages.RenameOrganisation, handlers.rename_organisation),
        command(messages.EndOrganisation, handlers.end_organisation),
        command(messages.MergeOrganisations, handlers.merge_organisations),
    ),
    queries=(
        query(messages.OrganisationsPage, handlers.organisations_page),
        query(messages.OrganisationsById, handlers.organisations_by_id),
    ),
    indexes=repository.INDEXES,
    unscoped=(repository.NAMES, repository.MERGED),
)
