"""What review can be asked and what it announces: the only module others may import."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.messages import ANY_OFFICE, Command, Event, Role
from services.kernel.rows import ByKeys, only
from services.kernel.words import Word
from services.registration.events import Field, Level, SubjectKind


class Verdict(Word):
    """Kết quả thẩm định."""

    RECOGNISED = "RECOGNISED", "Được công nhận"
    NOT_MET = "NOT_MET", "Chưa đạt"


class DecideReview(Command, frozen=True, kw_only=True):
    """`on`: the day of the decision; today when left out."""

    subject: ClassVar[str] = "command.review.decide"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})

    review: str
    verdict: Verdict
    reason: str
    on: date | None = None


class NominateReview(Command, frozen=True, kw_only=True):
    """Passes a recognised model on to the next level's council (đề nghị biểu dương, khen thưởng)."""

    subject: ClassVar[str] = "command.review.nominate"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})

    review: str
    on: date | None = None


class ReviewsById(ByKeys, frozen=True, kw_only=True):
    subject: ClassVar[str] = "query.review.reviews-by-id"
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ReviewsByModel(ByKeys, frozen=True, kw_only=True):
    """The keys are the models'."""

    subject: ClassVar[str] = "query.review.reviews-by-model"
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ReviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """`model`: its id."""

    id: str
    version: int
    model: str
    title: str
    opened_on: date
    verdict: Verdict | None
    reason: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.SUPERVISOR, Role.LEADER)]
    decided_on: date | None
    nominated_on: date | None


class _AboutModel(Event, frozen=True, kw_only=True):
    """What every event of a review says of the model, so that it can be counted without asking."""

    model: str
    title: str
    field: Field
    subject_kind: SubjectKind
    level: Level
    on: date


class ReviewOpened(_AboutModel, frozen=True, kw_only=True):
    subject: ClassVar[str] = "event.review.opened.v1"


class ReviewDecided(_AboutModel, frozen=True, kw_only=True):
    subject: ClassVar[str] = "event.review.decided.v1"

    verdict: Verdict
    reason: str


class ReviewNominated(_AboutModel, frozen=True, kw_only=True):
    subject: ClassVar[str] = "event.review.nominated.v1"
