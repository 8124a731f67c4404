"""Handlers of reorganisations: one function per command or query."""

from functools import partial

from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.kernel.units import UnitOnDay
from services.registration.reorganisations import domain, file, repository
from services.registration.reorganisations.messages import (
    REORGANISATION,
    OpenModelsOfUnits,
    PreviewOfReorganisation,
    ReorganisationsById,
    ReorganisationsPage,
    ReorganiseUnits,
)
from services.registration.reorganisations.repository import PREVIEW, Reorganisations
from services.registration.units.domain import record
from services.registration.units.repository import Units, find


async def reorganise_units(command: ReorganiseUnits, tx: Transaction) -> Row:
    await repository.take_turn(tx)
    read = file.read(command.file)
    units = Units(tx)
    made = domain.plan(read, await repository.known(units.find, read))
    reorganisation, event = domain.reorganise(
        read,
        made,
        applied=await repository.applied(tx, read.digest),
        key=new_id(REORGANISATION),
        act=tx.act(),
    )
    outcomes = [record(units.loaded.get(unit.id), unit, act=tx.act()) for unit in made.units]
    await units.put_many([outcome for outcome in outcomes if outcome])
    return await Reorganisations(tx).add(reorganisation, event)


async def preview_reorganisation(query: PreviewOfReorganisation, access: Access) -> Rows:
    read = file.read(query.file)
    earlier = await repository.applied(access, read.digest)
    made = (
        domain.Plan() if earlier else domain.plan(read, await repository.known(partial(find, access), read))
    )
    day = str(read.effective_on or "")
    old = list(dict.fromkeys(UnitOnDay(line.unit).unit for line in made.lines))
    affected, total = await repository.affected(access, old, day)
    view = PREVIEW.view(query, access.sees)
    view.add(domain.preview(read, made, affected, total, applied=earlier.id if earlier else None))
    return view.rows()


async def reorganisations_by_id(query: ReorganisationsById, access: Access) -> Rows:
    return await pages.by_keys(Reorganisations.seen(access), Reorganisations.columns, query)


async def reorganisations_page(query: ReorganisationsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def open_models_of_units(query: OpenModelsOfUnits, access: Access) -> Rows:
    return await repository.open_models(access, query)
