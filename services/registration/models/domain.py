"""A model, the steps that each of its states allows, and what every step has in common."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import about, changed
from services.kernel.inputs import happened, not_before, required
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit, Spell
from services.movement.changes import Restated
from services.movement.flags import Flag
from services.movement.homes import Homed, spell_on
from services.movement.words import Field, Level, SubjectKind
from services.registration.models.messages import (
    Contribution,
    CountedFact,
    ModelState,
    ModelStep,
    SelfAssessment,
    StatedResult,
)

LONGEST_TEXT = 4000
LONGEST_DOCUMENT = 300
REVISABLE = ("title", "summary", "place", "target", "programme", "year", "field", "subject_kind")

DRAFTS = frozenset({ModelState.DRAFT, ModelState.RETURNED})
_UNDER_WAY = frozenset({ModelState.IMPLEMENTING, ModelState.SELF_ASSESSED})
_REGISTERED = _UNDER_WAY | {ModelState.REGISTERED}

ALLOWED: Mapping[ModelStep, frozenset[ModelState]] = {
    ModelStep.REVISE: DRAFTS,
    ModelStep.SUBMIT: DRAFTS,
    ModelStep.RETURN: frozenset({ModelState.SUBMITTED}),
    ModelStep.ACCEPT: frozenset({ModelState.SUBMITTED}),
    ModelStep.BEGIN: frozenset({ModelState.REGISTERED}),
    ModelStep.NOTE: _UNDER_WAY,
    ModelStep.CONTRIBUTE: _REGISTERED,
    ModelStep.SELF_ASSESS: frozenset({ModelState.IMPLEMENTING}),
    ModelStep.CARRY_OVER: _UNDER_WAY,
    ModelStep.CHANGE_LEVEL: _REGISTERED,
    ModelStep.CHANGE_OWNER: _REGISTERED,
    ModelStep.HAND_OVER: frozenset(ModelState),
    ModelStep.WITHDRAW: DRAFTS | {ModelState.SUBMITTED, ModelState.REGISTERED},
    ModelStep.DISCONTINUE: _UNDER_WAY,
}
"""The states in which each step is allowed. The table in `README.md` is compared with this one."""

LEADS_TO: Mapping[ModelStep, ModelState] = {
    ModelStep.DRAFT: ModelState.DRAFT,
    ModelStep.SUBMIT: ModelState.SUBMITTED,
    ModelStep.RETURN: ModelState.RETURNED,
    ModelStep.ACCEPT: ModelState.REGISTERED,
    ModelStep.BEGIN: ModelState.IMPLEMENTING,
    ModelStep.SELF_ASSESS: ModelState.SELF_ASSESSED,
    ModelStep.CARRY_OVER: ModelState.IMPLEMENTING,
    ModelStep.WITHDRAW: ModelState.WITHDRAWN,
    ModelStep.DISCONTINUE: ModelState.DISCONTINUED,
}
"""The state that a step leads to. Other steps do not change the state."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that reports count once: the version of the model that recorded it, its day, and its level."""

    version: int
    on: date
    level: Level


class Implemented(Counted, frozen=True, kw_only=True):
    """`year`: the year that it counts in. `carried`: whether the model was implemented in an earlier year too."""

    carried: bool
    year: int | None = None

    @property
    def counted_in(self) -> int:
        return self.year or self.on.year


class Ended(Counted, frozen=True, kw_only=True):
    """`taken`: the versions of the contributions that a withdrawn model takes with it."""

    reason: str
    taken: tuple[int, ...] = ()


class Model(Homed, frozen=True, kw_only=True):
    """`submission_recorded_on`: the day on which the submission of the day `submitted_on` was recorded.

    `state_since`: first day of the present state. `registered_level`: level on which the model was registered.

    `revised_by`: each person once, latest last, at most `MOST_REVISERS`.
    """

    owner: str
    title: str
    summary: str
    place: str = ""
    target: str = ""
    programme: str | None = None
    year: int
    field: Field
    subject_kind: SubjectKind
    level: Level
    state: ModelState
    state_since: date
    drafted_on: date
    drafted_by: str
    revised_by: tuple[str, ...] = ()
    submitted_on: date | None = None
    submitted_by: str | None = None
    submitted_version: int | None = None
    submission_recorded_on: date | None = None
    return_reason: str | None = None
    registered_on: date | None = None
    registered_version: int | None = None
    registered_level: Level | None = None
    implemented: tuple[Implemented, ...] = ()
    self_assessment: SelfAssessment | None = None
    ended: Ended | None = None
    notes: int = 0
    stated: tuple[StatedResult, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    flags: tuple[Flag, ...] = ()
    flagged: bool = False
    restated: tuple[Restated[CountedFact], ...] = ()

    @property
    def standing(self) -> tuple[Contribution, ...]:
        """The contributions that were not reversed."""
        return tuple(one for one in self.contributions if not one.reversed_version)

    @property
    def written_by(self) -> tuple[str, ...]:
        """The persons who drafted, revised or submitted it, each once."""
        submitted_by = () if self.submitted_by is None else (self.submitted_by,)
        return tuple(dict.fromkeys((self.drafted_by, *self.revised_by, *submitted_by)))

    @property
    def authors(self) -> frozenset[str | None]:
        """The persons and the organisation whose work it is: they do not judge it."""
        return frozenset({self.owner, *self.written_by})


def stepped(model: Model, step: ModelStep, act: Act, **changes: Any) -> Model:
    """The model in the state that the step leads to, from the day of the act on."""
    require_state(model, step)
    happened(act.on, act.today)
    not_before(act.on, model.state_since)
    return changed(model, state=LEADS_TO[step], state_since=act.on, **changes)


def changed_on(model: Model, act: Act, **changes: Any) -> Model:
    happened(act.on, act.today)
    not_before(act.on, model.registered_on)
    return changed(model, **changes)


def require_unit(model: Model, unit: DatedUnit, act: Act) -> Spell:
    """The unit under which the model lives, as of the day of the act. Refused if it is not in force that day."""
    return spell_on(model, unit, act.on, "model", "on")


def require_state(model: Model, step: ModelStep) -> None:
    allowed = ALLOWED[step]
    if model.state not in allowed:
        # In the order of a model's life.
        needed = [state for state in ModelState if state in allowed]
        raise Refused(
            "wrong-state",
            "model",
            vi=f"Mô hình đang ở trạng thái “{model.state.vi}”; “{step.vi}” cần trạng thái "
            f"“{' / '.join(state.vi for state in needed)}”.",
            en=f"The model is {model.state}; {step} needs it to be {' or '.join(needed)}.",
        )


def event_fields(model: Model, unit: Spell, act: Act) -> dict[str, Any]:
    """The fields that every event of a model has. It belongs to the unit under which the model lived on its day."""
    return {**about(model, act), "unit": unit.path, "on": act.on}


def counted_fields(model: Model, unit: Spell, act: Act) -> dict[str, Any]:
    names = ("field", "subject_kind", "year")
    level = model.dated(model.level, act.on)
    return {
        **event_fields(model, unit, act),
        "level": level,
        **{name: getattr(model, name) for name in names},
    }


def reason_of(text: str, vi: str, en: str) -> str:
    return required(text, "reason", longest=LONGEST_TEXT, vi=vi, en=en, lines=True)


def document_of(text: str) -> str:
    return required(
        text, "document", longest=LONGEST_DOCUMENT, vi="Văn bản căn cứ", en="The governing document"
    )


def ending(model: Model, reason: str, act: Act) -> Ended:
    return Ended(version=model.next_version, on=act.on, level=model.dated(model.level, act.on), reason=reason)
