"""What models can be asked to do, and what is announced of them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from services.kernel.messages import ANY_OFFICE, Command, Event, Role
from services.kernel.rows import ByFilter, ByKeys, only
from services.kernel.units import UnitOnDay
from services.kernel.words import Word
from services.registration.events import ContributionKind, Field, Level, SubjectKind


class ModelState(Word):
    """Trạng thái của mô hình."""

    DRAFT = "DRAFT", "Bản nháp"
    SUBMITTED = "SUBMITTED", "Đã gửi"
    RETURNED = "RETURNED", "Trả lại bổ sung"
    REGISTERED = "REGISTERED", "Đã đăng ký"
    IMPLEMENTING = "IMPLEMENTING", "Đang triển khai"
    SELF_ASSESSED = "SELF_ASSESSED", "Đã tự đánh giá"
    WITHDRAWN = "WITHDRAWN", "Đã rút"
    DISCONTINUED = "DISCONTINUED", "Đã dừng thực hiện"


class DraftModel(Command, frozen=True, kw_only=True):
    """`field` by code, name or alias. `target`: what is to come of it. `programme`: the id of the one it belongs to.

    `year`: the one it is registered for; that of `on` when left out. `on`, here and below, is the day it happened;
    today when left out.
    """

    subject: ClassVar[str] = "command.registration.draft-model"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    owner: str
    title: str
    field: str
    subject_kind: SubjectKind
    summary: str = ""
    place: str = ""
    target: str = ""
    programme: str | None = None
    year: int | None = None
    on: date | None = None


class SubmitModel(Command, frozen=True, kw_only=True):
    subject: ClassVar[str] = "command.registration.submit-model"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    model: str
    on: date | None = None


class ReturnModel(Command, frozen=True, kw_only=True):
    """Sends it back for completion, saying what is missing."""

    subject: ClassVar[str] = "command.registration.return-model"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})

    model: str
    reason: str
    on: date | None = None


class AcceptModel(Command, frozen=True, kw_only=True):
    subject: ClassVar[str] = "command.registration.accept-model"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.APPRAISER})

    model: str
    on: date | None = None


class RecordContribution(Command, frozen=True, kw_only=True):
    """`amount`: an exact decimal in the kind's own measure: m², work-days, đồng. `note`: what it covers."""

    subject: ClassVar[str] = "command.registration.record-contribution"
    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})

    model: str
    kind: ContributionKind
    amount: str
    note: str = ""
    on: date | None = None


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """`version` is the model's version that recorded it."""

    version: int
    kind: ContributionKind
    amount: Decimal
    on: date
    note: str


class ModelFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is left out does not restrict. `unit`: in it or below."""

    unit: str | None = None
    owner: str | None = None
    field: Field | None = None
    level: Level | None = None
    subject_kind: SubjectKind | None = None
    state: ModelState | None = None
    programme: str | None = None
    year: int | None = None


class ModelsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    subject: ClassVar[str] = "query.registration.models-page"
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: ModelFilter = ModelFilter()


class ModelsById(ByKeys, frozen=True, kw_only=True):
    subject: ClassVar[str] = "query.registration.models-by-id"
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """`unit`: as of the day it was drafted. `owner`: the organisation's id. `year`: the one it is registered for."""

    id: str
    version: int
    unit: UnitOnDay
    owner: str
    title: str
    summary: str
    place: str
    target: str
    programme: str | None
    year: int
    field: Field
    subject_kind: SubjectKind
    level: Level
    state: ModelState
    drafted_on: date
    submitted_on: date | None
    registered_on: date | None
    return_reason: Annotated[str | None, only(Role.OFFICER, Role.APPRAISER, Role.LEADER)]
    contributions: tuple[Contribution, ...]


class ModelDrafted(Event, frozen=True, kw_only=True):
    subject: ClassVar[str] = "event.registration.model-drafted.v1"

    owner: str
    title: str
    field: Field
    subject_kind: SubjectKind
    level: Level
    on: date
    summary: str = ""
    place: str = ""
    target: str = ""
    programme: str | None = None
    year: int | None = None


class ModelSubmitted(Event, frozen=True, kw_only=True):
    subject: ClassVar[str] = "event.registration.model-submitted.v1"

    on: date


class ModelReturned(Event, frozen=True, kw_only=True):
    subject: ClassVar[str] = "event.registration.model-returned.v1"

    reason: str
    on: date


class ModelAccepted(Event, frozen=True, kw_only=True):
    """From now on it counts as registered, on the day `on`. `submitted_by`: who must not review it."""

    subject: ClassVar[str] = "event.registration.model-accepted.v1"

    owner: str
    title: str
    field: Field
    subject_kind: SubjectKind
    level: Level
    submitted_by: str
    on: date


class ContributionRecorded(Event, frozen=True, kw_only=True):
    subject: ClassVar[str] = "event.registration.contribution-recorded.v1"

    kind: ContributionKind
    amount: Decimal
    field: Field
    subject_kind: SubjectKind
    level: Level
    on: date
