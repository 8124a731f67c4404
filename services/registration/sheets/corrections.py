"""The second table of an export of models: each corrected value, before and after."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from services.corrections import repository
from services.corrections.messages import CorrectedFact, CorrectionState
from services.corrections.repository import Corrections
from services.kernel.mongo.access import Access
from services.kernel.sheets.columns import Column
from services.kernel.sheets.sheet import Attachment
from services.movement.words import ContributionKind, Covers, Field, SubjectKind
from services.registration.corrections.messages import CORRECTIONS
from services.registration.models import history, redating
from services.registration.sheets.messages import StartExport

COLUMNS = (
    Column("model", "Mã mô hình", "", 28),
    Column("title", "Tên mô hình", "", 60),
    Column("fact", "Dữ kiện", "", 32),
    Column("name", "Mục được đính chính", "", 26),
    Column("before", "Giá trị trước", "", 26),
    Column("after", "Giá trị sau", "", 26),
    Column("on", "Có hiệu lực ngày", "", 14),
    Column("reason", "Lý do đính chính", "", 60),
    Column("document", "Văn bản căn cứ", "", 28),
    Column("proposed_by", "Người đề nghị", "", 24),
    Column("decided_by", "Người duyệt", "", 24),
    Column("correction", "Mã đính chính", "", 36),
)
_READ: Mapping[str, Callable[[str], Any]] = {
    "field": lambda code: Field(code).vi,
    "subjectKind": lambda code: SubjectKind(code).vi,
    "kind": lambda code: ContributionKind(code).vi,
    "covers": lambda code: Covers(code).vi,
    "amount": Decimal,
    "year": int,
    **{history.NAMES[name][0]: date.fromisoformat for name in ("on", *redating.DAYS.values())},
}
"""Field of a corrected value → makes the value of the cell from the text of the correction. Other fields stay texts."""
_SHOWN = repository.columns(CORRECTIONS.kind)


async def rows(records: Sequence[Mapping[str, Any]], access: Access) -> list[dict[str, Any]]:
    """One row for each value that a correction in force has replaced. Models are in the order of the export."""
    titles = {record["model"]: record["title"] for record in records}
    wanted = {"record": {"$in": list(titles)}, "state": CorrectionState.APPLIED.value}
    found = Corrections.seen(access).find(wanted, sort=[("_id", 1)])
    of_models: dict[str, list[dict[str, Any]]] = {model: [] for model in titles}
    async for document in found:
        correction = _SHOWN.whole(document, access.sees)
        model = correction["record"]
        of_models[model] += [_row(titles[model], correction, value) for value in correction["values"]]
    return [row for corrected in of_models.values() for row in corrected]


def _row(title: str, correction: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    fact = CorrectedFact(correction["fact"]).vi
    same = {name: correction[name] for name in ("reason", "document", "proposed_by", "decided_by")}
    return {
        **same,
        "model": correction["record"],
        "title": title,
        "fact": f"Hủy bỏ: {fact}" if correction["reverses"] else fact,
        "name": value["name"],
        "before": _cell(value["field"], value["before"]),
        "after": _cell(value["field"], value["after"]),
        "on": date.fromisoformat(correction["decided_on"]),
        "correction": correction["id"],
    }


def _cell(field: str, text: str | None) -> Any:
    return text and _READ.get(field, str)(text)


ATTACHMENT: Attachment[StartExport] = Attachment(
    title="Đính chính",
    columns=COLUMNS,
    rows=rows,
    alone=lambda command: command.corrections,
    file="dinh-chinh-mo-hinh",
)
