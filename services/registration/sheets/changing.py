"""Judges a row that names a model: what it changes, and what others have changed since the file was made.

A file made by an export or an import has the version of each model. So it is known what a cell held then: a cell that
nobody touched writes nothing, and an emptied cell is not taken for one that was never filled in.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from services.kernel.act import Act
from services.kernel.messages import Event
from services.kernel.sheets import values
from services.kernel.sheets.judging import Cells, Outcome
from services.kernel.sheets.messages import Fate, RowProblem
from services.movement.homes import require_here
from services.movement.words import ContributionKind
from services.registration.models import contributing, drafting
from services.registration.models import domain as models
from services.registration.models.domain import Model
from services.registration.models.messages import MODEL, StatedResult
from services.registration.sheets.columns import LAYOUT
from services.registration.sheets.known import RESOURCES, Effect, Known
from services.registration.sheets.naming import programme_named
from services.registration.sheets.results import last_day, presumed_day, undated

Change = Callable[[Model], tuple[Model, Event]]
REVISED = ("title", "field", "subject_kind", "place", "summary", "target", "year", "programme")
MAY_BE_EMPTY = frozenset({"place", "summary", "target", "programme"})
NOTE = "Nhập từ tệp, phần tăng thêm so với lần trước"


def change(cells: Cells, known: Known, act: Act) -> Outcome[Effect]:
    given = cells.values()
    model = _model(cells, given, known)
    act = act.dated(last_day(known.unit_of(model, act.today), act.today))
    row = _Row(cells, given, model, known)
    changes = [*row.revision(act), *row.contributions(act)]
    cells.stop_if_faulty()
    if changes:
        cells.must(partial(require_here, model, known.scope, MODEL.field))
    made = []
    for step, columns in changes:
        model, event = cells.must(partial(step, model), **columns)
        made.append((model, event))
    notes = tuple(row.notes)
    return Outcome(
        (Fate.WARNING if notes else Fate.ACCEPTED) if made else Fate.UNCHANGED,
        record=model.id,
        version=model.version,
        title=model.title,
        problems=notes,
        effect=Effect(changes=tuple(made)),
    )


def _model(cells: Cells, given: dict[str, Any], known: Known) -> Model:
    """The model that the row names. A row with another owner or day of drafting than the model has is faulty."""
    key = cells.line.text("model")
    model = known.models.get(key)
    if model is None:
        vi, en = f"Không tìm thấy mô hình “{key[:60]}”.", f"There is no model “{key[:60]}”."
        cells.note("model", code=f"{MODEL.field}-not-found", vi=vi, en=en)
    cells.stop_if_faulty()
    assert model is not None, "a problem was noted"  # noqa: S101
    owner = known.owners.get(model.owner)
    if "owner" in given and owner and owner not in known.owners_named(given["owner"]):
        cells.note(
            "owner",
            code="owner-differs",
            vi=f"Mô hình do “{owner.name}” chủ trì; đổi tổ chức chủ trì là một việc riêng, có lý do.",
            en=f"The model is owned by “{owner.name}”; changing the owner is an act of its own, with a reason.",
        )
    if given.get("on", model.drafted_on) != model.drafted_on:
        cells.note(
            "on",
            code="day-differs",
            vi="Ngày lập không sửa được.",
            en="The day of drafting cannot be changed.",
        )
    if "programme" in given:
        programme = cells.attempt("programme", programme_named, given["programme"], known.programmes)
        given["programme"] = programme.id if programme else ""
    cells.stop_if_faulty()
    return model


class _Row:
    """A row and the model that it names. `notes`: the values that change nothing, with their cells."""

    def __init__(self, cells: Cells, given: Mapping[str, Any], model: Model, known: Known) -> None:
        self._cells, self._given, self._model, self._known = cells, given, model, known
        self._versioned = "version" in given
        self._since: int = given.get("version", 0)
        """The version of the model that the row was made of; 0 if unknown."""
        self.notes: list[RowProblem] = []

    def revision(self, act: Act) -> list[tuple[Change, dict[str, str]]]:
        revised = {name: value for name in REVISED if (value := self._revised(name)) is not None}
        if not revised:
            return []
        whole: dict[str, Any] = dict.fromkeys(REVISED) | revised
        unit, programmes = self._known.unit_of(self._model, act.on), self._known.programmes
        return [(partial(drafting.revise, unit=unit, programmes=programmes, act=act, **whole), {})]

    def _revised(self, name: str) -> Any | None:
        """The new value of a field; None if the row does not change it."""
        value, current = self._given.get(name), getattr(self._model, name) or ""
        earlier = self._earlier(name)
        if value is None:
            if not current or name not in self._cells.line.letters:
                return None
            if self._versioned and name in MAY_BE_EMPTY and not earlier:
                return ""
            self._keep(name, current)
            return None
        if value == current:
            return None
        if str(value) in earlier:
            self._overtake(name, current)
            return None
        if self._versioned and earlier:
            self._refuse(name, current)
            return None
        return value

    def _earlier(self, name: str) -> list[str]:
        """The values of a field that others have replaced since the row was made, as texts."""
        revisions = self._known.revisions.get(self._model.id, ())
        return [
            change.before or ""
            for version, changes in revisions
            if version > self._since
            for change in changes
            if change.field == name
        ]

    def contributions(self, act: Act) -> list[tuple[Change, dict[str, str]]]:
        """The steps that bring the recorded totals to those of the row; the results of a draft are stated instead."""
        if self._model.state in models.DRAFTS:
            return self._statement(act)
        more = {name: more for name, kind in RESOURCES.items() if (more := self._more(name, kind))}
        day = self._day(next(iter(more), ""), self._model.registered_on or self._model.drafted_on, act)
        changes: list[tuple[Change, dict[str, str]]] = []
        for name, amount in more.items():
            contribute = partial(
                contributing.contribute,
                unit=self._known.unit_of(self._model, day),
                kind=RESOURCES[name],
                amount=f"{amount:f}",
                note=NOTE,
                covers=None,
                act=act.dated(day),
            )
            changes.append((contribute, {"amount": name, "on": "results_on"}))
        return changes

    def _statement(self, act: Act) -> list[tuple[Change, dict[str, str]]]:
        """The step that replaces the results that the draft states, where the row says others."""
        before = {one.kind: one for one in self._model.stated}
        after, named = dict(before), self._given.get("results_on", self._known.results_on)
        for name, kind in RESOURCES.items():
            amount, one = self._given.get(name), before.get(kind)
            if amount is None:
                if one and name in self._cells.line.letters:
                    self._keep(name, values.written(one.amount))
            elif amount == 0:
                after.pop(kind, None)
            elif one is None or one.amount != amount or named not in (None, one.on):
                day = named or (one.on if one else self._day(name, self._model.drafted_on, act))
                after[kind] = StatedResult(kind=kind, amount=amount, on=day)
        if after == before:
            return []
        unit = self._known.unit_of(self._model, act.on)
        return [(partial(drafting.state_results, unit=unit, stated=tuple(after.values()), act=act), {})]

    def _day(self, column: str, since: date, act: Act) -> date:
        """The day of the row's results. `column`: of a result, empty if there is none. `since`: the first possible."""
        day: date | None = self._given.get("results_on", self._known.results_on)
        if day:
            return day
        counts = max([self._model.year, *(one.on.year for one in self._model.implemented)])
        presumed, sure = presumed_day(since=since, year=counts, last=act.on)
        if column and not sure:
            self.notes.append(undated(self._cells, column, presumed))
        return presumed

    def _corrected(self, kind: ContributionKind) -> Decimal:
        """The amount by which corrections have changed the contributions that the row knew, since it was made."""
        later = [one for one in self._model.restated if one.version > self._since]
        return sum(
            (
                sign * (fact.amount or Decimal(0))
                for one in later
                for sign, facts in ((-1, one.struck), (1, one.counted))
                for fact in facts
                if fact.kind is kind and fact.version <= self._since
            ),
            Decimal(0),
        )

    def _more(self, name: str, kind: ContributionKind) -> Decimal:
        """The amount by which the row's total exceeds the recorded one; 0 if the row does not change it."""
        total, since = Decimal(0), Decimal(0)
        for one in self._model.standing:
            if one.kind is kind:
                total += one.amount
                since += one.amount if one.version > self._since else 0
        since += self._corrected(kind)
        value, shown = self._given.get(name), values.written(total)
        if value is None:
            if total and name in self._cells.line.letters:
                self._keep(name, shown)
            return Decimal(0)
        if self._versioned and since and value != total:
            if value == total - since:
                self._overtake(name, shown)
            else:
                self._refuse(name, shown)
            return Decimal(0)
        more: Decimal = value - total
        if more < 0:
            heading, less = LAYOUT.by_key[name].heading, values.written(-more)
            self._cells.note(
                name,
                code="resources-shrink",
                vi=f"{heading}: lũy kế nhỏ hơn số đã ghi nhận {less}.",
                en=f"{heading}: the total is {less} less than what is recorded.",
            )
        return more

    def _keep(self, name: str, current: object) -> None:
        shown = _shown(current)
        self._note(
            name,
            code="cell-kept",
            vi=f"Ô trống không xóa gì: vẫn giữ “{shown}”.",
            en=f"An empty cell removes nothing: “{shown}” stays.",
        )

    def _overtake(self, name: str, current: object) -> None:
        heading, shown = LAYOUT.by_key[name].heading, _shown(current)
        self._note(
            name,
            code="changed-meanwhile",
            vi=f"“{heading}” đã được sửa sau khi tệp này được lập, nay là “{shown}”; nội dung cũ trong ô không ghi đè.",
            en=f"“{heading}” was changed after this file was made, to “{shown}”; the cell's old text changes nothing.",
        )

    def _refuse(self, name: str, current: object) -> None:
        heading, shown = LAYOUT.by_key[name].heading, _shown(current)
        self._cells.note(
            name,
            code="changed-meanwhile",
            vi=f"“{heading}” đã được người khác sửa sau khi tệp này được lập, nay là “{shown}”; hãy xuất lại rồi sửa.",
            en=f"“{heading}” was changed by others after this file was made, to “{shown}”; export it again.",
        )

    def _note(self, name: str, **problem: str) -> None:
        self.notes.append(RowProblem(cell=self._cells.line.address(name), **problem))


def _shown(value: object) -> str:
    return (getattr(value, "vi", "") or str(value))[:60]
