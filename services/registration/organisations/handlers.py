"""What registration does about organisations: one function per message."""

from functools import partial

from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.registration.organisations import domain, repository
from services.registration.organisations.messages import (
    ORGANISATION,
    EndOrganisation,
    OrganisationsById,
    OrganisationsPage,
    RegisterOrganisation,
    RenameOrganisation,
)
from services.registration.organisations.repository import Organisations, Successors


async def register_organisation(command: RegisterOrganisation, tx: Transaction) -> Row:
    on = command.on or tx.today
    unit = await Directory(tx).in_force(command.unit, on)
    organisation, registered = domain.register(
        key=new_id(ORGANISATION),
        name=command.name,
        kind=command.kind,
        unit=unit,
        on=on,
        since=command.since,
        today=tx.today,
        at=tx.at,
    )
    return await Organisations(tx).add(organisation, registered)


async def rename_organisation(command: RenameOrganisation, tx: Transaction) -> Row:
    rename = partial(
        domain.rename,
        name=command.name,
        kind=command.kind,
        document=command.document,
        on=command.on or tx.today,
        today=tx.today,
        at=tx.at,
    )
    return await Organisations(tx).update(command.organisation, rename)


async def end_organisation(command: EndOrganisation, tx: Transaction) -> Row:
    organisations = Organisations(tx)
    # Whoever may not change it is told nothing of the other.
    await organisations.get(command.organisation)
    successor = await Successors(tx).get(command.successor) if command.successor else None
    end = partial(
        domain.end,
        successor=successor,
        document=command.document,
        on=command.on or tx.today,
        today=tx.today,
        at=tx.at,
    )
    return await organisations.update(command.organisation, end)


async def organisations_page(query: OrganisationsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def organisations_by_id(query: OrganisationsById, access: Access) -> Rows:
    return await pages.by_keys(Organisations.seen(access), Organisations.columns, query)
