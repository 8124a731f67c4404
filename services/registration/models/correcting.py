"""Facts of a registered model corrected or reversed, and the differences of figures that follow.

A correction mends what was never true: the corrected value counts on the day of the fact itself, and the value that it
replaces is struck from there.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import changed
from services.kernel.inputs import happened, not_before
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.changes import Change, Restated, changes, restated
from services.movement.homes import spell_on
from services.movement.words import ContributionKind, Covers
from services.movement.years import from_year
from services.registration.models import contributing, drafting
from services.registration.models.domain import Implemented, Model
from services.registration.models.messages import (
    Contribution,
    CountedFact,
    ModelCorrected,
    ModelState,
    ModelStep,
)
from services.registration.programmes.domain import Programme

CONTRIBUTED = ("kind", "amount", "covers", "on", "note")
"""The values of a contribution that can be corrected."""
OF_LAUNCHES = ("programme", "year", "submitted_on")
"""Fields by which launches count a model."""
MOST_RESTATED = 10_000
"""Counted facts that all corrections of a model may strike and add, at most."""


def counted(model: Model) -> dict[tuple[ModelStep, int, int | None], CountedFact]:
    """The facts of the model that reports count, by step, version and contribution that is taken back."""

    def fact(step: ModelStep, version: int, on: date, level: Any, **more: Any) -> CountedFact:
        of_model = {"field": model.field, "subject_kind": model.subject_kind, "year": model.year}
        return CountedFact(step=step, version=version, on=on, level=level, **{**of_model, **more})

    found = []
    if model.registered_version and model.registered_on:
        found.append(
            fact(ModelStep.ACCEPT, model.registered_version, model.registered_on, model.registered_level)
        )
        if model.ended:
            withdrawn = model.state is ModelState.WITHDRAWN
            step = ModelStep.WITHDRAW if withdrawn else ModelStep.DISCONTINUE
            last = model.implemented[-1] if model.implemented else None
            found.append(
                fact(
                    step,
                    model.ended.version,
                    model.ended.on,
                    model.ended.level,
                    implemented_year=last and last.counted_in,
                    implemented_level=last and last.level,
                )
            )
    for time in model.implemented:
        step = ModelStep.CARRY_OVER if time.carried else ModelStep.BEGIN
        found.append(fact(step, time.version, time.on, time.level))
    found += [
        fact(
            ModelStep.CONTRIBUTE,
            given.version,
            given.on,
            given.level,
            field=given.field,
            subject_kind=given.subject_kind,
            kind=given.kind,
            amount=given.amount,
            covers=given.covers,
            year=None,
        )
        for given in model.standing
    ]
    found += contributing.taken_back(model)
    return {(one.step, one.version, one.taken): one for one in found}


def contribution(model: Model, version: int) -> Contribution:
    """The contribution that this version of the model recorded; refused if it was reversed."""
    found = next((one for one in model.contributions if one.version == version), None)
    if found is None:
        raise Refused(
            "contribution-not-found",
            "contribution",
            vi=f"Mô hình không có lần ghi nhận nguồn lực nào ở phiên bản {version}.",
            en=f"The model has no contribution of version {version}.",
        )
    if found.reversed_version:
        raise Refused(
            "contribution-reversed",
            "contribution",
            vi="Lần ghi nhận này đã bị hủy bỏ.",
            en="This contribution has been reversed.",
        )
    return found


def with_contribution(
    model: Model,
    version: int,
    *,
    unit: DatedUnit,
    kind: ContributionKind | None = None,
    amount: str | None = None,
    covers: Covers | None = None,
    on: date | None = None,
    note: str | None = None,
    act: Act,
) -> Model:
    """The model with these values of the contribution; None leaves a value as it is."""
    now = contribution(model, version)
    kind = kind or now.kind
    if covers is None and kind is ContributionKind.MONEY:
        covers = now.covers
    if on is not None and on != now.on:
        spell_on(model, unit, on, "model", "on")
        happened(on, act.today)
        not_before(on, model.registered_on)
    mended = msgspec.structs.replace(
        now,
        **contributing.given(
            kind=kind, amount=f"{now.amount:f}" if amount is None else amount, covers=covers
        ),
        on=on or now.on,
        note=now.note if note is None else contributing.note_of_contribution(note),
        corrected_version=model.next_version,
    )
    return _with(model, now, mended)


def without_contribution(model: Model, version: int) -> Model:
    now = contribution(model, version)
    return _with(model, now, msgspec.structs.replace(now, reversed_version=model.next_version))


def with_fields(model: Model, *, programmes: Mapping[str, Programme], act: Act, **given: Any) -> Model:
    """The registered model with these contents. The corrected field and subject hold for its contributions too."""
    require_registered(model)
    mended = changed(model, **drafting.contents(model, programmes=programmes, act=act, **given))
    return msgspec.structs.replace(
        mended,
        implemented=implemented_in(mended),
        contributions=tuple(
            msgspec.structs.replace(one, field=mended.field, subject_kind=mended.subject_kind)
            for one in mended.contributions
        ),
    )


def implemented_in(model: Model) -> tuple[Implemented, ...]:
    """The times of its implementation, each in the year that it counts in by the model's year."""
    times = tuple(
        msgspec.structs.replace(one, year=from_year(one.on, model.year).year) for one in model.implemented
    )
    years = [one.counted_in for one in times]
    if len(set(years)) < len(years):
        raise Refused(
            "already-this-year",
            "year",
            vi=f"Với năm đăng ký {model.year}, mô hình được tính là triển khai hai lần trong một năm.",
            en=f"Registered for {model.year}, the model would count as implemented twice in one year.",
        )
    return times


def moves_figures(before: Model, after: Model) -> bool:
    """Whether reports, or the numbers of launches, count the model otherwise after the correction."""
    return counted(before) != counted(after) or bool(changes(before, after, OF_LAUNCHES))


def correct(
    before: Model,
    after: Model,
    *,
    correction: Mapping[str, Any],
    of: tuple[Change, ...],
    act: Act,
) -> tuple[Model, ModelCorrected]:
    """Announces the correction. `after`: the next version of `before`. `of`: the changes.

    `correction`: the fields of the event that name the correction and the persons.
    """
    struck, added = restated(counted(before), counted(after))
    entries = after.restated
    if struck or added:
        entries = (*entries, Restated(version=after.version, on=act.today, struck=struck, counted=added))
    if sum(len(one.struck) + len(one.counted) for one in entries) > MOST_RESTATED:
        raise Refused(
            "too-many-corrections",
            "model",
            vi="Mô hình này đã được đính chính quá nhiều lần.",
            en="This model has been corrected too many times.",
        )
    corrected = msgspec.structs.replace(after, restated=entries)
    return corrected, ModelCorrected(
        key=before.id,
        version=corrected.version,
        at=act.at,
        unit=before.unit,
        on=act.today,
        changes=of,
        struck=struck,
        counted=added,
        counted_in=corrected.implemented[-1].counted_in if corrected.implemented else corrected.year,
        title=corrected.title,
        field=corrected.field,
        subject_kind=corrected.subject_kind,
        made_under=before.unit,
        homes=before.homes,
        **correction,
    )


def _with(model: Model, before: Contribution, after: Contribution) -> Model:
    """The next version of the model, with `after` in the place of `before`."""
    mended = tuple(after if one is before else one for one in model.contributions)
    return changed(model, **contributing.flagged(mended))


def require_registered(model: Model) -> None:
    if model.registered_on is None:
        raise Refused(
            "not-registered",
            "model",
            vi="Mô hình chưa đăng ký: hãy sửa bản nháp, không cần đính chính.",
            en="The model is not registered yet: revise the draft instead.",
        )
