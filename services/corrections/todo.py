"""The corrections of one service that wait for a second person."""

from services.corrections.messages import APPROVERS, CorrectionMessages, CorrectionState
from services.corrections.repository import Corrections
from services.todo.messages import ToDoKind
from services.todo.sources import Records, Source


def corrections_to_approve(messages: CorrectionMessages, *titles: tuple[Records, str]) -> Source:
    """`titles`: the repositories of records that can be corrected, each with the field that holds the title."""
    return Source(
        kind=ToDoKind.CORRECTION_TO_APPROVE,
        of=messages.kind,
        records=Corrections,
        roles=APPROVERS,
        open={"state": CorrectionState.WAITING.value},
        since="proposed_on",
        acts=("approveCorrection", "declineCorrection"),
        own=("proposed_by", "authors"),
        inherits=messages.ApproveCorrection.inherits,
        about="record",
        titles=titles,
    )
