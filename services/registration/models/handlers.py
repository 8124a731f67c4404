"""What registration does about models: one function per message."""

import re
from datetime import date
from functools import partial

from services.kernel import pages
from services.kernel.directory import Directory
from services.kernel.rows import Row, Rows
from services.kernel.store import Access, Noun, Transaction, new_id, not_found
from services.kernel.units import UnitPath
from services.registration.events import field_named
from services.registration.models import domain, repository
from services.registration.models.domain import Act
from services.registration.models.events import (
    AcceptModel,
    DraftModel,
    ModelsById,
    ModelsPage,
    RecordContribution,
    ReturnModel,
    SubmitModel,
)
from services.registration.models.repository import Models
from services.registration.organisations.repository import Owners

_PROGRAMME = re.compile(r"p_[0-9a-f]{24}", re.ASCII)


async def draft_model(command: DraftModel, tx: Transaction) -> Row:
    field = field_named(command.field)
    owner = await Owners(tx).get(command.owner)
    act = _act(command.on, tx)
    unit = await Directory(tx).in_force(UnitPath(owner.unit).unit, act.on, "owner", "on")
    if command.programme is not None and not _PROGRAMME.fullmatch(command.programme):
        raise not_found(Noun("programme", "phong trào, chương trình", "programme"), command.programme)
    model, drafted = domain.draft(
        key=new_id("m"),
        owner=owner.id,
        unit=unit,
        title=command.title,
        summary=command.summary,
        place=command.place,
        target=command.target,
        programme=command.programme,
        year=command.year,
        field=field,
        subject_kind=command.subject_kind,
        act=act,
    )
    return await Models(tx).add(model, drafted)


async def submit_model(command: SubmitModel, tx: Transaction) -> Row:
    act = await _act_in_life(command.model, command.on, tx)
    return await Models(tx).update(command.model, partial(domain.submit, act=act))


async def return_model(command: ReturnModel, tx: Transaction) -> Row:
    act = await _act_in_life(command.model, command.on, tx)
    return await Models(tx).update(command.model, partial(domain.return_, reason=command.reason, act=act))


async def accept_model(command: AcceptModel, tx: Transaction) -> Row:
    act = await _act_in_life(command.model, command.on, tx)
    return await Models(tx).update(command.model, partial(domain.accept, act=act))


async def record_contribution(command: RecordContribution, tx: Transaction) -> Row:
    act = await _act_in_life(command.model, command.on, tx)
    contribute = partial(
        domain.contribute, kind=command.kind, amount=command.amount, note=command.note, act=act
    )
    return await Models(tx).update(command.model, contribute)


async def models_page(query: ModelsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def models_by_id(query: ModelsById, access: Access) -> Rows:
    return await pages.by_keys(Models.seen(access), Models.columns, query)


def _act(on: date | None, tx: Transaction) -> Act:
    own = tx.caller.selves(tx.today)
    return Act(by=tx.caller.id, own=own, on=on or tx.today, today=tx.today, at=tx.at)


async def _act_in_life(model: str, on: date | None, tx: Transaction) -> Act:
    """The day must lie in the life of the unit that the model belongs to."""
    act = _act(on, tx)
    unit = UnitPath((await Models(tx).get(model)).unit).unit
    await Directory(tx).in_force(unit, act.on, "model", "on")
    return act
