"""The rules of corrections: proposed by one person, approved by another where figures change, refused when stale."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.corrections.messages import (
    CorrectedFact,
    CorrectedValue,
    CorrectionMessages,
    CorrectionState,
    _CorrectionApproved,
    _CorrectionDeclined,
    _CorrectionHandedOver,
    _CorrectionProposed,
    _CorrectionRecalled,
)
from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about, changed
from services.kernel.inputs import nothing_changed, optional, required
from services.kernel.messages import Refused
from services.movement.changes import Change
from services.movement.homes import Homed, following
from services.movement.own_work import not_own_work

LONGEST_REASON = 4000
LONGEST_DOCUMENT = 300


class Correction(Homed, frozen=True, kw_only=True):
    """A fact of a record, named by the version that recorded it, and its values before and after.

    `unit`, `homes`: those of the record. `figures`: whether it changes figures.
    """

    record: str
    fact: CorrectedFact
    fact_version: int
    changes: tuple[Change, ...]
    values: tuple[CorrectedValue, ...]
    """The changes under the names that people see."""
    reverses: bool
    figures: bool
    state: CorrectionState
    reason: str
    document: str | None
    proposed_on: date
    proposed_by: str
    decided_on: date | None = None
    decided_by: str | None = None
    decline_reason: str | None = None
    authors: tuple[str, ...] = ()
    """The authors of the record at the time of the proposal. `toDo` does not show them the correction."""


def propose(
    *,
    key: str,
    record: Aggregate,
    authors: Iterable[str | None] = (),
    fact: CorrectedFact,
    fact_version: int,
    changes: Sequence[Change],
    shown: Sequence[Change],
    names: dict[str, tuple[str, str]],
    reverses: bool = False,
    figures: bool,
    reason: str,
    document: str,
    waiting: Iterable[Correction],
    messages: CorrectionMessages,
    act: Act,
) -> tuple[Correction, _CorrectionProposed]:
    """`authors`: as in `approve`. `shown`: the changes as people read them.

    `names`: field → its names in GraphQL and in Vietnamese. `waiting`: other corrections of the record that wait.

    The correction is in force at once if it changes no figures.
    """
    if not changes:
        raise nothing_changed()
    reason = required(
        reason,
        "reason",
        longest=LONGEST_REASON,
        vi="Lý do đính chính",
        en="The reason for the correction",
        lines=True,
    )
    basis = optional(
        document, "document", longest=LONGEST_DOCUMENT, vi="Văn bản căn cứ", en="The governing document"
    )
    _not_waiting(fact, fact_version, changes, waiting)
    correction = Correction(
        id=key,
        version=1,
        unit=record.unit,
        homes=record.homes if isinstance(record, Homed) else (),
        record=record.id,
        authors=tuple(sorted(one for one in authors if one)),
        fact=fact,
        fact_version=fact_version,
        changes=tuple(changes),
        values=tuple(
            CorrectedValue(field=field, name=vi, before=change.before, after=change.after)
            for change in shown
            for field, vi in [names[change.field]]
        ),
        reverses=reverses,
        figures=figures,
        state=CorrectionState.WAITING if figures else CorrectionState.APPLIED,
        reason=reason,
        document=basis or None,
        proposed_on=act.today,
        proposed_by=act.by,
        decided_on=None if figures else act.today,
    )
    return correction, messages.CorrectionProposed(
        **_about(correction, act),
        changes=correction.changes,
        reverses=reverses,
        figures=figures,
        applied=not figures,
        reason=reason,
        basis=basis,
    )


def approve(
    correction: Correction, *, authors: Iterable[str | None], messages: CorrectionMessages, act: Act
) -> tuple[Correction, _CorrectionApproved]:
    """`authors`: the persons and organisations whose work the record is. Neither they nor the proposer may approve."""
    approved = _decide(correction, CorrectionState.APPLIED, authors, act)
    return approved, messages.CorrectionApproved(**_about(approved, act), proposed_by=correction.proposed_by)


def decline(
    correction: Correction,
    *,
    reason: str,
    authors: Iterable[str | None],
    messages: CorrectionMessages,
    act: Act,
) -> tuple[Correction, _CorrectionDeclined]:
    reason = required(
        reason,
        "reason",
        longest=LONGEST_REASON,
        vi="Lý do không duyệt",
        en="The reason for declining",
        lines=True,
    )
    declined = _decide(correction, CorrectionState.DECLINED, authors, act, decline_reason=reason)
    return declined, messages.CorrectionDeclined(**_about(declined, act), reason=reason)


def recall(
    correction: Correction, *, messages: CorrectionMessages, act: Act
) -> tuple[Correction, _CorrectionRecalled]:
    if correction.proposed_by not in act.own:
        raise Refused(
            "not-proposer",
            "correction",
            vi="Chỉ người đã đề nghị mới rút lại được đính chính.",
            en="Only the person who proposed a correction can recall it.",
        )
    waits(correction)
    recalled = changed(correction, state=CorrectionState.RECALLED, decided_on=act.today, decided_by=act.by)
    return recalled, messages.CorrectionRecalled(**_about(recalled, act))


def follow(
    correction: Correction, record: Homed, *, messages: CorrectionMessages, act: Act
) -> tuple[Correction, _CorrectionHandedOver] | None:
    """The correction moves to the units to which its record was handed over. None if it is there already."""
    new = following(correction.home, record.homes)
    if not new:
        return None
    followed = changed(correction, homes=(*correction.homes, *new))
    event = messages.CorrectionHandedOver(
        **_about(followed, act), made_under=correction.unit, homes=followed.homes
    )
    return followed, event


def still_there(correction: Correction, present: Iterable[Change]) -> None:
    """Refused if a value that the correction replaces is another one by now. `present`: its changes, as of now."""
    now = {change.field: change.before for change in present}
    for change in correction.changes:
        value = now.get(change.field, change.after)
        if value != change.before:
            raise Refused(
                "fact-changed",
                "correction",
                vi=f"Dữ kiện đã thay đổi từ khi đề nghị: {change.field} nay là {value}, không phải {change.before}.",
                en=f"The fact has changed since the proposal: {change.field} is {value}, not {change.before}.",
            )


def _decide(
    correction: Correction, state: CorrectionState, authors: Iterable[str | None], act: Act, **more: Any
) -> Correction:
    waits(correction)
    not_own_work(
        {correction.proposed_by, *authors},
        act,
        "correction",
        vi="Người đề nghị đính chính và người có công việc được đính chính không tự duyệt; cần người thứ hai.",
        en="A second person must decide: neither the proposer of the correction nor the author of the record.",
    )
    return changed(correction, state=state, decided_on=act.today, decided_by=act.by, **more)


def waits(correction: Correction) -> None:
    """Refused unless the correction waits for a decision."""
    if correction.state is not CorrectionState.WAITING:
        raise Refused(
            "already-decided",
            "correction",
            vi=f"Đính chính này đã được quyết định: {correction.state.vi.lower()}.",
            en=f"This correction has been decided already: {correction.state}.",
        )


def _not_waiting(
    fact: CorrectedFact, fact_version: int, changes: Iterable[Change], waiting: Iterable[Correction]
) -> None:
    fields = {change.field for change in changes}
    for one in waiting:
        if (one.fact, one.fact_version) == (fact, fact_version) and fields & {c.field for c in one.changes}:
            raise Refused(
                "correction-waiting",
                vi=f"Dữ kiện này đã có một đính chính chờ duyệt: {one.id}.",
                en=f"A correction of this fact waits for approval already: {one.id}.",
            )


def _about(correction: Correction, act: Act) -> dict[str, Any]:
    return {
        **about(correction, act),
        "unit": str(correction.home),
        "record": correction.record,
        "fact": correction.fact,
        "fact_version": correction.fact_version,
        "on": act.today,
    }
