"""Corrections of models and of their contributions, judged against the model as it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.corrections.domain import Correction
from services.corrections.messages import CorrectedFact
from services.kernel.act import Act
from services.kernel.units import DatedUnit
from services.movement.changes import Change, changes
from services.movement.words import ContributionKind, Covers, SubjectKind
from services.registration.models import correcting, history, redating
from services.registration.models.domain import REVISABLE, Model
from services.registration.models.messages import ModelCorrected
from services.registration.programmes.domain import Programme

NAMES = {name: history.NAMES[name] for name in (*REVISABLE, *correcting.CONTRIBUTED, *redating.DAYS.values())}

_READ: Mapping[str, Callable[[str], Any]] = {
    "year": int,
    "subject_kind": SubjectKind,
    "kind": ContributionKind,
    "covers": Covers,
    "on": date.fromisoformat,
    **dict.fromkeys(redating.DAYS.values(), date.fromisoformat),
}
"""Field → reads its text in a proposal. Other fields are texts, and an empty text removes the value."""
_NEEDS_TEXT = frozenset(_READ)


def proposed(correction: Correction) -> dict[str, Any]:
    """The values that a correction proposes, as inputs."""
    return {
        change.field: _READ.get(change.field, str)(change.after or "")
        for change in correction.changes
        if change.after or change.field not in _NEEDS_TEXT
    }


@dataclass(frozen=True, slots=True)
class Judged:
    """The model before and after a correction that the rules allow. `fact_version`: 0 for the model's contents."""

    record: Model
    after: Model
    fact: CorrectedFact
    fact_version: int
    changes: tuple[Change, ...]
    reverses: bool = False

    @property
    def figures(self) -> bool:
        return correcting.moves_figures(self.record, self.after)

    def applied(self, correction: Correction, act: Act) -> tuple[Model, ModelCorrected]:
        return correcting.correct(
            self.record,
            self.after,
            of=self.changes,
            correction={
                "correction": correction.id,
                "fact": self.fact,
                "fact_version": self.fact_version,
                "reverses": self.reverses,
                "reason": correction.reason,
                "basis": correction.document or "",
                "proposed_by": correction.proposed_by,
                "approved_by": correction.decided_by,
            },
            act=act,
        )


def contribution(model: Model, version: int, *, unit: DatedUnit, act: Act, **given: Any) -> Judged:
    before = correcting.contribution(model, version)
    after = correcting.with_contribution(model, version, unit=unit, act=act, **given)
    found = changes(before, correcting.contribution(after, version), correcting.CONTRIBUTED)
    return Judged(model, after, CorrectedFact.CONTRIBUTION, version, found)


def reversal(model: Model, version: int) -> Judged:
    before = correcting.contribution(model, version)
    after = correcting.without_contribution(model, version)
    found = changes(before, None, correcting.CONTRIBUTED)
    return Judged(model, after, CorrectedFact.CONTRIBUTION, version, found, reverses=True)


def step(model: Model, version: int, *, unit: DatedUnit, on: date, act: Act) -> Judged:
    before = redating.dated_step(model, version)
    after = redating.with_day(model, version, unit=unit, on=on, act=act)
    field = redating.DAYS[before.step]
    found = (Change(field=field, before=f"{before.on}", after=f"{on}"),) if on != before.on else ()
    return Judged(model, after, CorrectedFact.STEP, version, found)


def contents(model: Model, *, programmes: Mapping[str, Programme], act: Act, **given: Any) -> Judged:
    whole = {name: given.get(name) for name in REVISABLE}
    after = correcting.with_fields(model, programmes=programmes, act=act, **whole)
    return Judged(model, after, CorrectedFact.MODEL, 0, changes(model, after, REVISABLE))
