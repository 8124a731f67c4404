"""What registration does about reorganisations: one function per message."""

from services.kernel.messages import Refused
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import new_id
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
from services.registration.units.repository import Units


async def reorganise_units(command: ReorganiseUnits, tx: Transaction) -> Row:
    await repository.take_turn(tx)
    read = file.read(command.file)
    earlier = await repository.applied(tx, read.digest)
    if earlier:
        raise Refused(
            "already-reorganised",
            "file",
            vi=f"Tệp này đã được áp dụng rồi: {earlier.id}, có hiệu lực từ {earlier.effective_on:%d/%m/%Y}.",
            en=f"This file has been applied already: {earlier.id}, effective from {earlier.effective_on}.",
        )
    made = domain.plan(read, await repository.known(tx, read))
    reorganisation, event = domain.reorganise(read, made, key=new_id(REORGANISATION), at=tx.at)
    units = Units(tx)
    known = await units.known([unit.id for unit in made.units])
    outcomes = [record(known.get(unit.id), unit, at=tx.at) for unit in made.units]
    await units.put_many([outcome for outcome in outcomes if outcome])
    return await Reorganisations(tx).add(reorganisation, event)


async def preview_reorganisation(query: PreviewOfReorganisation, access: Access) -> Rows:
    read = file.read(query.file)
    earlier = await repository.applied(access, read.digest)
    made = domain.Plan() if earlier else domain.plan(read, await repository.known(access, read))
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
