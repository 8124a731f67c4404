"""What registration does about organisations: one function per message."""

from services.kernel import pages
from services.kernel.directory import Directory
from services.kernel.rows import Row, Rows
from services.kernel.store import Access, Transaction, new_id
from services.registration.organisations import domain
from services.registration.organisations.events import (
    OrganisationsById,
    RegisterOrganisation,
)
from services.registration.organisations.repository import Organisations


async def register_organisation(command: RegisterOrganisation, tx: Transaction) -> Row:
    on = command.on or tx.today
    unit = await Directory(tx).in_force(command.unit, on)
    organisation, registered = domain.register(
        key=new_id("o"), name=command.name, kind=command.kind, unit=unit, on=on, today=tx.today, at=tx.at
    )
    return await Organisations(tx).add(organisation, registered)


async def organisations_by_id(query: OrganisationsById, access: Access) -> Rows:
    return await pages.by_keys(Organisations.seen(access), Organisations.columns, query)
