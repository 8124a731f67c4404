"""Judges a row of a list of models: a new draft, a change of a model, no change, or an error at a cell."""

import hashlib
from collections.abc import Mapping
from typing import Any

from services.kernel.act import Act
from services.kernel.messages import Event
from services.kernel.sheets.judging import Cells, Outcome, judged
from services.kernel.sheets.lines import Line
from services.kernel.sheets.messages import Fate, RowProblem
from services.kernel.text import folded
from services.kernel.units import DatedUnit
from services.registration.models import drafting, registering
from services.registration.models.domain import Model
from services.registration.models.messages import StatedResult
from services.registration.sheets.changing import change
from services.registration.sheets.columns import LAYOUT
from services.registration.sheets.known import RESOURCES, Effect, Known
from services.registration.sheets.naming import owner_named, programme_named
from services.registration.sheets.results import last_day, presumed_day, undated


def judge(line: Line, known: Known, act: Act, *, key: str, submit: bool) -> Outcome[Effect]:
    """A row with a model's id changes that model; any other row adds a draft. `key`: the id that a new model gets.

    `act`: the importing person's, as of today.
    """
    if "model" in line.cells:
        return judged(line, LAYOUT, lambda cells: change(cells, known, act))
    return judged(line, LAYOUT, lambda cells: _drafted(cells, known, act, key, submit=submit))


def _drafted(cells: Cells, known: Known, act: Act, key: str, *, submit: bool) -> Outcome[Effect]:
    given = cells.values()
    cells.require(given)
    owner = None
    if "owner" in given:
        owners = known.owners_named(given["owner"])
        owner = cells.attempt("owner", owner_named, given["owner"], owners, known.by_name)
    programme = cells.attempt("programme", programme_named, given.get("programme"), known.programmes)
    cells.stop_if_faulty()
    assert owner is not None, "it is required"  # noqa: S101
    act = act.dated(given.get("on", act.today))
    unit = known.unit_of(owner, act.on)
    stated, undated = _stated(cells, given, known, known.unit_of(owner, act.today), act)
    model, drafted = cells.must(
        lambda: drafting.draft(
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
            stated=stated,
            act=act,
        )
    )
    events: list[Event] = [drafted]
    if submit:
        model, submitted = cells.must(lambda: registering.submit(model, unit=unit, act=act))
        events.append(submitted)
    warnings = (*_same_title(cells.line, model, known), *undated)
    return Outcome(
        Fate.WARNING if warnings else Fate.ACCEPTED,
        record=key,
        version=model.version,
        new=True,
        problems=warnings,
        effect=Effect(made=(model, events)),
    )


def _stated(
    cells: Cells, given: Mapping[str, Any], known: Known, unit: DatedUnit, act: Act
) -> tuple[list[StatedResult], list[RowProblem]]:
    """The results that a new row states, and a warning where their day has to be presumed."""
    named = [name for name in RESOURCES if given.get(name)]
    day, sure = given.get("results_on", known.results_on), True
    if day is None:
        year, last = given.get("year", act.on.year), last_day(unit, act.today)
        day, sure = presumed_day(since=act.on, year=year, last=last)
    stated = [StatedResult(kind=RESOURCES[name], amount=given[name], on=day) for name in named]
    return stated, [undated(cells, named[0], day)] if named and not sure else []


def _same_title(line: Line, model: Model, known: Known) -> tuple[RowProblem, ...]:
    """A warning when an earlier row, or a model that is recorded, has the same owner, title and year."""
    alike = _hash(model.owner, folded(model.title), str(model.year))
    first = known.titles.setdefault(alike, line.number)
    recorded = known.recorded.get((model.owner, model.title, model.year))
    if first != line.number:
        warning = RowProblem(
            cell=line.address("title"),
            code="title-twice",
            vi=f"Cùng tổ chức, cùng tên, cùng năm với dòng {first}.",
            en=f"The owner, title and year are the same as in row {first}.",
        )
    elif recorded:
        warning = RowProblem(
            cell=line.address("title"),
            code="title-known",
            vi=f"Tổ chức đã có mô hình cùng tên, cùng năm: {recorded}. Nếu là mô hình ấy, hãy ghi mã ấy vào dòng.",
            en=f"The owner has a model of this title and year: {recorded}. If you mean it, write its id in the row.",
        )
    else:
        return ()
    return (warning,)


def _hash(*texts: str) -> int:
    """64 bits: two different rows of 50,000 have the same hash once in 10^10 files."""
    return int.from_bytes(hashlib.blake2b("\0".join(texts).encode(), digest_size=8).digest())
