"""A registered model that is carried out: begun, continued, noted, assessed by its owner, discontinued."""

from services.kernel.act import Act
from services.kernel.aggregate import changed
from services.kernel.inputs import happened, not_before, required
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.years import from_year
from services.registration.models.domain import (
    LONGEST_TEXT,
    Implemented,
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
    ModelBegun,
    ModelCarriedOver,
    ModelDiscontinued,
    ModelSelfAssessed,
    ModelStep,
    ProgressNoted,
    SelfAssessment,
    SelfRating,
)

MOST_NOTES = 500


def begin(model: Model, *, unit: DatedUnit, act: Act) -> tuple[Model, ModelBegun]:
    spell = require_unit(model, unit, act)
    begun = stepped(model, ModelStep.BEGIN, act, implemented=(_implemented(model, act, carried=False),))
    return begun, ModelBegun(**counted_fields(begun, spell, act))


def carry_over(model: Model, *, unit: DatedUnit, act: Act) -> tuple[Model, ModelCarriedOver]:
    """Continues the model in the year of the act, in which it has not been counted as implemented yet."""
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.CARRY_OVER)
    latest = model.implemented[-1].counted_in
    if act.on.year <= latest:
        raise Refused(
            "already-this-year",
            "on",
            vi=f"Mô hình đã được tính là triển khai trong năm {latest}; chỉ chuyển tiếp sang năm sau đó.",
            en=f"The model counts as implemented in {latest} already; it can be carried over to a later year only.",
        )
    again = (*model.implemented, _implemented(model, act, carried=True))
    carried = stepped(model, ModelStep.CARRY_OVER, act, implemented=again)
    return carried, ModelCarriedOver(**counted_fields(carried, spell, act))


def note(model: Model, *, unit: DatedUnit, text: str, act: Act) -> tuple[Model, ProgressNoted]:
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.NOTE)
    if model.notes >= MOST_NOTES:
        raise Refused(
            "too-many-notes",
            "model",
            vi=f"Một mô hình có tối đa {MOST_NOTES} lần ghi tiến độ.",
            en=f"A model has at most {MOST_NOTES} notes of its progress.",
        )
    text = required(
        text, "text", longest=LONGEST_TEXT, vi="Nội dung tiến độ", en="The note of progress", lines=True
    )
    happened(act.on, act.today)
    not_before(act.on, model.implemented[0].on)
    noted = changed(model, notes=model.notes + 1)
    return noted, ProgressNoted(**event_fields(noted, spell, act), text=text)


def self_assess(
    model: Model, *, unit: DatedUnit, rating: SelfRating, text: str, act: Act
) -> tuple[Model, ModelSelfAssessed]:
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.SELF_ASSESS)
    text = required(
        text, "text", longest=LONGEST_TEXT, vi="Nội dung tự đánh giá", en="The self-assessment", lines=True
    )
    assessment = SelfAssessment(rating=rating, text=text, on=act.on)
    assessed = stepped(model, ModelStep.SELF_ASSESS, act, self_assessment=assessment)
    return assessed, ModelSelfAssessed(**event_fields(assessed, spell, act), rating=rating, text=text)


def discontinue(model: Model, *, unit: DatedUnit, reason: str, act: Act) -> tuple[Model, ModelDiscontinued]:
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.DISCONTINUE)
    reason = reason_of(reason, "Lý do dừng thực hiện", "The reason for discontinuing it")
    ended = stepped(model, ModelStep.DISCONTINUE, act, ended=ending(model, reason, act))
    last = model.implemented[-1]
    return ended, ModelDiscontinued(
        **counted_fields(ended, spell, act),
        reason=reason,
        implemented_year=last.counted_in,
        implemented_level=last.level,
    )


def _implemented(model: Model, act: Act, *, carried: bool) -> Implemented:
    year, level = from_year(act.on, model.year).year, model.dated(model.level, act.on)
    return Implemented(version=model.next_version, on=act.on, level=level, carried=carried, year=year)
