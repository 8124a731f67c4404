"""The services' words as enums of the schema, each value described by what people call it in Vietnamese."""

from typing import Any

import strawberry

from gateway.subscriptions import ReviewEventKind
from services.kernel.messages import Role
from services.kernel.units import SuccessionKind, UnitLevel
from services.kernel.words import Word
from services.registration.delegations.events import Side
from services.registration.documents.events import DocumentKind
from services.registration.events import (
    BodyKind,
    ContributionKind,
    Covers,
    Field,
    Level,
    OutlierRule,
    SubjectKind,
)
from services.registration.formality.events import FormalityRule, QuestionState
from services.registration.launches.events import Standing
from services.registration.models.events import ModelState, ModelStep, SelfRating
from services.registration.relations.events import RelationKind, RelationState
from services.registration.reorganisations.events import ReorganisationKind, ReorganisationProblem
from services.registration.search.events import FacetKind, MatchedText
from services.registration.sheets.events import Fate, FileFormat, JobKind, JobState
from services.reporting.events import BridgeStep, Dimension, Measure
from services.review.events import Closing, Verdict
from services.supervision.events import SessionKind, SupervisingBody


def word(words: type[Word]) -> None:
    """Into the schema, with what each value is called in Vietnamese."""
    made: Any = strawberry.enum(words, description=words.__doc__)
    for value in made.__strawberry_definition__.values:
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
    ModelState,
    ModelStep,
    SelfRating,
    RelationKind,
    RelationState,
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
    SessionKind,
    SupervisingBody,
    UnitLevel,
    ReorganisationKind,
    ReorganisationProblem,
    SuccessionKind,
    Measure,
    BridgeStep,
    Dimension,
):
    word(words)
