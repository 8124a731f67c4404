"""What registration does about models: one function per message."""

from collections.abc import Callable
from datetime import date
from functools import partial

from services.directory.units import Directory
from services.kernel.messages import Event
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.aggregates import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.kernel.units import UnitPath
from services.movement.words import field_named
from services.registration.models import domain, repository
from services.registration.models.domain import Act, Model
from services.registration.models.messages import (
    MODEL,
    AcceptModel,
    BeginModel,
    CarryOverModel,
    ChangeModelLevel,
    ChangeModelOwner,
    DiscontinueModel,
    DraftModel,
    ModelHistory,
    ModelNotes,
    ModelsById,
    ModelsPage,
    ModelStep,
    NoteProgress,
    OfModel,
    RecordContribution,
    ReturnModel,
    ReviseModel,
    SelfAssessModel,
    SubmitModel,
    WithdrawModel,
)
from services.registration.models.repository import Models
from services.registration.organisations.domain import in_being
from services.registration.organisations.repository import Owners
from services.registration.programmes.repository import Programmes


async def draft_model(command: DraftModel, tx: Transaction) -> Row:
    field = field_named(command.field)
    owner = await Owners(tx).get(command.owner)
    act = _act(command.on, tx)
    unit = await Directory(tx).in_force(UnitPath(owner.unit).unit, act.on, "owner", "on")
    in_being(owner, act.on, "owner", "on")
    programme = await Programmes(tx).known(command.programme) if command.programme else None
    model, drafted = domain.draft(
        key=new_id(MODEL),
        owner=owner.id,
        unit=unit,
        title=command.title,
        summary=command.summary,
        place=command.place,
        target=command.target,
        programme=programme,
        year=command.year,
        field=field,
        subject_kind=command.subject_kind,
        act=act,
    )
    return await Models(tx).add(model, drafted)


async def revise_model(command: ReviseModel, tx: Transaction) -> Row:
    belongs = (await Models(tx).get(command.model)).programme
    joined = {id_: await Programmes(tx).known(id_) for id_ in {belongs, command.programme} if id_}
    revise = partial(
        domain.revise,
        title=command.title,
        summary=command.summary,
        place=command.place,
        target=command.target,
        programme=command.programme,
        year=command.year,
        field=None if command.field is None else field_named(command.field),
        subject_kind=command.subject_kind,
        programmes=joined,
    )
    return await _update(command, tx, revise)


async def submit_model(command: SubmitModel, tx: Transaction) -> Row:
    return await _update(command, tx, domain.submit)


async def return_model(command: ReturnModel, tx: Transaction) -> Row:
    return await _update(command, tx, partial(domain.return_, reason=command.reason))


async def accept_model(command: AcceptModel, tx: Transaction) -> Row:
    return await _update(command, tx, domain.accept)


async def withdraw_model(command: WithdrawModel, tx: Transaction) -> Row:
    return await _update(command, tx, partial(domain.withdraw, reason=command.reason), after_unit=True)


async def begin_model(command: BeginModel, tx: Transaction) -> Row:
    return await _update(command, tx, domain.begin)


async def note_progress(command: NoteProgress, tx: Transaction) -> Row:
    return await _update(command, tx, partial(domain.note, text=command.text))


async def record_contribution(command: RecordContribution, tx: Transaction) -> Row:
    contribute = partial(
        domain.contribute, kind=command.kind, amount=command.amount, covers=command.covers, note=command.note
    )
    return await _update(command, tx, contribute)


async def self_assess_model(command: SelfAssessModel, tx: Transaction) -> Row:
    assess = partial(domain.self_assess, rating=command.rating, text=command.text)
    return await _update(command, tx, assess)


async def carry_over_model(command: CarryOverModel, tx: Transaction) -> Row:
    return await _update(command, tx, domain.carry_over)


async def change_model_level(command: ChangeModelLevel, tx: Transaction) -> Row:
    change = partial(
        domain.change_level, level=command.level, reason=command.reason, document=command.document
    )
    return await _update(command, tx, change)


async def change_model_owner(command: ChangeModelOwner, tx: Transaction) -> Row:
    # Whoever may not change the model is told nothing of the owner.
    await Models(tx).get(command.model)
    owner = await Owners(tx).get(command.owner)
    in_being(owner, command.on or tx.today, "owner", "on")
    change = partial(domain.change_owner, owner=owner.id, reason=command.reason, document=command.document)
    return await _update(command, tx, change, after_unit=True)


async def discontinue_model(command: DiscontinueModel, tx: Transaction) -> Row:
    return await _update(command, tx, partial(domain.discontinue, reason=command.reason), after_unit=True)


async def models_page(query: ModelsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def models_by_id(query: ModelsById, access: Access) -> Rows:
    return await pages.by_keys(Models.seen(access), Models.columns, query)


async def model_history(query: ModelHistory, access: Access) -> Rows:
    return await repository.history(access, query)


async def model_notes(query: ModelNotes, access: Access) -> Rows:
    return await repository.history(access, query, ModelStep.NOTE)


def _act(on: date | None, tx: Transaction) -> Act:
    own = tx.caller.selves(tx.today)
    return Act(by=tx.caller.id, own=own, on=on or tx.today, today=tx.today, at=tx.at)


async def _update(
    command: OfModel, tx: Transaction, change: Callable[..., tuple[Model, Event]], *, after_unit: bool = False
) -> Row:
    """The day must lie in the life of the unit that the model belongs to, but for what may come `after_unit`."""
    act = _act(command.on, tx)
    models = Models(tx)
    if not after_unit:
        unit = UnitPath((await models.get(command.model)).unit).unit
        await Directory(tx).in_force(unit, act.on, "model", "on")
    return await models.update(command.model, partial(change, act=act), expected=command.expected_version)
