"""The life of a model from draft to end: the steps that each state allows, and the facts that reports count."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import about, changed
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
from services.kernel.units import DatedUnit, Spell
from services.movement.changes import Change, changes
from services.movement.flags import Flag
from services.movement.homes import Homed, Step, homes_after, spell_on, with_owner
from services.movement.outliers import flags_of
from services.movement.own_work import not_own_work
from services.movement.words import (
    DISTRICTS_END,
    ContributionKind,
    Covers,
    Field,
    Level,
    SubjectKind,
    field_named,
    level_of,
)
from services.movement.years import from_year
from services.registration.models.messages import (
    Contribution,
    ContributionRecorded,
    CountedFact,
    ModelAccepted,
    ModelBegun,
    ModelCarriedOver,
    ModelDiscontinued,
    ModelDrafted,
    ModelHandedOver,
    ModelLevelChanged,
    ModelOwnerChanged,
    ModelReturned,
    ModelRevised,
    ModelSelfAssessed,
    ModelState,
    ModelStep,
    ModelSubmitted,
    ModelWithdrawn,
    ProgressNoted,
    SelfAssessment,
    SelfRating,
    StatedResult,
)
from services.registration.organisations.domain import Organisation, in_being
from services.registration.programmes.domain import Programme, admit

LONGEST_TITLE = 300
MOST_CONTRIBUTIONS = 500
LONGEST_TEXT = 4000
LONGEST_PLACE = 300
LONGEST_TARGET = 1000
LONGEST_DOCUMENT = 300
MOST_NOTES = 500
MOST_REVISERS = 50
STATED = "Nêu khi đăng ký"
"""The note of a contribution that the registration stated."""
REVISABLE = ("title", "summary", "place", "target", "programme", "year", "field", "subject_kind")
PLACES = {ContributionKind.LAND_M2: 2, ContributionKind.WORK_DAY: 1, ContributionKind.MONEY: 0}
"""Decimal places of a contribution of each kind, at most."""


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
    reason: str


class Restated(msgspec.Struct, frozen=True, kw_only=True):
    """A correction that changed figures: its version, the day on which it took effect, the facts before and after."""

    version: int
    on: date
    struck: tuple[CountedFact, ...]
    counted: tuple[CountedFact, ...]


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
    restated: tuple[Restated, ...] = ()

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
        admit(programme, year=year, unit=spell.path)
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
        **_counted(model, spell, act),
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
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.REVISE)
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
    return revised, ModelRevised(**_event(revised, spell, act), changes=found)


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
        admit(programmes[joined], year=for_year, unit=model.unit)
    return revised


def state_results(
    model: Model, *, unit: DatedUnit, stated: Sequence[StatedResult], act: Act
) -> tuple[Model, ModelRevised]:
    """Replaces the results that a draft states."""
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.REVISE)
    if tuple(stated) == model.stated:
        raise nothing_changed("stated")
    results = _stated(stated, model, drafted_on=model.drafted_on, unit=unit, act=act)
    revised = changed(model, stated=results, revised_by=_revised_by(model, act))
    change = Change(field="stated", before=_results(model.stated), after=_results(results))
    return revised, ModelRevised(**_event(revised, spell, act), changes=(change,))


def submit(model: Model, *, unit: DatedUnit, act: Act) -> tuple[Model, ModelSubmitted]:
    spell = _require_unit(model, unit, act)
    submitted = _step(
        model,
        ModelStep.SUBMIT,
        act,
        submitted_on=act.on,
        submitted_by=act.by,
        submission_recorded_on=act.recorded_on,
        return_reason=None,
    )
    return submitted, ModelSubmitted(**_event(submitted, spell, act))


def return_(model: Model, *, unit: DatedUnit, reason: str, act: Act) -> tuple[Model, ModelReturned]:
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.RETURN)
    not_own_work(model.authors, act, "model")
    reason = _reason(reason, "Lý do trả lại", "The reason for returning it")
    returned = _step(model, ModelStep.RETURN, act, return_reason=reason)
    return returned, ModelReturned(**_event(returned, spell, act), reason=reason)


def accept(model: Model, *, unit: DatedUnit, act: Act) -> tuple[Model, ModelAccepted]:
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.ACCEPT)
    not_own_work(model.authors, act, "model")
    if early := next((one for one in model.stated if one.on < act.on), None):
        raise Refused(
            "result-before-registration",
            "on",
            vi=f"Mô hình nêu kết quả tính đến ngày {early.on:%d/%m/%Y}, trước ngày chấp nhận; "
            "hãy ghi ngày chấp nhận thực tế, hoặc trả lại để bổ sung.",
            en=f"The model states a result of {early.on}, before it is accepted: give the day on which it was.",
        )
    accepted = _step(
        model,
        ModelStep.ACCEPT,
        act,
        registered_on=act.on,
        registered_version=model.next_version,
        stated=(),
        registered_level=model.dated(model.level, act.on),
    )
    return accepted, ModelAccepted(
        **_counted(accepted, spell, act),
        owner=model.owner,
        title=model.title,
        written_by=model.written_by,
        homes=model.homes,
    )


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


def withdraw(model: Model, *, unit: DatedUnit, reason: str, act: Act) -> tuple[Model, ModelWithdrawn]:
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.WITHDRAW)
    reason = _reason(reason, "Lý do rút", "The reason for withdrawing it")
    withdrawn = _step(model, ModelStep.WITHDRAW, act, ended=_ended(model, reason, act))
    registered = model.registered_on is not None
    return withdrawn, ModelWithdrawn(**_counted(withdrawn, spell, act), reason=reason, registered=registered)


def begin(model: Model, *, unit: DatedUnit, act: Act) -> tuple[Model, ModelBegun]:
    spell = _require_unit(model, unit, act)
    begun = _step(model, ModelStep.BEGIN, act, implemented=(_implemented(model, act, carried=False),))
    return begun, ModelBegun(**_counted(begun, spell, act))


def carry_over(model: Model, *, unit: DatedUnit, act: Act) -> tuple[Model, ModelCarriedOver]:
    """Continues the model in the year of the act, in which it has not been counted as implemented yet."""
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.CARRY_OVER)
    latest = model.implemented[-1].counted_in
    if act.on.year <= latest:
        raise Refused(
            "already-this-year",
            "on",
            vi=f"Mô hình đã được tính là triển khai trong năm {latest}; chỉ chuyển tiếp sang năm sau đó.",
            en=f"It counts as implemented in {latest} already; it can be carried over to a later year only.",
        )
    again = (*model.implemented, _implemented(model, act, carried=True))
    carried = _step(model, ModelStep.CARRY_OVER, act, implemented=again)
    return carried, ModelCarriedOver(**_counted(carried, spell, act))


def note(model: Model, *, unit: DatedUnit, text: str, act: Act) -> tuple[Model, ProgressNoted]:
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.NOTE)
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
    return noted, ProgressNoted(**_event(noted, spell, act), text=text)


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
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.CONTRIBUTE)
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
    return contributed, ContributionRecorded(**_counted(contributed, spell, act), **values, note=note)


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
            en=f"Only of money it is said what it covers, not of {kind}.",
        )
    return {"kind": kind, "amount": exact, "covers": covers}


def note_of_contribution(text: str) -> str:
    return optional(text, "note", longest=LONGEST_TEXT, vi="Ghi chú", en="The note")


def flagged(contributions: Sequence[Contribution]) -> dict[str, Any]:
    """The fields of a model with these contributions. Reversed contributions are not judged."""
    flags = flags_of([one for one in contributions if not one.reversed_version])
    return {
        "contributions": tuple(_flagged(one, flags) for one in contributions),
        "flags": flags,
        "flagged": bool(flags),
    }


def self_assess(
    model: Model, *, unit: DatedUnit, rating: SelfRating, text: str, act: Act
) -> tuple[Model, ModelSelfAssessed]:
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.SELF_ASSESS)
    text = required(
        text, "text", longest=LONGEST_TEXT, vi="Nội dung tự đánh giá", en="The self-assessment", lines=True
    )
    assessment = SelfAssessment(rating=rating, text=text, on=act.on)
    assessed = _step(model, ModelStep.SELF_ASSESS, act, self_assessment=assessment)
    return assessed, ModelSelfAssessed(**_event(assessed, spell, act), rating=rating, text=text)


def change_level(
    model: Model, *, unit: DatedUnit, level: Level, reason: str, document: str, act: Act
) -> tuple[Model, ModelLevelChanged]:
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.CHANGE_LEVEL)
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
    reason = _reason(reason, "Lý do đổi cấp", "The reason for changing its level")
    document = _document(document)
    moved = _change(model, act, level=level)
    return moved, ModelLevelChanged(
        **_event(moved, spell, act), before=model.level, after=level, reason=reason, basis=document
    )


def change_owner(
    model: Model, *, unit: DatedUnit, owner: Organisation, reason: str, document: str, act: Act
) -> tuple[Model, ModelOwnerChanged]:
    spell = _require_unit(model, unit, act)
    in_being(owner, act.on, "owner", "on")
    _require_state(model, ModelStep.CHANGE_OWNER)
    if owner.id == model.owner:
        raise nothing_changed("owner")
    reason = _reason(reason, "Lý do đổi đơn vị chủ trì", "The reason for changing its owner")
    document = _document(document)
    given = _change(model, act, owner=owner.id)
    return given, ModelOwnerChanged(
        **_event(given, spell, act), before=model.owner, after=owner.id, reason=reason, basis=document
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


def discontinue(model: Model, *, unit: DatedUnit, reason: str, act: Act) -> tuple[Model, ModelDiscontinued]:
    spell = _require_unit(model, unit, act)
    _require_state(model, ModelStep.DISCONTINUE)
    reason = _reason(reason, "Lý do dừng thực hiện", "The reason for discontinuing it")
    ended = _step(model, ModelStep.DISCONTINUE, act, ended=_ended(model, reason, act))
    last = model.implemented[-1]
    return ended, ModelDiscontinued(
        **_counted(ended, spell, act),
        reason=reason,
        implemented_year=last.counted_in,
        implemented_level=last.level,
    )


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


def _flagged(given: Contribution, flags: Sequence[Flag]) -> Contribution:
    rules = tuple(flag.rule for flag in flags if given.version in flag.versions)
    return given if rules == given.flags else msgspec.structs.replace(given, flags=rules)


def _step(model: Model, step: ModelStep, act: Act, **changes: Any) -> Model:
    """The model in the state that the step leads to, from the day of the act on."""
    _require_state(model, step)
    happened(act.on, act.today)
    not_before(act.on, model.state_since)
    return changed(model, state=LEADS_TO[step], state_since=act.on, **changes)


def _change(model: Model, act: Act, **changes: Any) -> Model:
    happened(act.on, act.today)
    not_before(act.on, model.registered_on)
    return changed(model, **changes)


def _implemented(model: Model, act: Act, *, carried: bool) -> Implemented:
    year, level = from_year(act.on, model.year).year, model.dated(model.level, act.on)
    return Implemented(version=model.next_version, on=act.on, level=level, carried=carried, year=year)


def _ended(model: Model, reason: str, act: Act) -> Ended:
    return Ended(version=model.next_version, on=act.on, level=model.dated(model.level, act.on), reason=reason)


def _event(model: Model, unit: Spell, act: Act) -> dict[str, Any]:
    """The fields that every event of a model has. It belongs to the unit under which the model lived on its day."""
    return {**about(model, act), "unit": unit.path, "on": act.on}


def _counted(model: Model, unit: Spell, act: Act) -> dict[str, Any]:
    names = ("field", "subject_kind", "year")
    level = model.dated(model.level, act.on)
    return {**_event(model, unit, act), "level": level, **{name: getattr(model, name) for name in names}}


def _title(text: str) -> str:
    return required(text, "title", longest=LONGEST_TITLE, vi="Tên mô hình", en="The model's title")


def _summary(text: str) -> str:
    return optional(text, "summary", longest=LONGEST_TEXT, vi="Phần tóm tắt", en="The model's summary")


def _place(text: str) -> str:
    return optional(text, "place", longest=LONGEST_PLACE, vi="Địa điểm", en="The place")


def _target(text: str) -> str:
    return optional(text, "target", longest=LONGEST_TARGET, vi="Chỉ tiêu dự kiến", en="The target")


def _reason(text: str, vi: str, en: str) -> str:
    return required(text, "reason", longest=LONGEST_TEXT, vi=vi, en=en, lines=True)


def _document(text: str) -> str:
    return required(
        text, "document", longest=LONGEST_DOCUMENT, vi="Văn bản căn cứ", en="The governing document"
    )


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


def _require_unit(model: Model, unit: DatedUnit, act: Act) -> Spell:
    """The unit under which the model lives, as of the day of the act. Refused if it is not in force that day."""
    return spell_on(model, unit, act.on, "model", "on")


def _require_state(model: Model, step: ModelStep) -> None:
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
