"""The life of a model: draft → submitted → (returned → submitted) → registered, and what was mobilised for it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import msgspec

from services.kernel.aggregate import Aggregate
from services.kernel.inputs import EARLIEST, happened, not_before, optional, quantity, required
from services.kernel.messages import Refused
from services.kernel.units import Spell
from services.registration.events import ContributionKind, Field, Level, SubjectKind, level_of
from services.registration.models.events import (
    Contribution,
    ContributionRecorded,
    ModelAccepted,
    ModelDrafted,
    ModelReturned,
    ModelState,
    ModelSubmitted,
)

LONGEST_TITLE = 300
MOST_CONTRIBUTIONS = 500
LONGEST_TEXT = 4000
LONGEST_PLACE = 300
LONGEST_TARGET = 1000
PLACES = {ContributionKind.LAND_M2: 2, ContributionKind.WORK_DAY: 1, ContributionKind.MONEY: 0}
"""Digits after the point that a contribution of each kind may have."""


class Model(Aggregate, frozen=True, kw_only=True):
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
    drafted_on: date
    drafted_by: str
    submitted_on: date | None = None
    submitted_by: str | None = None
    return_reason: str | None = None
    registered_on: date | None = None
    registered_version: int | None = None
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """Who does it, on which day it happened, and when it is recorded. `own`: all whose work is theirs."""

    by: str
    own: frozenset[str]
    on: date
    today: date
    at: datetime


def draft(
    *,
    key: str,
    owner: str,
    unit: Spell,
    title: str,
    summary: str,
    place: str,
    target: str,
    programme: str | None,
    year: int | None,
    field: Field,
    subject_kind: SubjectKind,
    act: Act,
) -> tuple[Model, ModelDrafted]:
    title = required(title, "title", longest=LONGEST_TITLE, vi="Tên mô hình", en="The model's title")
    summary = optional(summary, "summary", longest=LONGEST_TEXT, vi="Phần tóm tắt", en="The model's summary")
    place = optional(place, "place", longest=LONGEST_PLACE, vi="Địa điểm", en="The place")
    target = optional(target, "target", longest=LONGEST_TARGET, vi="Chỉ tiêu dự kiến", en="The target")
    happened(act.on, act.today)
    year = _year(act.on.year if year is None else year, act)
    model = Model(
        id=key,
        version=1,
        unit=unit.path,
        owner=owner,
        title=title,
        summary=summary,
        place=place,
        target=target,
        programme=programme,
        year=year,
        field=field,
        subject_kind=subject_kind,
        level=level_of(unit.level),
        state=ModelState.DRAFT,
        drafted_on=act.on,
        drafted_by=act.by,
    )
    return model, ModelDrafted(
        key=key,
        version=1,
        at=act.at,
        unit=model.unit,
        owner=owner,
        title=title,
        field=field,
        subject_kind=subject_kind,
        level=model.level,
        on=act.on,
        summary=summary,
        place=place,
        target=target,
        programme=model.programme,
        year=year,
    )


def submit(model: Model, *, act: Act) -> tuple[Model, ModelSubmitted]:
    _in_state(model, ModelState.DRAFT, ModelState.RETURNED)
    happened(act.on, act.today)
    not_before(act.on, model.drafted_on)
    submitted = msgspec.structs.replace(
        model,
        version=model.version + 1,
        state=ModelState.SUBMITTED,
        submitted_on=act.on,
        submitted_by=act.by,
        return_reason=None,
    )
    return submitted, ModelSubmitted(
        key=model.id, version=submitted.version, at=act.at, unit=model.unit, on=act.on
    )


def return_(model: Model, *, reason: str, act: Act) -> tuple[Model, ModelReturned]:
    _in_state(model, ModelState.SUBMITTED)
    _not_own(model, act)
    reason = required(
        reason,
        "reason",
        longest=LONGEST_TEXT,
        vi="Lý do trả lại",
        en="The reason for returning it",
        lines=True,
    )
    happened(act.on, act.today)
    not_before(act.on, model.submitted_on)
    returned = msgspec.structs.replace(
        model, version=model.version + 1, state=ModelState.RETURNED, return_reason=reason
    )
    return returned, ModelReturned(
        key=model.id, version=returned.version, at=act.at, unit=model.unit, reason=reason, on=act.on
    )


def accept(model: Model, *, act: Act) -> tuple[Model, ModelAccepted]:
    _in_state(model, ModelState.SUBMITTED)
    _not_own(model, act)
    happened(act.on, act.today)
    not_before(act.on, model.submitted_on)
    accepted = msgspec.structs.replace(
        model,
        version=model.version + 1,
        state=ModelState.REGISTERED,
        registered_on=act.on,
        registered_version=model.version + 1,
    )
    return accepted, ModelAccepted(
        key=model.id,
        version=accepted.version,
        at=act.at,
        unit=model.unit,
        owner=model.owner,
        title=model.title,
        field=model.field,
        subject_kind=model.subject_kind,
        level=model.level,
        submitted_by=model.submitted_by or model.drafted_by,
        on=act.on,
    )


def contribute(
    model: Model, *, kind: ContributionKind, amount: str, note: str, act: Act
) -> tuple[Model, ContributionRecorded]:
    _in_state(model, ModelState.REGISTERED)
    if len(model.contributions) >= MOST_CONTRIBUTIONS:
        raise Refused(
            "too-many-contributions",
            "model",
            vi=f"Một mô hình có tối đa {MOST_CONTRIBUTIONS} lần ghi nhận nguồn lực; hãy ghi gộp.",
            en=f"A model has at most {MOST_CONTRIBUTIONS} contributions; record them together.",
        )
    exact: Decimal = quantity(amount, "amount", places=PLACES[kind])
    note = optional(note, "note", longest=LONGEST_TEXT, vi="Ghi chú", en="The note")
    happened(act.on, act.today)
    not_before(act.on, model.registered_on)
    version = model.version + 1
    contribution = Contribution(version=version, kind=kind, amount=exact, on=act.on, note=note)
    contributed = msgspec.structs.replace(
        model, version=version, contributions=(*model.contributions, contribution)
    )
    return contributed, ContributionRecorded(
        key=model.id,
        version=version,
        at=act.at,
        unit=model.unit,
        kind=kind,
        amount=exact,
        field=model.field,
        subject_kind=model.subject_kind,
        level=model.level,
        on=act.on,
    )


def _year(year: int, act: Act) -> int:
    """A model is registered for a year that reports cover, at the latest the next one."""
    latest = act.today.year + 1
    if not EARLIEST.year <= year <= latest:
        raise Refused(
            "year-invalid",
            "year",
            vi=f"Năm {year} không nằm trong khoảng từ {EARLIEST.year} đến {latest}.",
            en=f"The year {year} is not between {EARLIEST.year} and {latest}.",
        )
    return year


def _in_state(model: Model, *allowed: ModelState) -> None:
    if model.state not in allowed:
        raise Refused(
            "wrong-state",
            "model",
            vi=f"Mô hình đang ở trạng thái “{model.state.vi}”; "
            f"việc này cần trạng thái “{' / '.join(s.vi for s in allowed)}”.",
            en=f"The model is {model.state}; this needs it to be {' or '.join(allowed)}.",
        )


def _not_own(model: Model, act: Act) -> None:
    if act.own & {model.owner, model.drafted_by, model.submitted_by}:
        raise Refused(
            "own-work",
            "model",
            vi="Người hoặc tổ chức đăng ký không được thẩm định mô hình của chính mình.",
            en="Who registered a model may not judge it, and neither may their organisation.",
        )
