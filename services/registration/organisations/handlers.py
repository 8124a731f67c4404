"""Handlers of organisations: one function per command or query."""

import msgspec

from services.directory.units import Directory
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.registration.organisations import domain, repository
from services.registration.organisations.domain import Organisation
from services.registration.organisations.messages import (
    ORGANISATION,
    EndOrganisation,
    MergeOrganisations,
    OrganisationsById,
    OrganisationsPage,
    RegisterOrganisation,
    RenameOrganisation,
)
from services.registration.organisations.repository import Kept, Organisations, Successors


async def register_organisation(command: RegisterOrganisation, tx: Transaction) -> Row:
    organisation, registered = domain.register(
        key=new_id(ORGANISATION),
        name=command.name,
        kind=command.kind,
        unit=await Directory(tx).get(command.unit),
        since=command.since,
        act=tx.act(command.on),
    )
    organisations = Organisations(tx)
    await _refuse_known(organisation, organisations, insist=command.insist)
    return await organisations.add(organisation, registered)


async def rename_organisation(command: RenameOrganisation, tx: Transaction) -> Row:
    organisations = Organisations(tx)
    renamed = domain.rename(
        await organisations.load(command.organisation),
        name=command.name,
        kind=command.kind,
        document=command.document,
        act=tx.act(command.on),
    )
    await _refuse_known(renamed[0], organisations, insist=command.insist)
    return await organisations.save(*renamed)


async def end_organisation(command: EndOrganisation, tx: Transaction) -> Row:
    organisations = Organisations(tx)
    # Loaded before the successor: a caller who may not end the organisation learns nothing of the successor.
    organisation = await organisations.load(command.organisation)
    ended = domain.end(
        organisation,
        successor=await Successors(tx).load(command.successor) if command.successor else None,
        document=command.document,
        act=tx.act(command.on),
    )
    return await organisations.save(*ended)


async def merge_organisations(command: MergeOrganisations, tx: Transaction) -> Row:
    """Answers with the organisation that is kept."""
    organisations, kept = Organisations(tx), Kept(tx)
    # Loaded before the other: a caller who may not change the organisation learns nothing of the other.
    organisation = await organisations.load(command.organisation)
    merged, absorbed = domain.merge(
        organisation,
        into=await kept.load(command.into),
        reason=command.reason,
        document=command.document,
        act=tx.act(),
    )
    await organisations.save(*merged)
    return await kept.save(*absorbed)


async def _refuse_known(organisation: Organisation, organisations: Organisations, *, insist: bool) -> None:
    if not insist and (known := await organisations.namesake(organisation)):
        raise domain.organisation_known(known)


async def organisations_page(query: OrganisationsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def organisations_by_id(query: OrganisationsById, access: Access) -> Rows:
    kept = await repository.kept(access, query.keys)
    query = msgspec.structs.replace(query, keys=tuple(kept.get(key, key) for key in query.keys))
    return await pages.by_keys(Organisations.seen(access), Organisations.columns, query)
