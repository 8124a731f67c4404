"""What becomes of a row of a sheet: a new draft, a change of an old one, nothing, or an error at a cell."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from typing import Any

from services.kernel.messages import Event, Refusal, Refused
from services.kernel.text import folded
from services.kernel.units import DatedUnit, UnitPath
from services.movement.words import ContributionKind, field_named
from services.registration.models import domain as models
from services.registration.models.domain import Act, Model
from services.registration.organisations.domain import Organisation, in_being
from services.registration.programmes.domain import Programme
from services.registration.sheets import values
from services.registration.sheets.columns import BY_KEY, COLUMNS
from services.registration.sheets.messages import Fate, RowProblem
from services.registration.sheets.reading import Line

Change = Callable[[Model], tuple[Model, Event]]
RESOURCES = {
    "land_m2": ContributionKind.LAND_M2,
    "work_days": ContributionKind.WORK_DAY,
    "money": ContributionKind.MONEY,
}
REVISED = ("title", "field", "subject_kind", "place", "summary", "target", "year", "programme")
NOTE = "Nhập từ tệp, phần tăng thêm so với lần trước"
_CELLS = {"subjectKind": "subject_kind", "amount": "money"}


@dataclass(slots=True)
class Known:
    """What the rows of a job are judged by. `earlier`: rows of the same file that were imported before → model.

    `titles`: a digest of each owner, title and year that this job has seen so far → the row it was seen in first.
    """

    owners: Mapping[str, Organisation]
    units: Mapping[str, DatedUnit]
    programmes: dict[str, Programme] = field(default_factory=dict)
    by_name: dict[str, list[Organisation]] = field(default_factory=dict)
    earlier: dict[int, str] = field(default_factory=dict)
    titles: dict[int, int] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for owner in self.owners.values():
            self.by_name.setdefault(folded(owner.name), []).append(owner)


@dataclass(frozen=True, slots=True)
class Asker:
    """In whose name, and when."""

    id: str
    own: frozenset[str]
    today: date
    at: datetime

    def act(self, on: date) -> Act:
        return Act(by=self.id, own=self.own, on=on, today=self.today, at=self.at)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`made`: a new model with its events. `changes`: what is to be done with the one called `model`."""

    number: int
    fate: Fate
    title: str = ""
    model: str | None = None
    problems: tuple[RowProblem, ...] = ()
    made: tuple[Model, list[Event]] | None = None
    changes: tuple[Change, ...] = ()


def judge(
    line: Line, letters: Mapping[str, str], known: Known, asker: Asker, *, key: str, submit: bool
) -> Outcome:
    """`letters`: the columns' places. `key`: the id of the model that may come of it."""
    title = values.text(line.cells.get("title", ""))[:200]
    if line.number in known.earlier:
        model = known.earlier[line.number]
        return Outcome(
            line.number,
            Fate.UNCHANGED,
            title,
            model,
            (
                _note(
                    "",
                    "row-imported",
                    f"Dòng này đã nhập trước đây: {model}.",
                    f"It was imported before: {model}.",
                ),
            ),
        )
    try:
        if "model" in line.cells:
            return _changed(line, letters, known, asker, title)
        return _drafted(line, letters, known, asker, key, title, submit=submit)
    except _Wrong as wrong:
        return Outcome(line.number, Fate.ERROR, title, problems=tuple(wrong.problems))


class _Wrong(Exception):  # noqa: N818 - ends the judging of a row
    def __init__(self, problems: list[RowProblem]) -> None:
        self.problems = problems


def _drafted(
    line: Line,
    letters: Mapping[str, str],
    known: Known,
    asker: Asker,
    key: str,
    title: str,
    *,
    submit: bool,
) -> Outcome:
    read = _Cells(line, letters)
    given = read.values(asker.today)
    for column in COLUMNS:
        if column.required and column.key not in given and not read.wrong(column.key):
            read.missing(column.key)
    for name in RESOURCES.keys() & given.keys():
        if given[name]:
            read.note(
                name,
                "resources-too-early",
                "Nguồn lực chỉ ghi nhận cho mô hình đã đăng ký; hãy nhập lại với mã mô hình sau khi được chấp nhận.",
                "Contributions are recorded of registered models; import them again with the model's id then.",
            )
    owner = read.tried("owner", lambda: _owner(given["owner"], known)) if "owner" in given else None
    programme = read.tried("programme", lambda: _programme(given.get("programme"), known))
    read.stop()
    assert owner is not None  # noqa: S101 - else it had stopped
    on = given.get("on", asker.today)
    act = asker.act(on)
    model, drafted = read.must(
        lambda: models.draft(
            key=key,
            owner=owner.id,
            unit=_in_force(owner, on, known),
            title=given["title"],
            summary=given.get("summary", ""),
            place=given.get("place", ""),
            target=given.get("target", ""),
            programme=programme,
            year=given.get("year"),
            field=given["field"],
            subject_kind=given["subject_kind"],
            act=act,
        )
    )
    events: list[Event] = [drafted]
    if submit:
        model, submitted = read.must(lambda: models.submit(model, act=act))
        events.append(submitted)
    warnings = _seen_before(line.number, model, known, read.address("title"))
    fate = Fate.WARNING if warnings else Fate.ACCEPTED
    return Outcome(line.number, fate, title, key, warnings, made=(model, events))


def _seen_before(number: int, model: Model, known: Known, cell: str) -> tuple[RowProblem, ...]:
    alike = _hash(model.owner, folded(model.title), str(model.year))
    first = known.titles.setdefault(alike, number)
    if first == number:
        return ()
    return (
        _note(
            cell,
            "title-twice",
            f"Cùng tổ chức, cùng tên, cùng năm với dòng {first}.",
            f"The same owner, title and year as row {first}.",
        ),
    )


def _hash(*texts: str) -> int:
    """64 bits: of 50,000 rows two are taken for one by chance once in 10^10 files."""
    return int.from_bytes(hashlib.blake2b("\0".join(texts).encode(), digest_size=8).digest())


def _changed(line: Line, letters: Mapping[str, str], known: Known, asker: Asker, title: str) -> Outcome:
    read = _Cells(line, letters)
    given = read.values(asker.today)
    key = values.text(line.cells["model"])
    model = known.models.get(key)
    if model is None:
        vi, en = f"Không tìm thấy mô hình “{key[:60]}”.", f"There is no model “{key[:60]}”."
        read.note("model", "model-not-found", vi, en)
    read.stop()
    assert model is not None  # noqa: S101 - else it had stopped
    owner = known.owners.get(model.owner)
    if "owner" in given and owner and folded(given["owner"]) not in (folded(owner.name), owner.id):
        read.note(
            "owner",
            "owner-differs",
            f"Mô hình do “{owner.name}” chủ trì; đổi tổ chức chủ trì là một việc riêng, có lý do.",
            f"The model is owned by “{owner.name}”; changing the owner is an act of its own, with a reason.",
        )
    if given.get("on", model.drafted_on) != model.drafted_on:
        read.note(
            "on", "day-differs", "Ngày lập không sửa được.", "The day it was drafted cannot be changed."
        )
    read.stop()
    if "programme" in given:
        programme = read.tried("programme", lambda: _programme(given["programme"], known))
        read.stop()
        given["programme"] = programme.id if programme else ""
    changes = _changes(model, given, known, asker.act(asker.today))
    state = model
    for change in changes:
        state = read.must(partial(change, state))[0]
    return Outcome(
        line.number,
        Fate.ACCEPTED if changes else Fate.UNCHANGED,
        title or model.title,
        key,
        changes=tuple(changes),
    )


def _changes(model: Model, given: Mapping[str, Any], known: Known, act: Act) -> list[Change]:
    changes: list[Change] = []
    revised = {
        name: given[name] for name in REVISED if name in given and given[name] != (getattr(model, name) or "")
    }
    if revised:
        whole: dict[str, Any] = dict.fromkeys(REVISED) | revised
        changes.append(partial(models.revise, programmes=known.programmes, act=act, **whole))
    for name, kind in RESOURCES.items():
        if name not in given:
            continue
        more = given[name] - sum((c.amount for c in model.contributions if c.kind is kind), Decimal(0))
        if more < 0:
            raise _Wrong(
                [
                    _note(
                        "",
                        "resources-shrink",
                        f"{BY_KEY[name].heading}: lũy kế nhỏ hơn số đã ghi nhận {values.written(-more)}.",
                        f"{BY_KEY[name].heading}: the total is {values.written(-more)} less than what is recorded.",
                    )
                ]
            )
        if more > 0:
            changes.append(
                partial(models.contribute, kind=kind, amount=f"{more:f}", note=NOTE, covers=None, act=act)
            )
    return changes


class _Cells:
    """Reads the cells of a row, and keeps what is wrong with each."""

    def __init__(self, line: Line, letters: Mapping[str, str]) -> None:
        self._line, self._letters = line, letters
        self._problems = [RowProblem(cell=p.cell, code=p.code, vi=p.vi, en=p.en) for p in line.problems]

    def address(self, key: str) -> str:
        return f"{self._letters[key]}{self._line.number}" if key in self._letters else ""

    def wrong(self, key: str) -> bool:
        return any(problem.cell == self.address(key) for problem in self._problems)

    def values(self, today: date) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for key, value in self._line.cells.items():
            found = self.tried(key, partial(_value, key, value))
            if found is not None:
                given[key] = found
        return given

    def tried(self, key: str, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except Refused as refused:
            self._refused(refused.refusal, key)
            return None

    def must(self, do: Callable[[], Any]) -> Any:
        try:
            return do()
        except Refused as refused:
            fields = refused.refusal.fields or ("",)
            self._refused(refused.refusal, _CELLS.get(fields[0], fields[0]))
            raise _Wrong(self._problems) from None

    def missing(self, key: str) -> None:
        heading = BY_KEY[key].heading
        self.note(key, "cell-missing", f"Thiếu “{heading}”.", f"“{heading}” is missing.")

    def note(self, key: str, code: str, vi: str, en: str) -> None:
        self._problems.append(_note(self.address(key), code, vi, en))

    def stop(self) -> None:
        if self._problems:
            raise _Wrong(self._problems)

    def _refused(self, refusal: Refusal, key: str) -> None:
        self.note(key, refusal.code, refusal.vi, refusal.en)


def _value(key: str, value: Any) -> Any:
    match key:
        case "field":
            return field_named(values.text(value))
        case "title":
            # A long one is often broken into the lines of its cell.
            return " ".join(values.text(value).split())
        case "subject_kind":
            return values.subject_kind(value)
        case "year":
            return values.whole(value, "year")
        case "on":
            return values.day(value, "on")
        case "land_m2" | "work_days" | "money":
            return values.number(value, key)
        case _:
            return values.text(value)


def _owner(named: str, known: Known) -> Organisation:
    if named in known.owners:
        return known.owners[named]
    found = known.by_name.get(folded(named), [])
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{owner.id} ({UnitPath(owner.unit).unit})" for owner in found[:5])
        raise Refused(
            "owner-ambiguous",
            "owner",
            vi=f"Có {len(found)} tổ chức tên “{named[:60]}”; hãy ghi mã: {ids}.",
            en=f"There are {len(found)} organisations “{named[:60]}”; write the id: {ids}.",
        )
    near = get_close_matches(folded(named), known.by_name, n=3, cutoff=0.6)
    names = "; ".join(known.by_name[one][0].name for one in near)
    raise Refused(
        "owner-not-found",
        "owner",
        vi=f"Không có tổ chức “{named[:60]}” trong đơn vị." + (f" Có phải: {names}?" if names else ""),
        en=f"There is no organisation “{named[:60]}” in the unit." + (f" Perhaps: {names}?" if names else ""),
    )


def _programme(named: str | None, known: Known) -> Programme | None:
    """By id or by name."""
    if not named:
        return None
    if named in known.programmes:
        return known.programmes[named]
    found = [one for one in known.programmes.values() if folded(one.name) == folded(named)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{one.id} ({one.period}, {UnitPath(one.unit).unit})" for one in found[:5])
        raise Refused(
            "programme-ambiguous",
            "programme",
            vi=f"Có {len(found)} chương trình tên “{named[:60]}”; hãy ghi mã: {ids}.",
            en=f"There are {len(found)} programmes “{named[:60]}”; write the id: {ids}.",
        )
    raise Refused(
        "programme-not-found",
        "programme",
        vi=f"Không tìm thấy phong trào, chương trình “{named[:60]}”.",
        en=f"There is no programme “{named[:60]}”.",
    )


def _in_force(owner: Organisation, on: date, known: Known) -> Any:
    unit = known.units.get(UnitPath(owner.unit).unit)
    spell = unit.at(on) if unit else None
    in_being(owner, on, "owner")
    if spell is None:
        raise Refused(
            "unit-not-in-force",
            "on",
            vi=f"Đơn vị của “{owner.name}” không tồn tại vào ngày {on:%d/%m/%Y}.",
            en=f"The unit of “{owner.name}” did not exist on {on}.",
        )
    return spell


def _note(cell: str, code: str, vi: str, en: str) -> RowProblem:
    return RowProblem(cell=cell, code=code, vi=vi, en=en)
