"""Handlers of proposals to correct models and to undo mergers. An approved proposal is judged again and written."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from services.corrections.domain import Correction
from services.corrections.messages import CorrectedFact
from services.corrections.mount import Desk
from services.directory.units import Directory
from services.kernel.act import Act
from services.kernel.mongo.transaction import Transaction
from services.kernel.rows import Row
from services.movement.changes import Change
from services.registration.corrections import domain, merging
from services.registration.corrections.domain import NAMES, Judged
from services.registration.corrections.merging import MergeDraft
from services.registration.corrections.messages import (
    CORRECTIONS,
    CorrectContribution,
    CorrectModel,
    CorrectModelStep,
    ReverseContribution,
    ReverseMerge,
)
from services.registration.models.domain import REVISABLE, Model
from services.registration.models.messages import MODEL
from services.registration.models.repository import Models
from services.registration.programmes.repository import Programmes


@dataclass(frozen=True, slots=True)
class ModelDraft:
    """`models`: the repository that has loaded the model."""

    judged: Judged
    models: Models

    @property
    def record(self) -> Model:
        return self.judged.record

    @property
    def authors(self) -> frozenset[str | None]:
        return self.record.authors

    @property
    def fact(self) -> CorrectedFact:
        return self.judged.fact

    @property
    def fact_version(self) -> int:
        return self.judged.fact_version

    @property
    def reverses(self) -> bool:
        return self.judged.reverses

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.judged.changes

    @property
    def figures(self) -> bool:
        return self.judged.figures

    async def write(self, correction: Correction, act: Act) -> None:
        await self.models.save(*self.judged.applied(correction, act))


async def correct_contribution(command: CorrectContribution, tx: Transaction) -> Row:
    models = Models(tx)
    model = await models.load(command.model, expected=command.expected_version)
    given = {name: getattr(command, name) for name in ("kind", "amount", "covers", "on", "note")}
    judged = await _contribution(model, command.contribution, given, tx)
    return await _propose(command, ModelDraft(judged, models), tx)


async def reverse_contribution(command: ReverseContribution, tx: Transaction) -> Row:
    models = Models(tx)
    model = await models.load(command.model, expected=command.expected_version)
    return await _propose(command, ModelDraft(domain.reversal(model, command.contribution), models), tx)


async def correct_model(command: CorrectModel, tx: Transaction) -> Row:
    models = Models(tx)
    model = await models.load(command.model, expected=command.expected_version)
    given = {name: value for name, value in msgspec.structs.asdict(command).items() if name in REVISABLE}
    return await _propose(command, ModelDraft(await _contents(model, given, tx), models), tx)


async def correct_model_step(command: CorrectModelStep, tx: Transaction) -> Row:
    models = Models(tx)
    model = await models.load(command.model, expected=command.expected_version)
    return await _propose(command, ModelDraft(await _step(model, command.step, command.on, tx), models), tx)


async def reverse_merge(command: ReverseMerge, tx: Transaction) -> Row:
    return await _propose(command, await merging.merged(command.organisation, tx), tx)


async def again(correction: Correction, tx: Transaction) -> ModelDraft | MergeDraft:
    """Judges a proposal against the record as it is now."""
    if correction.fact is CorrectedFact.MERGE:
        return await merging.merged(correction.record, tx)
    models = Models(tx)
    model = await models.load(correction.record)
    given = domain.proposed(correction)
    if correction.fact is CorrectedFact.MODEL:
        judged = await _contents(model, given, tx)
    elif correction.fact is CorrectedFact.STEP:
        (on,) = given.values()
        judged = await _step(model, correction.fact_version, on, tx)
    elif correction.reverses:
        judged = domain.reversal(model, correction.fact_version)
    else:
        judged = await _contribution(model, correction.fact_version, given, tx)
    return ModelDraft(judged, models)


async def authors(record: str, tx: Transaction) -> frozenset[str | None]:
    """The persons and organisations whose work the record is; none for an organisation."""
    if not MODEL.names(record):
        return frozenset()
    return (await Models(tx).load(record)).authors


async def _contribution(model: Model, version: int, given: dict[str, Any], tx: Transaction) -> Judged:
    unit = await Directory(tx).of(model, given.get("on") or tx.today)
    return domain.contribution(model, version, unit=unit, act=tx.act(), **given)


async def _step(model: Model, version: int, on: date, tx: Transaction) -> Judged:
    return domain.step(model, version, unit=await Directory(tx).of(model, on), on=on, act=tx.act())


async def _contents(model: Model, given: dict[str, Any], tx: Transaction) -> Judged:
    joined = {model.programme, given.get("programme")}
    programmes = {id_: await Programmes(tx).known(id_) for id_ in joined if id_}
    return domain.contents(model, programmes=programmes, act=tx.act(), **given)


async def _propose(
    command: CorrectContribution | ReverseContribution | CorrectModel | CorrectModelStep | ReverseMerge,
    draft: ModelDraft | MergeDraft,
    tx: Transaction,
) -> Row:
    return await DESK.propose(draft, reason=command.reason, document=command.document, tx=tx)


DESK = Desk(CORRECTIONS, {**NAMES, **merging.NAMES}, again=again, authors=authors)
