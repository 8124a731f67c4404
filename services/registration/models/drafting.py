"""A model as a draft: its contents, and the results that it states."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.kernel.act import Act
from services.kernel.aggregate import changed
from services.kernel.inputs import (
    EARLIEST,
    happened,
    not_before,
    nothing_changed,
    optional,
    quantity,
    required,
)
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.changes import Change, changes
from services.movement.homes import Homed, spell_on, with_owner
from services.movement.words import SubjectKind, field_named, level_of
from services.registration.models.contributing import PLACES
from services.registration.models.domain import (
    LONGEST_TEXT,
    REVISABLE,
    Model,
    counted_fields,
    event_fields,
    require_state,
    require_unit,
)
from services.registration.models.messages import (
    ModelDrafted,
    ModelRevised,
    ModelState,
    ModelStep,
    StatedResult,
)
from services.registration.organisations.domain import Organisation, in_being
from services.registration.programmes.domain import Programme, admit

LONGEST_TITLE = 300
LONGEST_PLACE = 300
LONGEST_TARGET = 1000
MOST_REVISERS = 50


def draft(
    *,
    key: str,
    owner: Organisation,
    unit: DatedUnit,
    title: str,
    summary: str,
    place: str,
    target: str,
    programme: Programme | None,
    year: int | None,
    field: str,
    subject_kind: SubjectKind,
    stated: Sequence[StatedResult] = (),
    act: Act,
) -> tuple[Model, ModelDrafted]:
    """`unit`: the owner's. `programme`: the programme that the model is to belong to. `year`: by default, the day's.

    `stated`: results that the registration states.
    """
    named = field_named(field)
    spell = spell_on(owner, unit, act.on, "owner", "on")
    in_being(owner, act.on, "owner", "on")
    happened(act.on, act.today)
    year = _year(act.on.year if year is None else year, act)
    if programme:
        admit(programme, spell.path, year=year)
    homes, level = with_owner(owner, level_of(spell.level), act)
    model = Model(
        id=key,
        version=1,
        unit=spell.path,
        homes=homes,
        owner=owner.id,
        title=_title(title),
        summary=_summary(summary),
        place=_place(place),
        target=_target(target),
        programme=programme.id if programme else None,
        year=year,
        field=named,
        subject_kind=subject_kind,
        level=level,
        state=ModelState.DRAFT,
        state_since=act.on,
        drafted_on=act.on,
        drafted_by=act.by,
        stated=_stated(stated, owner, drafted_on=act.on, unit=unit, act=act),
    )
    return model, ModelDrafted(
        **counted_fields(model, spell, act),
        owner=model.owner,
        title=model.title,
        summary=model.summary,
        place=model.place,
        target=model.target,
        programme=model.programme,
        stated=model.stated,
    )


def revise(
    model: Model,
    *,
    unit: DatedUnit,
    title: str | None,
    summary: str | None,
    place: str | None,
    target: str | None,
    programme: str | None,
    year: int | None,
    field: str | None,
    subject_kind: SubjectKind | None,
    programmes: Mapping[str, Programme],
    act: Act,
) -> tuple[Model, ModelRevised]:
    """A value of None changes nothing. An empty `programme` takes the model out of its programme.

    `programmes`: by id, the present programme of the model and the new one.
    """
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.REVISE)
    happened(act.on, act.today)
    not_before(act.on, model.state_since)
    revised = changed(
        model,
        **contents(
            model,
            title=title,
            summary=summary,
            place=place,
            target=target,
            programme=programme,
            year=year,
            field=field,
            subject_kind=subject_kind,
            programmes=programmes,
            act=act,
        ),
        revised_by=_revised_by(model, act),
    )
    found = changes(model, revised, REVISABLE)
    if not found:
        raise nothing_changed(*REVISABLE)
    return revised, ModelRevised(**event_fields(revised, spell, act), changes=found)


def contents(
    model: Model,
    *,
    title: str | None,
    summary: str | None,
    place: str | None,
    target: str | None,
    programme: str | None,
    year: int | None,
    field: str | None,
    subject_kind: SubjectKind | None,
    programmes: Mapping[str, Programme],
    act: Act,
) -> dict[str, Any]:
    """All contents of the model, with these instead of the present ones. The parameters are those of `revise`."""
    revised: dict[str, Any] = {
        "title": model.title if title is None else _title(title),
        "summary": model.summary if summary is None else _summary(summary),
        "place": model.place if place is None else _place(place),
        "target": model.target if target is None else _target(target),
        "programme": model.programme if programme is None else programme or None,
        "year": model.year if year is None else _year(year, act),
        "field": model.field if field is None else field_named(field),
        "subject_kind": subject_kind or model.subject_kind,
    }
    joined, for_year = revised["programme"], revised["year"]
    if joined and (joined, for_year) != (model.programme, model.year):
        admit(programmes[joined], *model.paths, year=for_year)
    return revised


def state_results(
    model: Model, *, unit: DatedUnit, stated: Sequence[StatedResult], act: Act
) -> tuple[Model, ModelRevised]:
    """Replaces the results that a draft states."""
    spell = require_unit(model, unit, act)
    require_state(model, ModelStep.REVISE)
    if tuple(stated) == model.stated:
        raise nothing_changed("stated")
    results = _stated(stated, model, drafted_on=model.drafted_on, unit=unit, act=act)
    revised = changed(model, stated=results, revised_by=_revised_by(model, act))
    change = Change(field="stated", before=_results(model.stated), after=_results(results))
    return revised, ModelRevised(**event_fields(revised, spell, act), changes=(change,))


def _stated(
    stated: Sequence[StatedResult], record: Homed, *, drafted_on: date, unit: DatedUnit, act: Act
) -> tuple[StatedResult, ...]:
    """`record`: the model or its owner. The acceptance checks results of days under another unit than `unit`."""
    for one in stated:
        quantity(f"{one.amount:f}", one.kind.lower(), places=PLACES[one.kind])
        happened(one.on, act.today, "statedOn")
        not_before(one.on, drafted_on, "statedOn")
        if record.home_on(one.on).unit == unit.id:
            unit.in_force(one.on, "statedOn")
    return tuple(stated)


def _results(stated: Sequence[StatedResult]) -> str | None:
    return "; ".join(f"{one.amount} {one.kind} {one.on}" for one in stated) or None


def _revised_by(model: Model, act: Act) -> tuple[str, ...]:
    return (*(one for one in model.revised_by if one != act.by), act.by)[-MOST_REVISERS:]


def _title(text: str) -> str:
    return required(text, "title", longest=LONGEST_TITLE, vi="Tên mô hình", en="The model's title")


def _summary(text: str) -> str:
    return optional(text, "summary", longest=LONGEST_TEXT, vi="Phần tóm tắt", en="The model's summary")


def _place(text: str) -> str:
    return optional(text, "place", longest=LONGEST_PLACE, vi="Địa điểm", en="The place")


def _target(text: str) -> str:
    return optional(text, "target", longest=LONGEST_TARGET, vi="Chỉ tiêu dự kiến", en="The target")


def _year(year: int, act: Act) -> int:
    """The year; refused before the years that reports cover and after the next year."""
    latest = act.today.year + 1
    if not EARLIEST.year <= year <= latest:
        raise Refused(
            "year-invalid",
            "year",
            vi=f"Năm {year} không nằm trong khoảng từ {EARLIEST.year} đến {latest}.",
            en=f"The year {year} is not between {EARLIEST.year} and {latest}.",
        )
    return year
