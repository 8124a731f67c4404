"""Handlers of delegations: one function per command or query."""

from msgspec.structs import replace

from services.directory.inheritance import Inheritances
from services.directory.units import Directory
from services.kernel.caller import Grant
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.registration.delegations import domain, repository
from services.registration.delegations.messages import (
    DELEGATION,
    DelegateRole,
    DelegationsById,
    DelegationsPage,
    EffectiveGrants,
    RevokeDelegation,
)
from services.registration.delegations.repository import Delegations
from services.registration.organisations.repository import namesakes


async def delegate_role(command: DelegateRole, tx: Transaction) -> Row:
    delegation, delegated = domain.delegate(
        key=new_id(DELEGATION),
        giver=tx.caller,
        to=command.to,
        role=command.role,
        unit=await Directory(tx).get(command.unit),
        since=command.since or tx.today,
        until=command.until,
        act=tx.act(),
    )
    return await Delegations(tx).add(delegation, delegated)


async def revoke_delegation(command: RevokeDelegation, tx: Transaction) -> Row:
    delegations = Delegations(tx)
    delegation = await delegations.load(command.delegation)
    return await delegations.save(*domain.revoke(delegation, act=tx.act()))


async def delegations_page(query: DelegationsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def delegations_by_id(query: DelegationsById, access: Access) -> Rows:
    return await pages.by_keys(Delegations.seen(access), Delegations.columns, query)


async def effective_grants(inheritances: Inheritances, _: EffectiveGrants, access: Access) -> list[Grant]:
    grants = [*access.caller.grants, *await repository.received(access)]
    grants += await namesakes(access, grants)
    units = {unit.id: unit for unit in await Directory(access).many(list({grant.unit for grant in grants}))}
    effective = []
    for grant in grants:
        unit = units.get(grant.unit)
        past = (await inheritances.of(unit, access)).whole if unit else ()
        effective.append(replace(grant, inherited=tuple(one.id for one in past)))
    return effective
