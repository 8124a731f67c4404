"""An invented event of each type, for the README and the tests of the contract. The values never vary."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from services.kernel.public.events import PublicEvent, type_of
from services.kernel.public.published import Published
from services.kernel.units import UnitLevel
from services.movement.words import Field, Level, SubjectKind
from services.review.contract import events
from services.review.messages import Closing, ReviewStep, Verdict

WARD = events.Unit(
    id="u18115",
    code="18115",
    name="Phường Bắc Hồng",
    level=UnitLevel.COMMUNE,
    within=["vn", "u42", "u437"],
)
SUCCESSOR = events.Unit(
    id="u18115-2025",
    code="18115",
    name="Phường Bắc Hồng Lĩnh",
    level=UnitLevel.COMMUNE,
    within=["vn", "u42"],
)
DECIDED, NOMINATED = date(2018, 11, 12), date(2018, 11, 20)


def _about(on: date, unit: events.Unit = WARD) -> events.About:
    return {
        "review": "review_0c2f4f8a7d5b4e2f9d0f3a1b",
        "model": "model_5a1d3c7e9b2f4a6c8e0d1f3b",
        "unit": unit,
        "on": on,
        "year": 2018,
        "level": Level.COMMUNE,
        "field": Field.ECONOMY,
        "kind": SubjectKind.COLLECTIVE,
    }


def _decision(step: ReviewStep, on: date, verdict: Verdict) -> events.Decision:
    about: dict[str, Any] = {name: _about(on)[name] for name in ("on", "field", "kind", "level", "year")}
    return events.Decision(step=step, verdict=verdict, **about)


EVENTS: tuple[PublicEvent, ...] = (
    events.Opened(**_about(date(2018, 3, 8))),
    events.Recognised(**_about(DECIDED)),
    events.NotMet(**_about(DECIDED)),
    events.Nominated(**_about(NOMINATED)),
    events.Corrected(
        **_about(date(2018, 12, 3)),
        verdict=Verdict.NOT_MET,
        struck=[_decision(ReviewStep.DECIDE, DECIDED, Verdict.RECOGNISED)],
        counted=[_decision(ReviewStep.DECIDE, DECIDED, Verdict.NOT_MET)],
    ),
    events.Revoked(
        **_about(date(2019, 4, 2)),
        verdict=Verdict.REVOKED,
        revoked=[
            _decision(ReviewStep.REVOKE, date(2019, 4, 2), Verdict.RECOGNISED),
            _decision(ReviewStep.REVOKE_NOMINATION, date(2019, 4, 2), Verdict.RECOGNISED),
        ],
    ),
    events.Closed(**_about(date(2019, 5, 6)), because=Closing.WITHDRAWN, uncounted=Verdict.RECOGNISED),
    events.HandedOver(**_about(date(2025, 7, 1), SUCCESSOR), made_under=WARD),
)


def published() -> Iterator[Published]:
    """The samples as the database keeps them. Each is recorded at 17:30 Vietnamese time of its day."""
    for number, event in enumerate(EVENTS, 1):
        data = msgspec.to_builtins(event)
        day = date.fromisoformat(data["on"])
        yield Published(
            id=number,
            event=f"{number:024x}",
            type=type_of("review", event.name),
            subject=data["review"],
            at=datetime(day.year, day.month, day.day, 10, 30, tzinfo=UTC),
            trace="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            data=data,
        )
