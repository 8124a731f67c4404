"""The rules of programmes: their years, themes and plans, and the models that can belong to them."""

from collections.abc import Sequence
from datetime import date

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import about, changed
from services.kernel.inputs import EARLIEST, happened, nothing_changed, optional, required
from services.kernel.messages import Refused
from services.kernel.text import folded
from services.kernel.units import DatedUnit, UnitPath
from services.movement.homes import Step, handed_over
from services.registration.documents.domain import Document
from services.registration.issued.domain import Issue
from services.registration.programmes.messages import (
    DocumentCited,
    PlanItem,
    PlanItemAdded,
    PlanItemDropped,
    ProgrammeEnded,
    ProgrammeHandedOver,
    ProgrammeStarted,
    Theme,
    ThemeSet,
)

LONGEST_NAME = 300
LONGEST_TEXT = 1000
LONGEST_LEAD = 200
MOST_DOCUMENTS = 50
MOST_ITEMS = 500
LONGEST_PERIOD = 15
"""Length of a period in years, at most."""
AHEAD = 10
"""Years between today and the first year of a programme, at most."""


class Programme(Issue, frozen=True, kw_only=True):
    """`years`: the years in which it runs. They end early when the programme is ended."""

    name: str
    first_year: int
    last_year: int
    years: tuple[int, ...]
    documents: tuple[str, ...]
    started_on: date
    themes: tuple[Theme, ...] = ()
    plan: tuple[PlanItem, ...] = ()
    ended_on: date | None = None
    end_reason: str | None = None

    @property
    def period(self) -> str:
        return f"{self.first_year}–{self.last_year}"


def start(
    *,
    key: str,
    unit: DatedUnit,
    name: str,
    first_year: int,
    last_year: int,
    documents: Sequence[Document],
    act: Act,
) -> tuple[Programme, ProgrammeStarted]:
    path = unit.in_force(act.on).path
    happened(act.on, act.today)
    latest = act.today.year + AHEAD
    if not EARLIEST.year <= first_year <= latest or not 0 <= last_year - first_year < LONGEST_PERIOD:
        raise Refused(
            "years-invalid",
            "firstYear",
            "lastYear",
            vi=f"Thời kỳ cần bắt đầu trong khoảng {EARLIEST.year}–{latest} và dài từ 1 đến {LONGEST_PERIOD} năm.",
            en=f"The period must begin between {EARLIEST.year} and {latest} and last 1 to {LONGEST_PERIOD} years.",
        )
    if not documents:
        raise Refused(
            "documents-empty",
            "documents",
            vi="Chương trình cần ít nhất một văn bản căn cứ.",
            en="A programme needs at least one document as its basis.",
        )
    cited = tuple(dict.fromkeys(document.id for document in documents))
    _limit_documents(len(cited))
    name = required(name, "name", longest=LONGEST_NAME, vi="Tên chương trình", en="The programme's name")
    programme = Programme(
        id=key,
        version=1,
        unit=path,
        identity=f"{unit.id}/{first_year}/{last_year}/{folded(name)}",
        name=name,
        first_year=first_year,
        last_year=last_year,
        years=tuple(range(first_year, last_year + 1)),
        documents=cited,
        started_on=act.on,
    )
    return programme, ProgrammeStarted(
        **about(programme, act),
        name=name,
        first_year=first_year,
        last_year=last_year,
        documents=cited,
        on=act.on,
    )


def cite(programme: Programme, *, document: Document, act: Act) -> tuple[Programme, DocumentCited]:
    _require_running(programme)
    if document.id in programme.documents:
        raise Refused(
            "document-cited",
            "document",
            vi="Chương trình đã dựa trên văn bản này.",
            en="The programme has this document already.",
        )
    _limit_documents(len(programme.documents) + 1)
    cited = changed(programme, documents=(*programme.documents, document.id))
    return cited, DocumentCited(**about(cited, act), document=document.id)


def set_theme(
    programme: Programme, *, year: int, theme: str, document: Document | None, act: Act
) -> tuple[Programme, ThemeSet]:
    _require_year(programme, year)
    theme = required(theme, "theme", longest=LONGEST_TEXT, vi="Chủ đề", en="The theme")
    known = {one.year: one for one in programme.themes}
    before = known.get(year)
    new = Theme(year=year, theme=theme, document=document.id if document else None)
    if new == before:
        raise nothing_changed("theme", "document")
    known[year] = new
    themed = changed(programme, themes=tuple(known[one] for one in sorted(known)))
    return themed, ThemeSet(
        **about(themed, act),
        year=year,
        theme=theme,
        document=new.document,
        before=before.theme if before else None,
    )


def add_item(
    programme: Programme, *, year: int, task: str, lead: str, due_on: date | None, act: Act
) -> tuple[Programme, PlanItemAdded]:
    _require_year(programme, year)
    if due_on and due_on.year != year:
        raise Refused(
            "due-in-another-year",
            "dueOn",
            vi=f"Hạn {due_on:%d/%m/%Y} không nằm trong năm {year}.",
            en=f"The day {due_on} is not in {year}.",
        )
    if len(programme.plan) >= MOST_ITEMS:
        raise Refused(
            "too-many-items",
            "programme",
            vi=f"Một chương trình có tối đa {MOST_ITEMS} nhiệm vụ.",
            en=f"A programme has at most {MOST_ITEMS} plan items.",
        )
    item = PlanItem(
        item=programme.next_version,
        year=year,
        task=required(task, "task", longest=LONGEST_TEXT, vi="Nhiệm vụ", en="The task"),
        lead=optional(lead, "lead", longest=LONGEST_LEAD, vi="Đơn vị chủ trì", en="The leading unit"),
        due_on=due_on,
    )
    plan = sorted((*programme.plan, item), key=lambda one: (one.year, one.due_on or date.max, one.item))
    added = changed(programme, plan=tuple(plan))
    return added, PlanItemAdded(**about(added, act), **msgspec.structs.asdict(item))


def drop_item(programme: Programme, *, item: int, reason: str, act: Act) -> tuple[Programme, PlanItemDropped]:
    _require_running(programme)
    if all(one.item != item for one in programme.plan):
        raise Refused(
            "item-not-found",
            "item",
            vi=f"Kế hoạch không có nhiệm vụ số {item}.",
            en=f"There is no plan item {item}.",
        )
    reason = _reason(reason)
    dropped = changed(programme, plan=tuple(one for one in programme.plan if one.item != item))
    return dropped, PlanItemDropped(**about(dropped, act), item=item, reason=reason)


def end(programme: Programme, *, reason: str, act: Act) -> tuple[Programme, ProgrammeEnded]:
    """Models can join the programme for the years up to that of the act."""
    on = act.on
    _require_running(programme)
    happened(on, act.today)
    if on < programme.started_on:
        raise Refused(
            "date-too-early",
            "on",
            vi=f"Ngày {on:%d/%m/%Y} sớm hơn ngày bắt đầu ({programme.started_on:%d/%m/%Y}).",
            en=f"{on} is before the start of the programme ({programme.started_on}).",
        )
    reason = _reason(reason)
    years = tuple(year for year in programme.years if year <= on.year)
    ended = changed(programme, ended_on=on, end_reason=reason, years=years)
    return ended, ProgrammeEnded(**about(ended, act), reason=reason, on=on)


def hand_over(
    programme: Programme, *, steps: Sequence[Step], document: str, act: Act
) -> tuple[Programme, ProgrammeHandedOver]:
    """The programme moves to the units of these steps, each from its day on. Models of these units can join it too."""
    handed, told = handed_over(programme, steps, document=document, act=act)
    return handed, ProgrammeHandedOver(**told)


def admit(programme: Programme, *units: str, year: int) -> None:
    """Refused if a model of this year and these units cannot join the programme. `units`: paths of its units."""
    if year not in programme.years:
        ended = f", kết thúc ngày {programme.ended_on:%d/%m/%Y}" if programme.ended_on else ""
        raise Refused(
            "programme-not-in-year",
            "programme",
            "year",
            vi=f"“{programme.name}” ({programme.period}{ended}) không có năm {year}.",
            en=f"“{programme.name}” ({programme.period}{f', ended on {programme.ended_on}' if ended else ''}) "
            f"does not run in {year}.",
        )
    if not any(UnitPath(unit).within(path.unit) for unit in units for path in programme.paths):
        raise Refused(
            "programme-elsewhere",
            "programme",
            vi=f"“{programme.name}” là chương trình của đơn vị khác, không bao gồm đơn vị của mô hình.",
            en=f"“{programme.name}” is for another unit, and the model's unit is not below that one.",
        )


def _require_year(programme: Programme, year: int) -> None:
    _require_running(programme)
    if year not in programme.years:
        raise Refused(
            "programme-not-in-year",
            "year",
            vi=f"Năm {year} không thuộc thời kỳ {programme.period}.",
            en=f"{year} is not within {programme.period}.",
        )


def _require_running(programme: Programme) -> None:
    if programme.ended_on:
        raise Refused(
            "programme-ended",
            "programme",
            vi=f"Chương trình đã kết thúc ngày {programme.ended_on:%d/%m/%Y}.",
            en=f"The programme ended on {programme.ended_on}.",
        )


def _limit_documents(documents: int) -> None:
    if documents > MOST_DOCUMENTS:
        raise Refused(
            "too-many-documents",
            "documents",
            vi=f"Một chương trình dựa trên tối đa {MOST_DOCUMENTS} văn bản.",
            en=f"A programme has at most {MOST_DOCUMENTS} documents.",
        )


def _reason(text: str) -> str:
    return required(text, "reason", longest=LONGEST_TEXT, vi="Lý do", en="The reason", lines=True)


def known_already(known: Programme) -> Refused:
    return Refused(
        "programme-known",
        "name",
        vi=f"“{known.name}” {known.period} của đơn vị này đã có: {known.id}.",
        en=f"This unit has the programme “{known.name}” {known.period} already: {known.id}.",
    )
