"""Rules that suggest a relation between two models, and people's decisions on suggestions."""

from collections.abc import Sequence
from datetime import date

import msgspec

from services.kernel.act import Act
from services.kernel.aggregate import Aggregate, about, changed
from services.kernel.inputs import optional, required
from services.kernel.messages import Refused
from services.kernel.units import UnitPath
from services.registration.models.domain import Model
from services.registration.relations.likeness import Content, Corpus, Likeness, content
from services.registration.relations.messages import (
    LONGEST_REASON,
    Ground,
    RelationConfirmed,
    RelationDismissed,
    RelationKind,
    RelationLapsed,
    RelationState,
    RelationSuggested,
)

FEWEST_WORDS = 2
"""Content words that two titles must share to be compared."""
ONE, ALL_BUT_ONE, WHOLE = 740, 660, 980
"""Two titles of the same period are one model from `alike` >= ONE, or `alike` >= ALL_BUT_ONE and `covered` >= WHOLE."""
CARRIED_ON = 620
"""Mean of `alike` and `covered` from which a title continues an earlier one of the same owner."""
SPREAD = 660
"""Mean of `alike` and `covered` from which a method counts as replicated, if its words also weigh TELLING."""
TELLING = 14
"""Least weight of the shared words when owners differ: “nông thôn mới” alone is in too many titles to be a method."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """The data by which a model is compared. `places`: names of its unit and of the units above it."""

    id: str
    owner: str
    owner_kind: str
    unit: str
    title: str
    on: date
    year: int
    places: tuple[str, ...] = ()
    follows: frozenset[str] = frozenset()
    """Predecessors of its unit."""

    @property
    def half(self) -> int:
        """Half-year of its draft, 1 or 2; 0 when it was not drafted in its own year."""
        return (self.on.month + 5) // 6 if self.on.year == self.year else 0

    @property
    def order(self) -> tuple[int, int, date, str]:
        return self.year, self.half, self.on, self.id

    def said(self) -> Content:
        return content(self.title, self.places)


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    other: str
    kind: RelationKind
    score: int


def compare(one: Side, another: Side, corpus: Corpus) -> Suggestion | None:
    """The relation that the later model may have to the earlier one; None if the likeness is too small.

    The order of the arguments does not matter.
    """
    newer, older = sorted((one, another), key=lambda side: side.order, reverse=True)
    ours, theirs = newer.said(), older.said()
    if len(ours.words & theirs.words) < FEWEST_WORDS:
        return None
    found = corpus.likeness(ours, theirs)
    kind = _kind(newer, older, found, apart=_apart(ours, theirs))
    if kind is None:
        return None
    return Suggestion(
        model=newer.id,
        other=older.id,
        kind=kind,
        score=found.alike if kind is RelationKind.DUPLICATE else _mean(found),
    )


def grounds(newer: Side, older: Side, corpus: Corpus) -> tuple[Ground, ...]:
    """The phrases that both titles have, as the newer one writes them."""
    return tuple(
        Ground(text=shared.text, weight=shared.weight)
        for shared in corpus.shared(newer.said(), older.said(), newer.title)
    )


def _kind(newer: Side, older: Side, found: Likeness, *, apart: bool) -> RelationKind | None:
    """`apart`: the two titles name different places."""
    if newer.owner == older.owner or _succeeds(newer, older):
        if apart:
            return None
        if _at_one_time(newer, older) and _one(found):
            return RelationKind.DUPLICATE
        # In the same half-year too: a later report may say more than the earlier one.
        return RelationKind.CONTINUATION if _mean(found) >= CARRIED_ON else None
    here = newer.unit == older.unit
    if found.telling < TELLING or (here and apart):
        return None
    if here and newer.year == older.year and _one(found):
        return RelationKind.DUPLICATE
    return RelationKind.REPLICATION if _mean(found) >= SPREAD else None


def _at_one_time(newer: Side, older: Side) -> bool:
    """Whether both are of the same half-year. An unknown half-year matches either."""
    return newer.year == older.year and (newer.half == older.half or 0 in (newer.half, older.half))


def _succeeds(newer: Side, older: Side) -> bool:
    """Whether the newer model's owner is the same kind of body, in a successor of the older model's unit."""
    return newer.owner_kind == older.owner_kind and UnitPath(older.unit).unit in newer.follows


def _one(found: Likeness) -> bool:
    return found.alike >= ONE or (found.alike >= ALL_BUT_ONE and found.covered >= WHOLE)


def _apart(ours: Content, theirs: Content) -> bool:
    return bool(ours.places and theirs.places and not ours.places & theirs.places)


def _mean(found: Likeness) -> int:
    return (found.alike + found.covered) // 2


class Relation(Aggregate, frozen=True, kw_only=True):
    """Belongs to the smallest unit that contains both models, so a caller who may see it may see both models."""

    model: str
    other: str
    models: tuple[str, ...]
    """Ids of both models, to find the relation from either one."""
    pair: str
    """Both ids in one text. Two models have one relation, whichever of them is later."""
    kind: RelationKind
    state: RelationState
    score: int = 0
    grounds: tuple[Ground, ...] = ()
    suggested_on: date | None = None
    decided_on: date | None = None
    decided_by: str | None = None
    reason: str | None = None


def pair_of(one: str, another: str) -> str:
    return " ".join(sorted((one, another)))


def _between(model: str, other: str, *, key: str, unit: str, kind: RelationKind) -> Relation:
    """A relation that no event has announced yet."""
    return Relation(
        id=key,
        version=0,
        unit=unit,
        model=model,
        other=other,
        models=(model, other),
        pair=pair_of(model, other),
        kind=kind,
        state=RelationState.SUGGESTED,
    )


def shared_unit(one: str, another: str) -> str:
    """The path of the smallest unit that contains both."""
    common = []
    for ours, theirs in zip(UnitPath(one).segments, UnitPath(another).segments, strict=False):
        if ours != theirs:
            break
        common.append(ours)
    return "/" + "/".join(common)


def suggest(
    known: Relation | None,
    suggestion: Suggestion,
    *,
    because: tuple[Ground, ...],
    key: str,
    unit: str,
    act: Act,
) -> tuple[Relation, RelationSuggested] | None:
    """None when the suggestion is known, or a person has decided."""
    if known and known.state in (RelationState.CONFIRMED, RelationState.DISMISSED):
        return None
    earlier = known or _between(suggestion.model, suggestion.other, key=key, unit=unit, kind=suggestion.kind)
    relation = msgspec.structs.replace(
        earlier,
        state=RelationState.SUGGESTED,
        model=suggestion.model,
        other=suggestion.other,
        kind=suggestion.kind,
        score=suggestion.score,
        grounds=because,
    )
    if relation == known:
        return None
    relation = changed(relation, suggested_on=act.on)
    return relation, RelationSuggested(
        **about(relation, act),
        model=relation.model,
        other=relation.other,
        kind=relation.kind,
        score=relation.score,
        grounds=relation.grounds,
        on=act.on,
    )


def lapse(relation: Relation, *, act: Act) -> tuple[Relation, RelationLapsed]:
    lapsed = changed(relation, state=RelationState.LAPSED)
    return lapsed, RelationLapsed(**about(lapsed, act), model=relation.model, other=relation.other, on=act.on)


def confirm(
    relation: Relation, *, kind: RelationKind | None, reason: str, act: Act
) -> tuple[Relation, RelationConfirmed]:
    """A dismissed relation may be confirmed later, and a confirmed one dismissed. The log keeps both decisions."""
    reason = optional(reason, "reason", longest=LONGEST_REASON, vi="Lý do", en="The reason")
    _undecided(relation, RelationState.CONFIRMED)
    confirmed = _decided(relation, RelationState.CONFIRMED, kind or relation.kind, reason, act)
    return confirmed, _confirmed(confirmed, suggested=relation.suggested_on is not None, act=act)


def dismiss(relation: Relation, *, reason: str, act: Act) -> tuple[Relation, RelationDismissed]:
    reason = _why(reason)
    _undecided(relation, RelationState.DISMISSED)
    dismissed = _decided(relation, RelationState.DISMISSED, relation.kind, reason, act)
    return dismissed, RelationDismissed(
        **about(dismissed, act),
        model=relation.model,
        other=relation.other,
        kind=relation.kind,
        reason=reason,
        on=act.on,
    )


def declare(
    known: Sequence[Relation],
    *,
    key: str,
    model: Model,
    other: Model,
    kind: RelationKind,
    reason: str,
    act: Act,
) -> tuple[Relation, RelationConfirmed]:
    """`known`: the relation that the two models have already, if any."""
    reason = _why(reason)
    if model.id == other.id:
        raise Refused(
            "same-model",
            "other",
            vi="Một mô hình không thể có quan hệ với chính nó.",
            en="A model cannot have a relation to itself.",
        )
    for relation in known:
        _undecided(relation, RelationState.CONFIRMED)
        directed = msgspec.structs.replace(relation, model=model.id, other=other.id)
        asserted = _decided(directed, RelationState.CONFIRMED, kind, reason, act)
        return asserted, _confirmed(asserted, suggested=relation.suggested_on is not None, act=act)
    relation = _between(model.id, other.id, key=key, unit=shared_unit(model.unit, other.unit), kind=kind)
    asserted = _decided(relation, RelationState.CONFIRMED, kind, reason, act)
    return asserted, _confirmed(asserted, suggested=False, act=act)


def _confirmed(relation: Relation, *, suggested: bool, act: Act) -> RelationConfirmed:
    return RelationConfirmed(
        **about(relation, act),
        model=relation.model,
        other=relation.other,
        kind=relation.kind,
        suggested=suggested,
        reason=relation.reason or "",
        on=act.on,
    )


def _decided(relation: Relation, state: RelationState, kind: RelationKind, reason: str, act: Act) -> Relation:
    return changed(
        relation,
        state=state,
        kind=kind,
        reason=reason,
        decided_on=act.on,
        decided_by=act.by,
    )


def _undecided(relation: Relation, wanted: RelationState) -> None:
    if relation.state is wanted:
        raise Refused(
            "already-decided",
            "relation",
            vi=f"Quan hệ này đã ở trạng thái “{wanted.vi}” từ ngày {relation.decided_on:%d/%m/%Y}.",
            en=f"This relation has been {wanted} since {relation.decided_on}.",
        )


def _why(reason: str) -> str:
    return required(reason, "reason", longest=LONGEST_REASON, vi="Lý do", en="The reason", lines=True)
