"""The public events of review, version 1. They contain no name of a person and no free text."""

from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from services.kernel.public.events import PublicEvent
from services.kernel.units import UnitLevel
from services.movement.words import Field, Level, SubjectKind
from services.review.messages import Closing, ReviewStep, Verdict


class Unit(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An administrative unit, as it was on the day of the event."""

    id: Annotated[str, Meta(description="Danvan's id of the unit. It never changes.")]
    code: Annotated[
        str | None, Meta(description="The national code (General Statistics Office); null if unknown.")
    ]
    name: Annotated[str | None, Meta(description="The name in Vietnamese; null if unknown.")]
    level: Annotated[UnitLevel | None, Meta(description="The level of the unit; null if unknown.")]
    within: Annotated[
        list[str],
        Meta(description="Ids of the units above it, the country first. Its own id is not in the list."),
    ]


class Decision(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A decision as reports count it."""

    step: Annotated[ReviewStep, Meta(description="What was decided.")]
    on: Annotated[date, Meta(description="The day of the decision.")]
    verdict: Annotated[Verdict, Meta(description="The verdict that was given, nominated or taken back.")]
    field: Annotated[Field, Meta(description="The field in which it is counted.")]
    kind: Annotated[SubjectKind, Meta(description="Whether it is counted for a collective or an individual.")]
    level: Annotated[Level, Meta(description="The level at which it is counted.")]
    year: Annotated[int | None, Meta(description="The year that the model was judged for; null if unknown.")]


class _AboutReview(PublicEvent, frozen=True, kw_only=True):
    """The fields of every event."""

    review: Annotated[str, Meta(description="The id of the review; also the attribute `subject`.")]
    model: Annotated[str, Meta(description="The id of the model.")]
    unit: Annotated[Unit, Meta(description="The unit to which the model belongs on that day.")]
    on: Annotated[
        date, Meta(description="The day on which it happened. `time` is the moment at which it was recorded.")
    ]
    year: Annotated[int | None, Meta(description="The year that the model is judged for; null if unknown.")]
    level: Annotated[Level, Meta(description="The level of the model on that day.")]
    field: Annotated[Field, Meta(description="The field of the model.")]
    kind: Annotated[
        SubjectKind, Meta(description="Whether the model belongs to a collective or to an individual.")
    ]


class Opened(_AboutReview, frozen=True, kw_only=True):
    """The review waits for a decision: the model was accepted, or carried over to its next year after a decision."""


class Recognised(_AboutReview, frozen=True, kw_only=True):
    """The council recognised the model."""


class NotMet(_AboutReview, frozen=True, kw_only=True):
    """The council found that the model does not meet the criteria."""


class Nominated(_AboutReview, frozen=True, kw_only=True):
    """The recognised model was proposed to the next level for commendation."""


class Corrected(_AboutReview, frozen=True, kw_only=True):
    """A decision was recorded wrongly, and was corrected or reversed. Count `counted` instead of `struck`."""

    verdict: Annotated[
        Verdict | None, Meta(description="The verdict that holds now; null while there is none.")
    ]
    struck: Annotated[list[Decision], Meta(description="Decisions that no longer count, on their days.")]
    counted: Annotated[
        list[Decision], Meta(description="Decisions that count instead of these, on their days.")
    ]


class Revoked(_AboutReview, frozen=True, kw_only=True):
    """A recognition or a nomination was right when it was made, and no longer holds from this day on."""

    verdict: Annotated[Verdict, Meta(description="The verdict that holds now.")]
    revoked: Annotated[list[Decision], Meta(description="The revocations, as reports count them.")]


class Closed(_AboutReview, frozen=True, kw_only=True):
    """The model was withdrawn, discontinued or lost: the review takes no more decisions."""

    because: Annotated[Closing, Meta(description="Why it was closed.")]
    uncounted: Annotated[
        Verdict | None,
        Meta(
            description="The verdict that no longer counts from this day on, or at all if `because` is RECORD_LOST; "
            "null if no verdict is affected."
        ),
    ]


class HandedOver(_AboutReview, frozen=True, kw_only=True):
    """The unit of the model has ended. From this day on, the model and its review belong to `unit`."""

    made_under: Annotated[Unit, Meta(description="The unit in which the model was first recorded.")]


EVENTS: tuple[type[_AboutReview], ...] = (
    *(Opened, Recognised, NotMet, Nominated),
    *(Corrected, Revoked, Closed, HandedOver),
)
About = dict[str, Any]
"""The fields of every event, by name."""
