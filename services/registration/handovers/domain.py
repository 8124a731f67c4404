"""The rules of hand-overs: which units can take over the records of an ended unit. No successor is guessed."""

from collections.abc import Sequence
from datetime import date

from services.kernel.inputs import optional
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.registration.handovers.family import Family, Successor

LONGEST_DOCUMENT = 300
MOST_NAMED = 10
"""Successors that a refusal names, at most."""


def choose(family: Family, unit: DatedUnit, to: str | None, *, today: date) -> Successor:
    """The successor that takes over. `to`: the id of the wanted one; None: the one that has the whole unit."""
    successors = family.successors(unit, today)
    name = unit.spells[-1].name
    if not successors:
        raise Refused(
            "unit-not-ended",
            "unit",
            vi=f"{name} chưa kết thúc, hoặc không rõ đơn vị kế thừa: không có gì để bàn giao.",
            en=f"{name} has not ended, or its successors are not known: there is nothing to hand over.",
        )
    if to is None:
        whole = family.whole_successor(unit, today)
        if whole is None:
            raise Refused(
                "successor-needed",
                "to",
                vi=f"{name} bị chia, tách: phải chọn đơn vị kế thừa, một trong {_named(successors)}.",
                en=f"{name} was split: choose the successor, one of {_named(successors)}.",
            )
        return whole
    chosen = next((one for one in successors if one.unit.id == to), None)
    if chosen is None:
        raise Refused(
            "not-a-successor",
            "to",
            vi=f"“{to[:60]}” không kế thừa {name}; các đơn vị kế thừa: {_named(successors)}.",
            en=f"“{to[:60]}” does not succeed {name}; its successors are {_named(successors)}.",
        )
    if not chosen.only_way:
        first = [one for one in successors if len(one.steps) == 1]
        raise Refused(
            "succession-ambiguous",
            "to",
            vi=f"Từ {name} đến đơn vị ấy có nhiều đường: hãy bàn giao trước cho một trong {_named(first)}.",
            en=f"There are several ways from {name} to this unit: hand over to one of {_named(first)} first.",
        )
    return chosen


def document_of(text: str) -> str:
    return optional(
        text, "document", longest=LONGEST_DOCUMENT, vi="Văn bản bàn giao", en="The document of the hand-over"
    )


def _named(successors: Sequence[Successor]) -> str:
    names = [f"{one.unit.spells[-1].name} ({one.unit.id})" for one in successors[:MOST_NAMED]]
    return ", ".join([*names, "…"] if len(successors) > MOST_NAMED else names)
