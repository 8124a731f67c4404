"""A model on its way to registration: submitted, returned, accepted, withdrawn."""

import msgspec

from services.kernel.act import Act
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.own_work import not_own_work
from services.registration.models.contributing import taken_back
from services.registration.models.domain import (
    Model,
    counted_fields,
    ending,
    event_fields,
    reason_of,
    require_state,
    require_unit,
    stepped,
)
from services.registration.models.messages import (
    ModelAccepted,
    ModelReturned,
    ModelStep,
    ModelSubmitted,
    ModelWithdrawn,
)


def submit(model: Model, *, unit: DatedUnit, act: Act) -> tuple[Model, ModelSubmitted]:
    spell = require_unit(model, unit, act)
    submitted = stepped(
        model,
        ModelStep.SUBMIT,
        act,
        submitted_on=act.on,
        submitted_by=act.by,
        submitted_version=model.next_version,
        submission_recorded_on=act.recorded_on,
        return_reason=None,
    )
    return submitted, ModelSubmitted(**event_fields(submitted, spell, act))


def return_(model: Model, *, unit: DatedUnit, reason: str, act: Act) -> tuple[Model, ModelReturned]:
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.RETURN)
    not_own_work(model.authors, act, "model")
    reason = reason_of(reason, "Lý do trả lại", "The reason for returning it")
    returned = stepped(model, ModelStep.RETURN, act, return_reason=reason)
    return returned, ModelReturned(**event_fields(returned, spell, act), reason=reason)


def accept(model: Model, *, unit: DatedUnit, act: Act) -> tuple[Model, ModelAccepted]:
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.ACCEPT)
    not_own_work(model.authors, act, "model")
    if early := next((one for one in model.stated if one.on < act.on), None):
        raise Refused(
            "result-before-registration",
            "on",
            vi=f"Mô hình nêu kết quả tính đến ngày {early.on:%d/%m/%Y}, trước ngày chấp nhận; "
            "hãy ghi ngày chấp nhận thực tế, hoặc trả lại để bổ sung.",
            en=f"The model states a result of {early.on}, before its acceptance: give the true day of the acceptance.",
        )
    accepted = stepped(
        model,
        ModelStep.ACCEPT,
        act,
        registered_on=act.on,
        registered_version=model.next_version,
        stated=(),
        registered_level=model.dated(model.level, act.on),
    )
    return accepted, ModelAccepted(
        **counted_fields(accepted, spell, act),
        owner=model.owner,
        title=model.title,
        written_by=model.written_by,
        homes=model.homes,
    )


def withdraw(model: Model, *, unit: DatedUnit, reason: str, act: Act) -> tuple[Model, ModelWithdrawn]:
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.WITHDRAW)
    reason = reason_of(reason, "Lý do rút", "The reason for withdrawing it")
    taken = tuple(one.version for one in model.standing)
    end = msgspec.structs.replace(ending(model, reason, act), taken=taken)
    withdrawn = stepped(model, ModelStep.WITHDRAW, act, ended=end)
    return withdrawn, ModelWithdrawn(
        **counted_fields(withdrawn, spell, act),
        reason=reason,
        registered=model.registered_on is not None,
        taken=taken_back(withdrawn),
    )
