"""The contributions to a registered model, and the rules that find some of them unlikely."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import changed
from services.kernel.inputs import happened, not_before, optional, quantity
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.flags import Flag
from services.movement.outliers import flags_of
from services.movement.words import ContributionKind, Covers
from services.registration.models.domain import (
    LONGEST_TEXT,
    Model,
    counted_fields,
    require_state,
    require_unit,
)
from services.registration.models.messages import (
    Contribution,
    ContributionRecorded,
    CountedFact,
    ModelStep,
    StatedResult,
)

MOST_CONTRIBUTIONS = 500
STATED = "Nêu khi đăng ký"
"""The note of a contribution that the registration stated."""
PLACES = {ContributionKind.LAND_M2: 2, ContributionKind.WORK_DAY: 1, ContributionKind.MONEY: 0}
"""Decimal places of a contribution of each kind, at most."""


def record_stated(
    accepted: Model, one: StatedResult, *, unit: DatedUnit, act: Act
) -> tuple[Model, ContributionRecorded]:
    """A contribution that an accepted model has stated when it was registered. `unit`: as of the day of the result."""
    return contribute(
        accepted,
        unit=unit,
        kind=one.kind,
        amount=f"{one.amount:f}",
        covers=None,
        note=STATED,
        act=act.dated(one.on),
    )


def contribute(
    model: Model,
    *,
    unit: DatedUnit,
    kind: ContributionKind,
    amount: str,
    covers: Covers | None,
    note: str,
    act: Act,
) -> tuple[Model, ContributionRecorded]:
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.CONTRIBUTE)
    if len(model.contributions) >= MOST_CONTRIBUTIONS:
        raise Refused(
            "too-many-contributions",
            "model",
            vi=f"Một mô hình có tối đa {MOST_CONTRIBUTIONS} lần ghi nhận nguồn lực; hãy ghi gộp.",
            en=f"A model has at most {MOST_CONTRIBUTIONS} contributions; record them together.",
        )
    values = given(kind=kind, amount=amount, covers=covers)
    note = note_of_contribution(note)
    happened(act.on, act.today)
    not_before(act.on, model.registered_on)
    contribution = Contribution(
        version=model.next_version,
        **values,
        on=act.on,
        note=note,
        field=model.field,
        subject_kind=model.subject_kind,
        level=model.dated(model.level, act.on),
    )
    contributed = changed(model, **flagged((*model.contributions, contribution)))
    return contributed, ContributionRecorded(**counted_fields(contributed, spell, act), **values, note=note)


def given(*, kind: ContributionKind, amount: str, covers: Covers | None) -> dict[str, Any]:
    """The exact values of a contribution."""
    exact: Decimal = quantity(amount, "amount", places=PLACES[kind])
    if kind is ContributionKind.MONEY:
        covers = covers or Covers.UNSTATED
    elif covers is not None:
        raise Refused(
            "covers-not-money",
            "covers",
            vi=f"Chỉ kinh phí mới cần nêu bao gồm những gì; “{kind.vi}” thì không.",
            en=f"Only a contribution of money can state what it covers, not one of {kind}.",
        )
    return {"kind": kind, "amount": exact, "covers": covers}


def note_of_contribution(text: str) -> str:
    return optional(text, "note", longest=LONGEST_TEXT, vi="Ghi chú", en="The note")


def taken_back(model: Model) -> tuple[CountedFact, ...]:
    """The contributions that a withdrawn model takes with it: they count no more from the day of its end on."""
    ended = model.ended
    return tuple(
        CountedFact(
            step=ModelStep.WITHDRAW,
            version=ended.version,
            on=ended.on,
            field=one.field,
            subject_kind=one.subject_kind,
            level=one.level,
            kind=one.kind,
            amount=one.amount,
            covers=one.covers,
            taken=one.version,
        )
        for one in (model.standing if ended else ())
        if ended and one.version in ended.taken
    )


def flagged(contributions: Sequence[Contribution]) -> dict[str, Any]:
    """The fields of a model with these contributions. Reversed contributions are not judged."""
    flags = flags_of([one for one in contributions if not one.reversed_version])
    return {
        "contributions": tuple(_flagged(one, flags) for one in contributions),
        "flags": flags,
        "flagged": bool(flags),
    }


def _flagged(given: Contribution, flags: Sequence[Flag]) -> Contribution:
    rules = tuple(flag.rule for flag in flags if given.version in flag.versions)
    return given if rules == given.flags else msgspec.structs.replace(given, flags=rules)
