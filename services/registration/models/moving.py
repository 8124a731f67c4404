"""A registered model under another level, another owner or another unit."""

from collections.abc import Sequence

from services.kernel.act import Act
from services.kernel.aggregate import about, changed
from services.kernel.inputs import nothing_changed
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.homes import Step, homes_after
from services.movement.own_work import not_own_work
from services.movement.words import DISTRICTS_END, Level
from services.registration.models.domain import (
    Model,
    changed_on,
    document_of,
    event_fields,
    reason_of,
    require_state,
    require_unit,
)
from services.registration.models.messages import (
    ModelHandedOver,
    ModelLevelChanged,
    ModelOwnerChanged,
    ModelStep,
)
from services.registration.organisations.domain import Organisation, in_being


def change_level(
    model: Model, *, unit: DatedUnit, level: Level, reason: str, document: str, act: Act
) -> tuple[Model, ModelLevelChanged]:
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.CHANGE_LEVEL)
    not_own_work(model.authors, act, "model")
    if level is model.level:
        raise nothing_changed("level")
    if level is Level.DISTRICT and act.on >= DISTRICTS_END:
        raise Refused(
            "level-ended",
            "level",
            "on",
            vi="Cấp quận, huyện, thị xã đã kết thúc ngày 30/06/2025.",
            en="The district level ended on 2025-06-30.",
        )
    reason = reason_of(reason, "Lý do đổi cấp", "The reason for changing its level")
    document = document_of(document)
    moved = changed_on(model, act, level=level)
    return moved, ModelLevelChanged(
        **event_fields(moved, spell, act), before=model.level, after=level, reason=reason, basis=document
    )


def change_owner(
    model: Model, *, unit: DatedUnit, owner: Organisation, reason: str, document: str, act: Act
) -> tuple[Model, ModelOwnerChanged]:
    spell = require_unit(model, unit, act)
    in_being(owner, act.on, "owner", "on")
    require_state(model, ModelStep.CHANGE_OWNER)
    if owner.id == model.owner:
        raise nothing_changed("owner")
    reason = reason_of(reason, "Lý do đổi đơn vị chủ trì", "The reason for changing its owner")
    document = document_of(document)
    given = changed_on(model, act, owner=owner.id)
    return given, ModelOwnerChanged(
        **event_fields(given, spell, act), before=model.owner, after=owner.id, reason=reason, basis=document
    )


def hand_over(
    model: Model, *, steps: Sequence[Step], document: str, act: Act
) -> tuple[Model, ModelHandedOver]:
    """The model lives on under the units of these steps, each from its day on. Earlier facts stay where they are."""
    homes, level = homes_after(model, steps, document=document, act=act, level=model.level)
    handed = changed(model, homes=homes, level=level)
    return handed, ModelHandedOver(
        **about(handed, act) | {"unit": str(handed.home)},
        before=str(model.home),
        made_under=model.unit,
        homes=homes,
        level=handed.level,
        basis=homes[-1].document,
        on=act.on,
    )
