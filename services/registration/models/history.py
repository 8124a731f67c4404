"""The history of a model, read from its events: it is not stored a second time."""

from collections.abc import Mapping
from typing import Any

from services.kernel.messages import Event, Recorded
from services.kernel.units import UnitPath
from services.movement.changes import Change
from services.registration.models.messages import (
    ContributionRecorded,
    ModelAccepted,
    ModelBegun,
    ModelCarriedOver,
    ModelCorrected,
    ModelDiscontinued,
    ModelDrafted,
    ModelHandedOver,
    ModelLevelChanged,
    ModelOwnerChanged,
    ModelReturned,
    ModelRevised,
    ModelSelfAssessed,
    ModelStep,
    ModelSubmitted,
    ModelWithdrawn,
    ProgressNoted,
)

KINDS: Mapping[ModelStep, type[Event]] = {
    ModelStep.DRAFT: ModelDrafted,
    ModelStep.REVISE: ModelRevised,
    ModelStep.SUBMIT: ModelSubmitted,
    ModelStep.RETURN: ModelReturned,
    ModelStep.ACCEPT: ModelAccepted,
    ModelStep.BEGIN: ModelBegun,
    ModelStep.NOTE: ProgressNoted,
    ModelStep.CONTRIBUTE: ContributionRecorded,
    ModelStep.SELF_ASSESS: ModelSelfAssessed,
    ModelStep.CARRY_OVER: ModelCarriedOver,
    ModelStep.CHANGE_LEVEL: ModelLevelChanged,
    ModelStep.CHANGE_OWNER: ModelOwnerChanged,
    ModelStep.HAND_OVER: ModelHandedOver,
    ModelStep.WITHDRAW: ModelWithdrawn,
    ModelStep.DISCONTINUE: ModelDiscontinued,
    ModelStep.CORRECT: ModelCorrected,
}
_STEPS = {kind.subject: step for step, kind in KINDS.items()}

NAMES: Mapping[str, tuple[str, str]] = {
    "title": ("title", "Tên mô hình"),
    "summary": ("summary", "Tóm tắt cách làm"),
    "place": ("place", "Địa điểm"),
    "target": ("target", "Chỉ tiêu dự kiến"),
    "programme": ("programme", "Phong trào, chương trình"),
    "year": ("year", "Năm đăng ký"),
    "field": ("field", "Lĩnh vực"),
    "subject_kind": ("subjectKind", "Tập thể, cá nhân"),
    "submitted_on": ("submittedOn", "Ngày gửi đăng ký"),
    "registered_on": ("registeredOn", "Ngày chấp nhận đăng ký"),
    "begun_on": ("begunOn", "Ngày bắt đầu triển khai"),
    "carried_over_on": ("carriedOverOn", "Ngày chuyển tiếp"),
    "ended_on": ("endedOn", "Ngày rút hoặc dừng thực hiện"),
    "stated": ("stated", "Kết quả nêu khi đăng ký"),
    "level": ("level", "Cấp"),
    "owner": ("owner", "Tổ chức chủ trì"),
    "unit": ("livesUnder", "Đơn vị"),
    "contribution": ("contributions", "Nguồn lực huy động"),
    "rating": ("selfAssessment", "Kết quả tự đánh giá"),
    "kind": ("kind", "Loại nguồn lực"),
    "amount": ("amount", "Số lượng nguồn lực"),
    "covers": ("covers", "Số tiền bao gồm những gì"),
    "on": ("on", "Ngày huy động"),
    "note": ("note", "Ghi chú nguồn lực"),
}
"""Changed value → its name in GraphQL and its name in Vietnamese."""


def fact(recorded: Recorded) -> dict[str, Any]:
    """An event of a model as a row of its history."""
    step = _STEPS[recorded.type]
    event: Any = recorded.read(KINDS[step])
    return {
        "_id": recorded.id,
        "version": event.version,
        "step": step,
        "name": step.vi,
        "on": event.on,
        "recorded_at": recorded.recorded_at,
        "by": recorded.caller,
        "asked_by": getattr(event, "proposed_by", None),
        "reason": getattr(event, "reason", None),
        "document": getattr(event, "basis", None) or None,
        "text": getattr(event, "text", None) or getattr(event, "note", None) or None,
        "changes": [
            {"field": NAMES[c.field][0], "name": NAMES[c.field][1], "before": c.before, "after": c.after}
            for c in _changes(event)
        ],
    }


def describe(recorded: Recorded) -> tuple[str, str]:
    """A short description of an event, in Vietnamese and in English."""
    step = _STEPS[recorded.type]
    changed = [NAMES[change.field] for change in _changes(recorded.read(KINDS[step]))]
    vi, en = ", ".join(name.lower() for _, name in changed), ", ".join(name for name, _ in changed)
    return f"{step.vi} ({vi})" if vi else step.vi, f"{step} ({en})" if en else step.value


def _changes(event: Event) -> tuple[Change, ...]:
    match event:
        case ModelRevised() | ModelCorrected():
            return event.changes
        case ModelLevelChanged():
            return (Change(field="level", before=event.before, after=event.after),)
        case ModelOwnerChanged():
            return (Change(field="owner", before=event.before, after=event.after),)
        case ModelHandedOver():
            before, after = UnitPath(event.before).unit, UnitPath(event.unit).unit
            return (Change(field="unit", before=before, after=after),)
        case ContributionRecorded():
            return (Change(field="contribution", before=None, after=f"{event.amount} {event.kind}"),)
        case ModelWithdrawn():
            return tuple(
                Change(field="contribution", before=f"{one.amount} {one.kind}", after=None)
                for one in event.taken
            )
        case ModelSelfAssessed():
            return (Change(field="rating", before=None, after=event.rating),)
        case _:
            return ()
