"""Judges a row of a list of models: a new draft, a change of a model, no change, or an error at a cell."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from typing import Any

from services.kernel.act import Act
from services.kernel.messages import Event, Refused
from services.kernel.sheets import values
from services.kernel.sheets.judging import Cells, Faulty, Outcome, judged
from services.kernel.sheets.lines import Line
from services.kernel.sheets.messages import Fate, RowProblem
from services.kernel.text import folded
from services.kernel.units import DatedUnit, UnitPath
from services.movement.words import ContributionKind
from services.registration.models import domain as models
from services.registration.models.domain import Model
from services.registration.models.messages import MODEL
from services.registration.organisations.domain import Organisation
from services.registration.programmes.domain import Programme
from services.registration.sheets.columns import LAYOUT

Change = Callable[[Model], tuple[Model, Event]]
RESOURCES = {
    "land_m2": ContributionKind.LAND_M2,
    "work_days": ContributionKind.WORK_DAY,
    "money": ContributionKind.MONEY,
}
REVISED = ("title", "field", "subject_kind", "place", "summary", "target", "year", "programme")
NOTE = "Nhập từ tệp, phần tăng thêm so với lần trước"


@dataclass(slots=True)
class Known:
    """The records by which the rows of a job are judged.

    `titles`: a digest of each owner, title and year that the job has met → the row that it met first.
    """

    owners: Mapping[str, Organisation]
    units: dict[str, DatedUnit]
    programmes: dict[str, Programme] = field(default_factory=dict)
    by_name: dict[str, list[Organisation]] = field(default_factory=dict)
    titles: dict[int, int] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for owner in self.owners.values():
            self.by_name.setdefault(folded(owner.name), []).append(owner)

    def unit_of(self, record: Organisation | Model) -> DatedUnit:
        return self.units[UnitPath(record.unit).unit]


@dataclass(frozen=True, slots=True)
class Effect:
    """Written by an import for one row: a new model with its events, or the next versions of a known model."""

    made: tuple[Model, list[Event]] | None = None
    changes: tuple[tuple[Model, Event], ...] = ()


def judge(line: Line, known: Known, act: Act, *, key: str, submit: bool) -> Outcome[Effect]:
    """A row with a model's id changes that model; any other row adds a draft. `key`: the id that a new model gets.

    `act`: the importing person's, as of today.
    """
    if "model" in line.cells:
        return judged(line, LAYOUT, lambda cells: _changed(cells, known, act))
    return judged(line, LAYOUT, lambda cells: _drafted(cells, known, act, key, submit=submit))


def _drafted(cells: Cells, known: Known, act: Act, key: str, *, submit: bool) -> Outcome[Effect]:
    given = cells.values()
    cells.require(given)
    for name in RESOURCES.keys() & given.keys():
        if given[name]:
            cells.note(
                name,
                code="resources-too-early",
                vi="Nguồn lực chỉ ghi nhận cho mô hình đã đăng ký; hãy nhập lại với mã mô hình sau khi được chấp nhận.",
                en="Contributions are recorded of registered models; import them again with the model's id then.",
            )
    owner = cells.attempt("owner", _owner, given["owner"], known) if "owner" in given else None
    programme = cells.attempt("programme", _programme, given.get("programme"), known)
    cells.stop_if_faulty()
    assert owner is not None, "it is required"  # noqa: S101
    act = act.dated(given.get("on", act.today))
    unit = known.unit_of(owner)
    model, drafted = cells.must(
        lambda: models.draft(
            key=key,
            owner=owner,
            unit=unit,
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
        model, submitted = cells.must(lambda: models.submit(model, unit=unit, act=act))
        events.append(submitted)
    warnings = _same_title(cells.line, model, known)
    return Outcome(
        Fate.WARNING if warnings else Fate.ACCEPTED,
        record=key,
        new=True,
        problems=warnings,
        effect=Effect(made=(model, events)),
    )


def _same_title(line: Line, model: Model, known: Known) -> tuple[RowProblem, ...]:
    """A warning when an earlier row of the file has the same owner, title and year."""
    alike = _hash(model.owner, folded(model.title), str(model.year))
    first = known.titles.setdefault(alike, line.number)
    if first == line.number:
        return ()
    warning = RowProblem(
        cell=line.address("title"),
        code="title-twice",
        vi=f"Cùng tổ chức, cùng tên, cùng năm với dòng {first}.",
        en=f"The same owner, title and year as row {first}.",
    )
    return (warning,)


def _hash(*texts: str) -> int:
    """64 bits: two different rows of 50,000 have the same hash once in 10^10 files."""
    return int.from_bytes(hashlib.blake2b("\0".join(texts).encode(), digest_size=8).digest())


def _changed(cells: Cells, known: Known, act: Act) -> Outcome[Effect]:
    given = cells.values()
    key = cells.line.text("model")
    model = known.models.get(key)
    if model is None:
        vi, en = f"Không tìm thấy mô hình “{key[:60]}”.", f"There is no model “{key[:60]}”."
        cells.note("model", code=f"{MODEL.field}-not-found", vi=vi, en=en)
    cells.stop_if_faulty()
    assert model is not None, "a problem was noted"  # noqa: S101
    owner = known.owners.get(model.owner)
    if "owner" in given and owner and folded(given["owner"]) not in (folded(owner.name), owner.id):
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
            en="The day it was drafted cannot be changed.",
        )
    cells.stop_if_faulty()
    if "programme" in given:
        programme = cells.attempt("programme", _programme, given["programme"], known)
        cells.stop_if_faulty()
        given["programme"] = programme.id if programme else ""
    changes = []
    for change in _changes(model, given, known, act):
        model, event = cells.must(partial(change, model))
        changes.append((model, event))
    # A later row of the same model is judged by this one's result.
    known.models[key] = model
    return Outcome(
        Fate.ACCEPTED if changes else Fate.UNCHANGED,
        record=key,
        title=model.title,
        effect=Effect(changes=tuple(changes)),
    )


def _changes(model: Model, given: Mapping[str, Any], known: Known, act: Act) -> list[Change]:
    changes: list[Change] = []
    unit = known.unit_of(model)
    act = act.dated(_last_day(unit, act.today))
    revised = {
        name: given[name] for name in REVISED if name in given and given[name] != (getattr(model, name) or "")
    }
    if revised:
        whole: dict[str, Any] = dict.fromkeys(REVISED) | revised
        changes.append(partial(models.revise, unit=unit, programmes=known.programmes, act=act, **whole))
    for name, kind in RESOURCES.items():
        if name not in given:
            continue
        more = given[name] - sum((c.amount for c in model.contributions if c.kind is kind), Decimal(0))
        if more < 0:
            heading, less = LAYOUT.by_key[name].heading, values.written(-more)
            problem = RowProblem(
                cell="",
                code="resources-shrink",
                vi=f"{heading}: lũy kế nhỏ hơn số đã ghi nhận {less}.",
                en=f"{heading}: the total is {less} less than what is recorded.",
            )
            raise Faulty([problem])
        if more > 0:
            changes.append(
                partial(
                    models.contribute,
                    unit=unit,
                    kind=kind,
                    amount=f"{more:f}",
                    note=NOTE,
                    covers=None,
                    act=act,
                )
            )
    return changes


def _last_day(unit: DatedUnit, today: date) -> date:
    """Today, or the last day of a unit that has ended: later acts on its models are refused."""
    ended = unit.spells[-1].until
    return min(today, ended - timedelta(days=1)) if ended else today


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
    """The programme with this id or name."""
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
