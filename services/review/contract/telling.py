"""Makes public events from review's internal events. It leaves out names of persons, titles and reasons."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from services.directory.units import Directory
from services.kernel.log.inbox import Heard
from services.kernel.messages import Event, Recorded
from services.kernel.mongo.transaction import Transaction
from services.kernel.public.events import PublicEvent
from services.kernel.units import DatedUnit, UnitPath
from services.review.contract import events
from services.review.contract.events import About
from services.review.messages import (
    CountedDecision,
    ReviewClosed,
    ReviewCorrected,
    ReviewDecided,
    ReviewHandedOver,
    ReviewNominated,
    ReviewOpened,
    ReviewRevoked,
    Verdict,
)

Units = Mapping[str, DatedUnit]


async def tell(heard: Sequence[Heard], tx: Transaction) -> list[tuple[Recorded, PublicEvent]]:
    paths = {path for one in heard for path in _paths(one.event)}
    units = {unit.id: unit for unit in await Directory(tx).many([UnitPath(path).unit for path in paths])}
    return [(one.recorded, told(one.event, units)) for one in heard]


def told(event: Any, units: Units) -> PublicEvent:
    """The public event for an internal one. `units`: the units that it names, by id; unknown ones are missing."""
    about = {
        "review": event.key,
        "model": event.model,
        "unit": _unit(event.unit, event.on, units),
        "on": event.on,
        "year": event.year,
        "level": event.level,
        "field": event.field,
        "kind": event.subject_kind,
    }
    return TOLD[type(event)](event, about, units)


def _decided(event: ReviewDecided, about: About, _: Units) -> PublicEvent:
    kind = events.Recognised if event.verdict is Verdict.RECOGNISED else events.NotMet
    return kind(**about)


def _corrected(event: ReviewCorrected, about: About, _: Units) -> PublicEvent:
    return events.Corrected(
        **about,
        verdict=event.verdict,
        struck=list(map(_decision, event.struck)),
        counted=list(map(_decision, event.counted)),
    )


def _revoked(event: ReviewRevoked, about: About, _: Units) -> PublicEvent:
    return events.Revoked(**about, verdict=event.verdict, revoked=list(map(_decision, event.revoked)))


def _closed(event: ReviewClosed, about: About, _: Units) -> PublicEvent:
    return events.Closed(**about, because=event.because, uncounted=event.verdict)


def _handed_over(event: ReviewHandedOver, about: About, units: Units) -> PublicEvent:
    # The hand-over may be entered much later than the unit ended.
    since = event.homes[-1].since
    about |= {"on": since, "unit": _unit(event.unit, since, units)}
    return events.HandedOver(**about, made_under=_unit(event.made_under, since, units))


TOLD: Mapping[type[Event], Callable[[Any, About, Units], PublicEvent]] = {
    ReviewOpened: lambda event, about, units: events.Opened(**about),
    ReviewDecided: _decided,
    ReviewNominated: lambda event, about, units: events.Nominated(**about),
    ReviewCorrected: _corrected,
    ReviewRevoked: _revoked,
    ReviewClosed: _closed,
    ReviewHandedOver: _handed_over,
}
"""Type of internal event → function that makes the public event. `ReviewedModelChanged` is not published."""


def _paths(event: Any) -> list[str]:
    return [event.unit, event.made_under] if isinstance(event, ReviewHandedOver) else [event.unit]


def _unit(path: str, on: date, units: Units) -> events.Unit:
    *above, id_ = UnitPath(path).segments
    unit = units.get(id_)
    spell = (unit.at(on) or unit.spells[-1]) if unit else None
    return events.Unit(
        id=id_,
        code=spell.code if spell else None,
        name=spell.name if spell else None,
        level=spell.level if spell else None,
        within=above,
    )


def _decision(decision: CountedDecision) -> events.Decision:
    return events.Decision(
        step=decision.step,
        on=decision.on,
        verdict=decision.verdict,
        field=decision.field,
        kind=decision.subject_kind,
        level=decision.level,
        year=decision.year,
    )
