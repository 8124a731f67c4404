"""Commands, queries and events of questions about registrations that look like mere form."""

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from services.kernel.kinds import Kind
from services.kernel.messages import ANY_OFFICE, Command, Event, Id, Role, described
from services.kernel.rows import ByFilter, ByKeys, ByOwners
from services.kernel.units import UnitOnDay
from services.kernel.words import Word
from services.movement.homes import Home
from services.movement.words import Field, Level, SubjectKind

QUESTION = Kind("question", "câu hỏi", "question")

LONGEST_ANSWER = 2000


class FormalityRule(Word):
    """Dấu hiệu đăng ký hình thức, đối phó."""

    BOILERPLATE = "BOILERPLATE", "Tên chỉ gồm câu chữ chung của phong trào"
    NOTHING_CONCRETE = "NOTHING_CONCRETE", "Không nêu địa điểm, kết quả hay cách làm"
    LAST_HOUR = "LAST_HOUR", "Nhiều đăng ký dồn vào giờ cuối trước hạn"
    SAME_TEXT = "SAME_TEXT", "Cùng một nội dung ở nhiều đơn vị"
    NO_ACTIVITY = "NO_ACTIVITY", "Đến giữa kỳ chưa triển khai"


class QuestionState(Word):
    """Trạng thái của câu hỏi."""

    ASKED = "ASKED", "Đã hỏi, chờ đơn vị trả lời"
    ANSWERED = "ANSWERED", "Đơn vị đã trả lời"
    CLEARED = "CLEARED", "Đã giải trình thỏa đáng"
    SUSPECTED = "SUSPECTED", "Nghi hình thức, đối phó"
    LAPSED = "LAPSED", "Dấu hiệu không còn, không cần trả lời"


SETTLES = frozenset({Role.APPRAISER})


class AnswerQuestion(Command, frozen=True, kw_only=True):
    """The unit's answer. It can be replaced until the question is settled."""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.OFFICER})
    vi: ClassVar[str] = "Câu trả lời của đơn vị."

    question: Annotated[Id, described("Mã câu hỏi.")]
    answer: Annotated[str, described("Giải trình, tối đa 2000 ký tự; trả lời lại thay câu trước.")]


class SettleQuestion(Command, frozen=True, kw_only=True):
    """`suspected`: true marks the model as perhaps perfunctory, which does not change its state; false clears it."""

    roles: ClassVar[frozenset[Role]] = SETTLES
    vi: ClassVar[str] = "Kết luận một câu hỏi."

    question: Annotated[Id, described("Mã câu hỏi.")]
    suspected: Annotated[
        bool, described("Có: đánh dấu nghi hình thức, đối phó; không: đã giải trình thỏa đáng.")
    ]
    reason: Annotated[str, described("Lý do, tối đa 2000 ký tự.")]


class QuestionsFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is left out matches all. `unit`: in it or below."""

    vi: ClassVar[str] = "Lọc câu hỏi; bỏ trống là không lọc."

    unit: Annotated[Id | None, described("Của đơn vị này và cấp dưới.")] = None
    state: Annotated[
        QuestionState | None,
        described("Ở trạng thái này; SUSPECTED là những mô hình bị đánh dấu nghi hình thức."),
    ] = None
    rule: Annotated[FormalityRule | None, described("Về dấu hiệu này.")] = None


class QuestionsPage(ByFilter, frozen=True, kw_only=True):
    """The newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE

    filter: QuestionsFilter = QuestionsFilter()


class QuestionsById(ByKeys, frozen=True, kw_only=True):
    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class QuestionsOfModels(ByOwners, frozen=True, kw_only=True):
    """Questions about each model, newest first."""

    roles: ClassVar[frozenset[Role]] = ANY_OFFICE


class QuestionRow(msgspec.Struct, frozen=True, kw_only=True):
    """`why_vi`, `why_en`: the reason. `words`: quoted from the text. `others`: other models that match with it."""

    id: str
    version: int
    model: str
    unit: UnitOnDay
    rule: FormalityRule
    state: QuestionState
    why_vi: str
    why_en: str
    words: tuple[str, ...]
    others: tuple[str, ...]
    asked_on: date
    answer: str | None
    answered_on: date | None
    answered_by: str | None
    settled_on: date | None
    settled_by: str | None
    reason: str | None


class _AboutModel(Event, frozen=True, kw_only=True):
    model: str
    rule: FormalityRule
    field: Field
    subject_kind: SubjectKind
    level: Level
    on: date


class QuestionAsked(_AboutModel, frozen=True, kw_only=True):
    """The system opens the question. It refuses nothing and decides nothing.

    `again`: the question had lapsed, and its ground is back.
    """

    why_vi: str
    why_en: str
    words: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    again: bool = False


class QuestionAnswered(_AboutModel, frozen=True, kw_only=True):
    """`again`: whether the question had an answer before."""

    answer: str
    again: bool


class QuestionSettled(_AboutModel, frozen=True, kw_only=True):
    """`suspected`: whether the model has the mark from now on. The model's state does not change."""

    suspected: bool
    reason: str


class QuestionLapsed(_AboutModel, frozen=True, kw_only=True):
    """The ground of the open question is gone, for the reason `why_vi`, `why_en`: nobody has to answer or settle it."""

    why_vi: str
    why_en: str


class QuestionHandedOver(_AboutModel, frozen=True, kw_only=True):
    """The question lives on with its model. `made_under`: path of its first unit. `homes`: as of the model."""

    made_under: str
    homes: tuple[Home, ...]
    state: QuestionState
