"""When two models are taken for one, for its continuation or for its replication, and what people make of that."""

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
"""Of content that two titles must share to be compared at all."""
ONE, ALL_BUT_ONE, WHOLE = 740, 660, 980
"""From here on two titles of one time are wordings of one: `alike`, and less of it where the shorter is `covered`."""
CARRIED_ON = 620
"""From here on a title of the same owner carries an earlier one on: the mean of `alike` and `covered`."""
SPREAD = 660
"""From here on a method has spread: the same mean, with words that tell enough."""
TELLING = 14
"""What shared words must weigh where the owners differ: “nông thôn mới” alone, said everywhere, is no method."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of two models, as far as they are compared. `places`: names of its unit and of those above it."""

    id: str
    owner: str
    owner_kind: str
    unit: str
    title: str
    on: date
    year: int
    places: tuple[str, ...] = ()
    follows: frozenset[str] = frozenset()
    """The units that its unit came of."""

    @property
    def half(self) -> int:
        """Of its year: 1 or 2; 0 where it was not made in the year that it is for."""
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
    grounds: tuple[Ground, ...]


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
        grounds=tuple(
            Ground(text=shared.text, weight=shared.weight)
            for shared in corpus.shared(ours, theirs, newer.title)
        ),
    )


def _kind(newer: Side, older: Side, found: Likeness, *, apart: bool) -> RelationKind | None:
    """`apart`: they name different places."""
    if newer.owner == older.owner or _succeeds(newer, older):
        if apart:
            return None
        if _at_one_time(newer, older) and _one(found):
            return RelationKind.DUPLICATE
        # Of one half-year too: a report that says more than the one before it goes on with what that one began.
        return RelationKind.CONTINUATION if _mean(found) >= CARRIED_ON else None
    here = newer.unit == older.unit
    if found.telling < TELLING or (here and apart):
        return None
    if here and newer.year == older.year and _one(found):
        return RelationKind.DUPLICATE
    return RelationKind.REPLICATION if _mean(found) >= SPREAD else None


def _at_one_time(newer: Side, older: Side) -> bool:
    """In the same half-year, as far as is known."""
    return newer.year == older.year and (newer.half == older.half or 0 in (newer.half, older.half))


def _succeeds(newer: Side, older: Side) -> bool:
    """The same body of the unit that the older one's became."""
    return newer.owner_kind == older.owner_kind and UnitPath(older.unit).unit in newer.follows


def _one(found: Likeness) -> bool:
    return found.alike >= ONE or (found.alike >= ALL_BUT_ONE and found.covered >= WHOLE)


def _apart(ours: Content, theirs: Content) -> bool:
    return bool(ours.places and theirs.places and not ours.places & theirs.places)


def _mean(found: Likeness) -> int:
    return (found.alike + found.covered) // 2


class Relation(Aggregate, frozen=True, kw_only=True):
    """Belongs to the smallest unit that has both models: who may see it sees both sides."""

    model: str
    other: str
    models: tuple[str, ...]
    """Both, by which it is found from either side."""
    pair: str
    """Both in one text: there is one relation between two models, whichever way it goes."""
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
    """As nobody has told of it yet."""
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
    """The path of the smallest unit that has both."""
    common = []
    for ours, theirs in zip(UnitPath(one).segments, UnitPath(another).segments, strict=False):
        if ours != theirs:
            break
        common.append(ours)
    return "/" + "/".join(common)


def suggest(
    known: Relation | None, suggestion: Suggestion, *, key: str, unit: str, act: Act
) -> tuple[Relation, RelationSuggested] | None:
    """None where it says nothing new, or a person has decided already."""
    if known and known.state in (RelationState.CONFIRMED, RelationState.DISMISSED):
        return None
    told = known or _between(suggestion.model, suggestion.other, key=key, unit=unit, kind=suggestion.kind)
    relation = msgspec.structs.replace(
        told,
        state=RelationState.SUGGESTED,
        model=suggestion.model,
        other=suggestion.other,
        kind=suggestion.kind,
        score=suggestion.score,
        grounds=suggestion.grounds,
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
    """A dismissed one may be confirmed later, and the other way round: both are told."""
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
            en="A model has no relation to itself.",
        )
    for relation in known:
        _undecided(relation, RelationState.CONFIRMED)
        told = msgspec.structs.replace(relation, model=model.id, other=other.id)
        asserted = _decided(told, RelationState.CONFIRMED, kind, reason, act)
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
