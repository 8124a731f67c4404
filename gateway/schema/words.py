"""The services' words as enums of the schema. The Vietnamese name of each value is its description."""

from typing import Any

import strawberry

from gateway.schema.review.events import ReviewEventKind
from services.corrections.messages import CorrectedFact, CorrectionState
from services.kernel.messages import Role
from services.kernel.sheets.messages import Fate, FileFormat, JobKind, JobState
from services.kernel.units import SuccessionKind, UnitLevel
from services.kernel.words import Word
from services.movement.words import (
    BodyKind,
    ContributionKind,
    Covers,
    Field,
    Level,
    OutlierRule,
    SubjectKind,
)
from services.registration.delegations.messages import Side
from services.registration.documents.messages import DocumentKind
from services.registration.formality.messages import FormalityRule, QuestionState
from services.registration.handovers.messages import HandedKind
from services.registration.launches.messages import Standing
from services.registration.models.messages import ModelState, ModelStep, SelfRating
from services.registration.relations.messages import RelationKind, RelationState
from services.registration.reorganisations.messages import ReorganisationKind, ReorganisationProblem
from services.registration.search.messages import FacetKind, MatchedText
from services.reporting.messages import BridgeStep, Dimension, Measure, PartKind, PeriodState
from services.review.messages import Closing, Verdict
from services.supervision.messages import ActivityKind
from services.todo.messages import ToDoKind


def word(words: type[Word]) -> None:
    """Adds an enum to the schema."""
    enum: Any = strawberry.enum(words, description=words.__doc__)
    for value in enum.__strawberry_definition__.values:
        value.description = words(value.value).vi


for words in (
    Role,
    Side,
    Field,
    SubjectKind,
    Level,
    ContributionKind,
    Covers,
    OutlierRule,
    BodyKind,
    DocumentKind,
    Standing,
    ToDoKind,
    ModelState,
    ModelStep,
    SelfRating,
    RelationKind,
    RelationState,
    CorrectedFact,
    CorrectionState,
    FormalityRule,
    QuestionState,
    FacetKind,
    MatchedText,
    JobKind,
    JobState,
    Fate,
    FileFormat,
    Verdict,
    Closing,
    ReviewEventKind,
    ActivityKind,
    UnitLevel,
    ReorganisationKind,
    ReorganisationProblem,
    SuccessionKind,
    Measure,
    BridgeStep,
    PartKind,
    PeriodState,
    HandedKind,
    Dimension,
):
    word(words)
