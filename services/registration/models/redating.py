"""Corrects the days of the steps of a registered model. Each day stays between those of the steps before and after."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import changed
from services.kernel.inputs import happened, not_after, not_before
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.homes import spell_on
from services.movement.words import Level
from services.registration.models.correcting import counted, implemented_in, require_registered
from services.registration.models.domain import Counted, Model
from services.registration.models.messages import ModelState, ModelStep

DAYS = {
    ModelStep.SUBMIT: "submitted_on",
    ModelStep.ACCEPT: "registered_on",
    ModelStep.BEGIN: "begun_on",
    ModelStep.CARRY_OVER: "carried_over_on",
    ModelStep.WITHDRAW: "ended_on",
    ModelStep.DISCONTINUE: "ended_on",
}
"""The steps whose days can be corrected, and the name of each day in the history."""
ENDS = frozenset({ModelStep.WITHDRAW, ModelStep.DISCONTINUE})
ASSESSED = frozenset({ModelState.SELF_ASSESSED, ModelState.DISCONTINUED})
C = TypeVar("C", bound=Counted)


class DatedStep(NamedTuple):
    step: ModelStep
    version: int
    on: date


def dated_step(model: Model, version: int) -> DatedStep:
    """The step that created this version of the model. Refused if the day of that step cannot be corrected."""
    require_registered(model)
    for step in _steps(model):
        if step.version == version:
            return step
    raise Refused(
        "step-not-found",
        "step",
        vi=f"Phiên bản {version} của mô hình không phải là bước gửi, chấp nhận, bắt đầu, chuyển tiếp, rút hay dừng.",
        en=f"Version {version} is not a submission, an acceptance, a start, a continuation or an end.",
    )


def with_day(model: Model, version: int, *, unit: DatedUnit, on: date, act: Act) -> Model:
    """The model with this day of a step. `unit`: the unit to which the model belonged on that day.

    Refused if the day is in the future, or not between the steps before and after.
    """
    step = dated_step(model, version)
    spell_on(model, unit, on, "model", "on")
    happened(on, act.today)
    steps = _steps(model)
    place = steps.index(step)
    is_last = place == len(steps) - 1
    for before in _days_before(model, steps[:place], step, is_last=is_last):
        not_before(on, before)
    for after in _days_after(model, steps[place + 1 :], step):
        not_after(on, after)
    days = _with_day(model, step, on)
    # The last of these steps has led to the present state, unless the owner has assessed the result since.
    if is_last and model.state is not ModelState.SELF_ASSESSED:
        days["state_since"] = on
    return changed(model, **days)


def _with_day(model: Model, step: DatedStep, on: date) -> dict[str, Any]:
    if step.step is ModelStep.SUBMIT:
        return {"submitted_on": on}
    if step.step is ModelStep.ACCEPT:
        level = model.registered_level and _level(model, model.registered_level, step.on, on)
        return {"registered_on": on, "registered_level": level}
    if model.ended and step.step in ENDS:
        return {"ended": _moved(model, model.ended, on)}
    times = tuple(
        _moved(model, time, on) if time.version == step.version else time for time in model.implemented
    )
    return {"implemented": implemented_in(msgspec.structs.replace(model, implemented=times))}


def _moved(model: Model, fact: C, on: date) -> C:
    return msgspec.structs.replace(fact, on=on, level=_level(model, fact.level, fact.on, on))


def _level(model: Model, level: Level, before: date, on: date) -> Level:
    """The level on which a fact of the day `on` counts. A hand-over between `before` and `on` may have changed it."""
    return level if model.home_on(before) == model.home_on(on) else model.dated(model.level, on)


def _steps(model: Model) -> list[DatedStep]:
    """The steps whose days can be corrected, in the order in which they were recorded."""
    found = [
        DatedStep(fact.step, fact.version, fact.on)
        for fact in counted(model).values()
        if fact.step in DAYS and fact.taken is None
    ]
    if model.submitted_on and model.submitted_version:
        found.append(DatedStep(ModelStep.SUBMIT, model.submitted_version, model.submitted_on))
    return sorted(found, key=lambda step: step.version)


def _days_before(
    model: Model, earlier: Sequence[DatedStep], step: DatedStep, *, is_last: bool
) -> list[date | None]:
    if step.step is ModelStep.SUBMIT:
        return [model.drafted_on]
    days: list[date | None] = [model.submitted_on, *(one.on for one in earlier)]
    assessed = model.self_assessment
    if is_last and assessed and model.state is not ModelState.SELF_ASSESSED:
        days.append(assessed.on)
    return days


def _days_after(model: Model, later: Sequence[DatedStep], step: DatedStep) -> list[date]:
    days = [one.on for one in later]
    if step.step is ModelStep.ACCEPT:
        days += [given.on for given in model.standing]
    is_latest_time = bool(model.implemented) and model.implemented[-1].version == step.version
    assessed = model.self_assessment
    if is_latest_time and assessed and model.state in ASSESSED and assessed.on >= step.on:
        days.append(assessed.on)
    return days
