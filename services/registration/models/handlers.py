"""Handlers of models: one function per command or query."""

from collections.abc import Callable
from functools import partial

from services.directory.units import Directory
from services.kernel.messages import Event
from services.kernel.mongo import pages
from services.kernel.mongo.access import Access
from services.kernel.mongo.repository import new_id
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row, Rows
from services.registration.models import contributing, drafting, implementing, moving, registering, repository
from services.registration.models.domain import Model
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
from services.registration.organisations.repository import Owners
from services.registration.programmes.repository import Programmes


async def draft_model(command: DraftModel, tx: Transaction) -> Row:
    owner = await Owners(tx).load(command.owner)
    act = tx.act(command.on, owner.unit)
    model, drafted = drafting.draft(
        key=new_id(MODEL),
        owner=owner,
        unit=await Directory(tx).of(owner, act.on),
        title=command.title,
        summary=command.summary,
        place=command.place,
        target=command.target,
        programme=await Programmes(tx).known(command.programme) if command.programme else None,
        year=command.year,
        field=command.field,
        subject_kind=command.subject_kind,
        act=act,
    )
    return await Models(tx).add(model, drafted)


async def revise_model(command: ReviseModel, tx: Transaction) -> Row:
    models = Models(tx)
    model = await _load(command, models)
    joined = {model.programme, command.programme}
    act = tx.act(command.on, model.unit)
    revised = drafting.revise(
        model,
        unit=await Directory(tx).of(model, act.on),
        title=command.title,
        summary=command.summary,
        place=command.place,
        target=command.target,
        programme=command.programme,
        year=command.year,
        field=command.field,
        subject_kind=command.subject_kind,
        programmes={id_: await Programmes(tx).known(id_) for id_ in joined if id_},
        act=act,
    )
    return await models.save(*revised)


async def submit_model(command: SubmitModel, tx: Transaction) -> Row:
    return await _step(command, tx, registering.submit)


async def return_model(command: ReturnModel, tx: Transaction) -> Row:
    return await _step(command, tx, partial(registering.return_, reason=command.reason))


async def accept_model(command: AcceptModel, tx: Transaction) -> Row:
    models = Models(tx)
    model = await _load(command, models)
    directory, act = Directory(tx), tx.act(command.on, model.unit)
    accepted, event = registering.accept(model, unit=await directory.of(model, act.on), act=act)
    row = await models.save(accepted, event)
    for one in model.stated:
        unit = await directory.of(accepted, one.on)
        accepted, recorded = contributing.record_stated(accepted, one, unit=unit, act=act)
        row = await models.save(accepted, recorded)
    return row


async def withdraw_model(command: WithdrawModel, tx: Transaction) -> Row:
    return await _step(command, tx, partial(registering.withdraw, reason=command.reason))


async def begin_model(command: BeginModel, tx: Transaction) -> Row:
    return await _step(command, tx, implementing.begin)


async def note_progress(command: NoteProgress, tx: Transaction) -> Row:
    return await _step(command, tx, partial(implementing.note, text=command.text))


async def record_contribution(command: RecordContribution, tx: Transaction) -> Row:
    contribute = partial(
        contributing.contribute,
        kind=command.kind,
        amount=command.amount,
        covers=command.covers,
        note=command.note,
    )
    return await _step(command, tx, contribute)


async def self_assess_model(command: SelfAssessModel, tx: Transaction) -> Row:
    return await _step(
        command, tx, partial(implementing.self_assess, rating=command.rating, text=command.text)
    )


async def carry_over_model(command: CarryOverModel, tx: Transaction) -> Row:
    return await _step(command, tx, implementing.carry_over)


async def change_model_level(command: ChangeModelLevel, tx: Transaction) -> Row:
    change = partial(
        moving.change_level, level=command.level, reason=command.reason, document=command.document
    )
    return await _step(command, tx, change)


async def change_model_owner(command: ChangeModelOwner, tx: Transaction) -> Row:
    models = Models(tx)
    # Loaded before the owner: a caller who may not change the model learns nothing of the owner.
    model = await _load(command, models)
    act = tx.act(command.on, model.unit)
    changed = moving.change_owner(
        model,
        unit=await Directory(tx).of(model, act.on),
        owner=await Owners(tx).load(command.owner),
        reason=command.reason,
        document=command.document,
        act=act,
    )
    return await models.save(*changed)


async def discontinue_model(command: DiscontinueModel, tx: Transaction) -> Row:
    return await _step(command, tx, partial(implementing.discontinue, reason=command.reason))


async def models_page(query: ModelsPage, access: Access) -> Rows:
    return await repository.page(access, query)


async def models_by_id(query: ModelsById, access: Access) -> Rows:
    return await pages.by_keys(Models.seen(access), Models.columns, query)


async def model_history(query: ModelHistory, access: Access) -> Rows:
    return await repository.history(access, query)


async def model_notes(query: ModelNotes, access: Access) -> Rows:
    return await repository.history(access, query, ModelStep.NOTE)


async def _load(command: OfModel, models: Models) -> Model:
    return await models.load(command.model, expected=command.expected_version)


async def _step(command: OfModel, tx: Transaction, take: Callable[..., tuple[Model, Event]]) -> Row:
    """Takes a step. The unit under which the model lives must be in force on that day."""
    models = Models(tx)
    model = await _load(command, models)
    act = tx.act(command.on, model.unit)
    unit = await Directory(tx).of(model, act.on)
    return await models.save(*take(model, unit=unit, act=act))
